import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const folders = [
  'adapters',
  'augmentation',
  'backends',
  'backends/node',
  'data',
  'data/node',
  'diffusion',
  'errors',
  'features',
  'features/node',
  'finetuning',
  'heads',
  'interop',
  'kernels/wasm',
  'layers',
  'losses',
  'maps',
  'maps/node',
  'metrics',
  'models',
  'normalization',
  'ops',
  'optimizers',
  'pipelines',
  'pretrained',
  'samplers',
  'schedulers',
  'ssl/dino',
  'training',
  'training/node',
];

const indexes = {
  index: 'src/index.ts',
  ...Object.fromEntries(folders.map((folder) => [`${folder}/index`, `src/${folder}/index.ts`])),
};

// Every source file is its own output file: importing one function costs that function alone, and the
// peers that its neighbours import stay out. Only the folders' indexes are public and have types.
export default defineConfig({
  entry: ['src/**/*.ts', '!src/**/assembly/**'],
  format: 'esm',
  target: 'node20',
  platform: 'neutral',
  define: { DIFFUSION_SSL_VERSION: JSON.stringify(version) },
  external: [
    /^node:/,
    /^@tensorflow\//,
    'webgpu',
    /^csv-parse/,
    'fast-png',
    'zstddec',
    'lerc',
    /^@cornerstonejs\//,
    /^@huggingface\//,
  ],
  removeNodeProtocol: false,
  splitting: true,
  treeshake: false,
  sourcemap: true,
  clean: true,
  dts: { entry: indexes },
});
