import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // The examples import the package by name: in tests the sources, so that no build is needed.
    alias: [
      {
        find: /^diffusion-ssl\/(.*)$/,
        replacement: fileURLToPath(new URL('./src/$1/index.ts', import.meta.url)),
      },
    ],
  },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Left to itself vitest keeps one core free, half of a small machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: 'scripts/buildKernels.ts',
    // What the networks compute runs twice: on stock operations, and on the wasm kernels of this package.
    projects: [
      {
        extends: true,
        test: { name: 'stock', include: ['test/**/*.test.ts', 'examples/trainer/test/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'kernels',
          include: ['test/{ops,layers,models,optimizers}/**/*.test.ts', 'test/losses/labelLosses.test.ts'],
          env: { TEST_KERNELS: '1' },
        },
      },
    ],
  },
});
