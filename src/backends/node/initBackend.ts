import os from 'node:os';
import { checkInteger } from '../../internal/checks.js';
import { registerGradients } from '../../ops/registerGradients.js';
import { activateBackend } from '../activateBackend.js';
import { type BackendStarter, chooseBackend } from '../chooseBackend.js';
import type { InitBackendOptions } from '../InitBackendOptions.js';
import type { BackendName, StartedBackend } from '../StartedBackend.js';
import { startCpu } from '../startCpu.js';
import { startWasm } from '../startWasm.js';
import { importPeer } from './importPeer.js';
import { startDawn } from './startDawn.js';
import { startNodeWorker } from './startNodeWorker.js';
import { startTensorFlow } from './startTensorFlow.js';
import { startThreadedWasm } from './startThreadedWasm.js';
import { wasmFolder } from './wasmFolder.js';
import { withoutGlueListeners } from './withoutGlueListeners.js';

/**
 * Starts a TensorFlow.js backend in Node and makes it the current one.
 *
 * `'auto'` takes WebGPU on a graphics processor, then tfjs-node, then wasm, then plain JavaScript: the first that is
 * installed and computes, and says what it passed over and why. Nothing is compiled or downloaded.
 *
 * @throws If an option is out of range, or the backend, or with `'auto'` every one, does not start: the message names
 * the package that is missing.
 * @example
 * ```ts
 * import { initBackend } from 'diffusion-ssl/backends/node';
 *
 * const { name, threads } = await initBackend({ device: 'wasm' });
 * console.log(name, threads); // wasm 1
 * ```
 */
export async function initBackend({
  device = 'auto',
  threads,
  kernels = true,
  allowSoftware = false,
}: InitBackendOptions = {}): Promise<StartedBackend> {
  if (threads !== undefined) checkInteger('initBackend: threads', threads, 1);
  // Imported for its side effect: it registers the gradients of the stock operations.
  await importPeer('@tensorflow/tfjs-layers');
  const startNodeWasm = async () => {
    const { setWasmPaths } = await importPeer<typeof import('@tensorflow/tfjs-backend-wasm')>(
      '@tensorflow/tfjs-backend-wasm',
    );
    return withoutGlueListeners(() =>
      startWasm({
        threads: threads ?? 1,
        kernels,
        activate: async () => {
          setWasmPaths(wasmFolder());
          await activateBackend('wasm');
        },
        startThreaded: startThreadedWasm,
        startWorker: startNodeWorker,
      }),
    );
  };
  const startNodeCpu = async () => {
    await importPeer('@tensorflow/tfjs-backend-cpu');
    return startCpu();
  };
  const starters = new Map<BackendName, BackendStarter>([
    ['webgpu', () => startDawn({ allowSoftware })],
    ['node', () => startTensorFlow({ threads, kernels })],
    ['wasm', startNodeWasm],
    ['cpu', startNodeCpu],
  ]);
  const started = await chooseBackend(device, starters);
  // Not before: tfjs-node registers those of TensorFlow.js again.
  registerGradients();
  if (started.name === 'webgpu') return started;
  return { ...started, memoryLimitBytes: Math.min(started.memoryLimitBytes, os.totalmem()) };
}
