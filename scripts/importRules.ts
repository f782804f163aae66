interface FolderRule {
  folder: string;
  /** Packages that the folder may import; `node:` built-ins count as the package `node:`. */
  packages: readonly string[];
}

const core = '@tensorflow/tfjs-core';
const layers = '@tensorflow/tfjs-layers';

/**
 * The folders of `src/`, lowest first. A file may import from its own folder and from rows above its own;
 * folders of one row do not know each other. This is the table of docs/architecture.md.
 */
export const rows: readonly (readonly FolderRule[])[] = [
  [{ folder: 'errors', packages: [] }],
  [{ folder: 'internal', packages: [] }],
  [{ folder: 'diffusion', packages: [core] }],
  [
    { folder: 'normalization', packages: [] },
    { folder: 'augmentation', packages: [] },
  ],
  [{ folder: 'schedulers', packages: [] }],
  [{ folder: 'metrics', packages: [] }],
  [{ folder: 'ops', packages: [core] }],
  [
    { folder: 'kernels/wasm', packages: [core, '@tensorflow/tfjs-backend-wasm'] },
    { folder: 'kernels/node', packages: [core] },
  ],
  [
    { folder: 'losses', packages: [core] },
    { folder: 'samplers', packages: [core] },
  ],
  [{ folder: 'layers', packages: [core, layers] }],
  [{ folder: 'models', packages: [core, layers] }],
  [{ folder: 'optimizers', packages: [core] }],
  [{ folder: 'heads', packages: [core, layers] }],
  [{ folder: 'interop', packages: [core, layers] }],
  [{ folder: 'adapters', packages: [core, layers] }],
  [{ folder: 'pretrained', packages: [core, layers] }],
  [{ folder: 'pipelines', packages: [core, layers, '@huggingface/tokenizers'] }],
  [{ folder: 'features', packages: [core] }],
  [
    {
      folder: 'data',
      packages: [core, 'csv-parse', 'fast-png', 'zstddec', 'lerc', '@cornerstonejs/codec-libjpeg-turbo-8bit'],
    },
  ],
  [{ folder: 'data/node', packages: [core, 'csv-parse', 'node:'] }],
  [{ folder: 'training', packages: [core, layers] }],
  [{ folder: 'training/node', packages: [core, layers, 'node:'] }],
  [{ folder: 'finetuning', packages: [core, layers] }],
  [{ folder: 'ssl/dino', packages: [core, layers] }],
  [{ folder: 'maps', packages: [core] }],
  [{ folder: 'features/node', packages: [core, 'node:'] }],
  [{ folder: 'maps/node', packages: ['node:'] }],
  [
    {
      folder: 'backends',
      packages: [
        core,
        layers,
        '@tensorflow/tfjs-backend-wasm',
        '@tensorflow/tfjs-backend-webgpu',
        '@tensorflow/tfjs-backend-cpu',
      ],
    },
  ],
  [
    {
      folder: 'backends/node',
      packages: [
        core,
        '@tensorflow/tfjs-backend-wasm',
        '@tensorflow/tfjs-backend-webgpu',
        '@tensorflow/tfjs-node',
        '@tensorflow/tfjs-node-gpu',
        'webgpu',
        'node:',
      ],
    },
  ],
];

/** Modules that a worker thread starts as its main program: they act when imported. */
export const workerEntries: readonly string[] = ['src/data/node/chipWorker.ts'];

/** Longest file of `src/` that is accepted, in lines, but for lists of re-exports (`index.ts`). */
export const maximumLines = 300;
