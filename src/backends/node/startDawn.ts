import type { BackendStarter } from '../chooseBackend.js';
import { startWebGpu } from '../startWebGpu.js';
import { importPeer } from './importPeer.js';

/** What the package `webgpu` exports. */
interface Dawn {
  create(options: string[]): GPU;
  globals: Record<string, unknown>;
}

/**
 * Starts the WebGPU backend on Dawn, the WebGPU of Chromium, which the package `webgpu` brings to Node.
 *
 * A process that holds a Dawn instance does not end: `dispose` lets it go.
 */
export async function startDawn({ allowSoftware }: { allowSoftware: boolean }): ReturnType<BackendStarter> {
  await importPeer('@tensorflow/tfjs-backend-webgpu');
  const { create, globals } = await importPeer<Dawn>('webgpu', 'npm install webgpu');
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true });
  }
  const release = setGpu(create([]));
  try {
    const started = await startWebGpu({ gpu: navigatorGpu(), allowSoftware });
    return {
      ...started,
      dispose: async () => {
        await started.dispose();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Puts `gpu` where the backend looks for it; Node's navigator, where there is one, is read-only. */
function setGpu(gpu: GPU): () => void {
  if (!('navigator' in globalThis)) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return () => {
    delete (globalThis.navigator as { gpu?: GPU }).gpu;
  };
}

function navigatorGpu(): GPU {
  return (globalThis.navigator as unknown as { gpu: GPU }).gpu;
}
