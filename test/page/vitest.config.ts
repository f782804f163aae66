import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The page in a real browser: apart from the other tests, because it needs a build and Chromium.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/page/**/*.page.ts'],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
