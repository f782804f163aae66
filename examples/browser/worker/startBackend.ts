import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { initBackend, type StartedBackend } from 'diffusion-ssl/backends';
import type { BackendInfo, Device } from '../shared/types.js';

const wasmPaths = {
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
};
/** Wasm takes several threads only in a page that is cross-origin isolated, and half the processors at most. */
const MAX_THREADS = 4;

/** Threads that do not start say nothing. */
const START_MS = 20_000;

/** Starts the backend asked for, and where WebGPU does not start, wasm. */
export async function startBackend(device: Device): Promise<{ backend: StartedBackend; info: BackendInfo }> {
  const several = globalThis.crossOriginIsolated && device !== 'single';
  const threads = Math.min(MAX_THREADS, Math.floor(navigator.hardwareConcurrency / 2));
  const options = { wasmPaths, threads: several ? Math.max(1, threads) : 1 };
  if (device === 'webgpu') {
    try {
      return describe(await initBackend({ ...options, device, allowSoftware: true }));
    } catch (error) {
      return describe(await inTime(initBackend({ ...options, device: 'wasm' })), (error as Error).message);
    }
  }
  return describe(await inTime(initBackend({ ...options, device: device === 'single' ? 'wasm' : device })));
}

function inTime<T>(start: Promise<T>): Promise<T> {
  const late = new Error('The backend does not start. Choose “wasm, one thread”.');
  return Promise.race([start, new Promise<never>((_, reject) => setTimeout(reject, START_MS, late))]);
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
