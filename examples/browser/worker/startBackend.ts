import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { type DownloadProgress, initBackend, type StartedBackend } from 'diffusion-ssl/backends';
import type { BackendInfo, Device } from '../shared/types.js';

const wasmPaths = {
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
};
/** Wasm takes several threads only in a page that is cross-origin isolated, and half the processors at most. */
const MAX_THREADS = 4;

/** Starts the backend asked for, and where WebGPU does not start, wasm. */
export async function startBackend(
  device: Device,
  onDownload: DownloadProgress,
): Promise<{ backend: StartedBackend; info: BackendInfo }> {
  const several = globalThis.crossOriginIsolated && device !== 'single';
  const threads = Math.min(MAX_THREADS, Math.floor(navigator.hardwareConcurrency / 2));
  const options = { wasmPaths, onDownload, threads: several ? Math.max(1, threads) : 1 };
  if (device === 'webgpu') {
    try {
      return describe(await initBackend({ ...options, device, allowSoftware: true }));
    } catch (error) {
      return describe(await initBackend({ ...options, device: 'wasm' }), (error as Error).message);
    }
  }
  return describe(await initBackend({ ...options, device: device === 'single' ? 'wasm' : device }));
}

function describe(backend: StartedBackend, failure?: string): { backend: StartedBackend; info: BackendInfo } {
  const { name, threads, adapter, passedOver } = backend;
  const reasons = passedOver.map(({ name, reason }) => `Not ${name}: ${reason}.`);
  if (failure !== undefined) reasons.push(`WebGPU does not start (${failure}). Going on with wasm.`);
  if (adapter?.software) reasons.push('This adapter computes on the processor: expect it to be slow.');
  const adapterName = adapter && (adapter.description || `${adapter.vendor} ${adapter.architecture}`);
  const detail = adapterName ?? `${threads} thread${threads === 1 ? '' : 's'}`;
  return { backend, info: { name, detail, remarks: reasons } };
}
