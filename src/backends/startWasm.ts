import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { StartKernelWorker } from '../kernels/wasm/WorkerPool.js';
import { activateBackend, endBackend } from './activateBackend.js';
import type { BackendStarter } from './chooseBackend.js';
import { guardWasmMemory } from './guardWasmMemory.js';

/** A wasm module addresses 32 bits. */
const WASM_MEMORY_LIMIT = 2 ** 32;

/** Options of {@link startWasm}. */
export interface StartWasmOptions {
  threads: number;
  kernels: boolean;
  wasmPaths?: string | Record<string, string>;
  /** Starts the backend on several threads where TensorFlow.js itself does not, and returns how many. */
  startThreaded?: (threads: number) => Promise<number>;
  /** How workers of the training kernels are started. Default: Web Workers. */
  startWorker?: StartKernelWorker;
}

/** Starts the wasm backend on as many threads as it can, up to those asked for. */
export async function startWasm({
  threads: wanted,
  kernels,
  wasmPaths,
  startThreaded = startThreadedInBrowser,
  startWorker,
}: StartWasmOptions): ReturnType<BackendStarter> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  if (wasmPaths !== undefined) setWasmPaths(wasmPaths);
  const stock = tf.findBackendFactory('wasm');
  const threads = await startThreads(wanted, startThreaded);
  const backend = tf.backend() as BackendWasm;
  guardWasmMemory(backend);
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) as boolean;
  const registered = kernels && simd ? await registerKernels(startWorker) : undefined;
  const variant = `wasm${simd ? ' simd' : ''}${threads > 1 ? ' threads' : ''}`;
  return {
    name: 'wasm',
    threads,
    build: `${variant}${registered ? ` ${registered.build}` : ''} ${tf.version_core}`,
    memoryLimitBytes: WASM_MEMORY_LIMIT,
    dispose: async () => {
      await registered?.unregister();
      endBackend('wasm', stock);
    },
  };
}

/** Loaded only where used: the kernels are larger than all the rest. */
async function registerKernels(startWorker: StartKernelWorker | undefined) {
  const { registerTrainingKernels } = await import('../kernels/wasm/registerTrainingKernels.js');
  return registerTrainingKernels({ startWorker });
}

async function startThreads(wanted: number, startThreaded: (threads: number) => Promise<number>) {
  if (wanted === 1) return startSingle();
  try {
    return await startThreaded(wanted);
  } catch (error) {
    console.warn(`initBackend: the wasm backend starts on one thread only (${(error as Error).message})`);
    return startSingle();
  }
}

async function startSingle(): Promise<number> {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await activateBackend('wasm');
  return 1;
}

/** TensorFlow.js takes several threads by itself where the page is cross-origin isolated. */
async function startThreadedInBrowser(threads: number): Promise<number> {
  const { getThreadsCount, setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'))) return startSingle();
  setThreadsCount(threads);
  await activateBackend('wasm');
  return getThreadsCount();
}
