import { BackendError } from '../errors/BackendError.js';
import { checkInteger } from '../internal/checks.js';
import { registerGradients } from '../ops/registerGradients.js';
import { activateFetchedWasm, type WasmPaths } from './activateFetchedWasm.js';
import { type BackendStarter, chooseBackend } from './chooseBackend.js';
import type { DownloadProgress } from './fetchWasm.js';
import type { InitBackendOptions } from './InitBackendOptions.js';
import type { BackendName, StartedBackend } from './StartedBackend.js';
import { startCpu } from './startCpu.js';
import { startWasm } from './startWasm.js';
import { startWebGpu } from './startWebGpu.js';

/** Options of {@link initBackend}. */
export interface InitBrowserBackendOptions extends InitBackendOptions {
  /**
   * Where the page finds the files of the wasm backend: a folder's address, or an address for each file name. Needed
   * where the page is bundled. Default: beside the page, or beside the script of the worker that this is called in.
   */
  wasmPaths?: WasmPaths;
  /** Told while the file of the wasm backend is downloaded, some 400 kB: for a word to those on a slow network. */
  onDownload?: DownloadProgress;
}

/**
 * Starts a TensorFlow.js backend in a page or a worker of one, and makes it the current one.
 *
 * `'auto'` takes WebGPU on a graphics processor, then wasm, then plain JavaScript, and says what it passed over and
 * why. WebGPU gets a device with all that the adapter has; a lost device, full memory and too large a tensor are errors
 * that name the tensor. Wasm takes several threads only in a page that is cross-origin isolated. Where the server has
 * not the file of the wasm backend that is an error with its address, with `'auto'` too: `'cpu'` is started for want of
 * WebAssembly alone.
 *
 * In Node, `initBackend` of `diffusion-ssl/backends/node` takes the same options.
 *
 * @throws If an option is out of range, or the backend, or with `'auto'` every one, does not start.
 * @example
 * ```ts
 * import { initBackend } from 'diffusion-ssl/backends';
 *
 * const backend = await initBackend({ device: 'cpu' });
 * console.log(backend.name, backend.passedOver.length); // cpu 0
 * ```
 */
export async function initBackend({
  device = 'auto',
  threads,
  kernels = true,
  allowSoftware = false,
  wasmPaths,
  onDownload,
}: InitBrowserBackendOptions = {}): Promise<StartedBackend> {
  if (threads !== undefined) checkInteger('initBackend: threads', threads, 1);
  // Imported for its side effect: it registers the gradients of the stock operations.
  await import('@tensorflow/tfjs-layers');
  const activateWasm = () => activateFetchedWasm(wasmPaths, onDownload);
  const starters = new Map<BackendName, BackendStarter>([
    ['webgpu', () => startWebGpu({ gpu: browserGpu(), allowSoftware })],
    ['wasm', () => startWasm({ threads: threads ?? 1, kernels, activate: activateWasm })],
    ['cpu', startCpu],
  ]);
  const started = await chooseBackend(device, starters);
  registerGradients();
  return started;
}

function browserGpu(): GPU {
  const gpu = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (!gpu)
    throw new BackendError('this browser has no WebGPU here (it needs a recent one, and https or localhost)');
  return gpu;
}
