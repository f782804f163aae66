import { defineConfig } from 'tsup';

const folders = [
  'augmentation',
  'backends/node',
  'data',
  'data/node',
  'diffusion',
  'interop',
  'layers',
  'losses',
  'models',
  'normalization',
  'ops',
  'optimizers',
  'samplers',
  'schedulers',
  'training',
  'training/node',
];

// One entry per folder with splitting: importing one function then costs that function alone.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    ...Object.fromEntries(folders.map((folder) => [`${folder}/index`, `src/${folder}/index.ts`])),
    'data/node/chipWorker': 'src/data/node/chipWorker.ts',
  },
  format: 'esm',
  target: 'node20',
  platform: 'neutral',
  external: [/^node:/, /^@tensorflow\//, 'geotiff', 'webgpu', /^csv-parse/],
  splitting: true,
  treeshake: false,
  sourcemap: true,
  clean: true,
  dts: true,
});
