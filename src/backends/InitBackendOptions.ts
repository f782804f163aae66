import type { BackendName } from './StartedBackend.js';

/** Options of `initBackend` that hold in Node and in the browser. */
export interface InitBackendOptions {
  /**
   * Which backend: `'webgpu'` (needs @tensorflow/tfjs-backend-webgpu, in Node also webgpu), `'node'`
   * (@tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu), `'wasm'` (@tensorflow/tfjs-backend-wasm) or `'cpu'`
   * (@tensorflow/tfjs-backend-cpu). Default `'auto'`: the first of these, in this order, that works here.
   */
  device?: 'auto' | BackendName;
  /**
   * Threads of the wasm backend and of `'node'`. Default: 1 for wasm, every core for `'node'`. In Node wasm takes as
   * many as are asked for; a page takes half the processors at most, and one where it is not cross-origin isolated.
   * Several threads of wasm help large networks on an otherwise idle machine (up to twice as fast on two cores) and
   * hurt where other processes want the cores, since each operation waits for its slowest thread.
   */
  threads?: number;
  /** Whether to register the training kernels that this library has for the backend. Default true. */
  kernels?: boolean;
  /** Whether WebGPU may run on an adapter that computes on the processor: for tests. Default false. */
  allowSoftware?: boolean;
}
