import { defineConfig } from 'tsup';

// One output a source file, as in the library: a command loads what it needs alone.
export default defineConfig({
  entry: ['src/**/*.ts'],
  format: 'esm',
  target: 'node20',
  platform: 'node',
  bundle: false,
  sourcemap: true,
  clean: true,
});
