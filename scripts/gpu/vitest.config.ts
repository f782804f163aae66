import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The tensor tests on a graphics processor: nothing is built there, and few processes share the card.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: Number(process.env.GPU_TEST_SECONDS ?? 60) * 1000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: Math.min(8, Math.max(2, availableParallelism() - 1)),
  },
});
