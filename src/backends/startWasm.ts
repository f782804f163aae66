import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';
import type { StartKernelWorker } from '../kernels/wasm/WorkerPool.js';
import { endBackend } from './activateBackend.js';
import type { BackendStarter } from './chooseBackend.js';
import { explainMissingKernels } from './explainMissingKernels.js';
import { guardWasmMemory } from './guardWasmMemory.js';
import { importWasmBackend } from './importPeers.js';

/** A wasm module addresses 32 bits. */
const WASM_MEMORY_LIMIT = 2 ** 32;

/** Whether TensorFlow.js takes several threads. */
const THREADS_FLAG = 'WASM_HAS_MULTITHREAD_SUPPORT';

/** What the flag said before it was first turned off here. */
let possible: boolean | undefined;

/** Options of {@link startWasm}. */
export interface StartWasmOptions {
  threads: number;
  kernels: boolean;
  /** Makes wasm the current backend, with as many threads as the flags say. */
  activate: () => Promise<void>;
  /** Starts the backend on several threads where TensorFlow.js itself does not, and returns how many. */
  startThreaded?: (threads: number) => Promise<number>;
  /** How workers of the training kernels are started. Default: Web Workers. */
  startWorker?: StartKernelWorker;
}

/** Starts the wasm backend on as many threads as it can, up to those asked for. */
export async function startWasm({
  threads: wanted,
  kernels,
  activate,
  startThreaded = (threads) => startThreadedInBrowser(threads, activate),
  startWorker,
}: StartWasmOptions): ReturnType<BackendStarter> {
  await importWasmBackend();
  const stock = tf.findBackendFactory('wasm');
  const threads = await startThreads(wanted, startThreaded, async () => {
    tf.env().set(THREADS_FLAG, false);
    await activate();
    return 1;
  });
  const backend = tf.backend() as BackendWasm;
  guardWasmMemory(backend);
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) as boolean;
  const registered = kernels && simd ? await registerKernels(startWorker) : undefined;
  const forget = registered ? undefined : explainMissingKernels();
  const variant = `wasm${simd ? ' simd' : ''}${threads > 1 ? ' threads' : ''}`;
  return {
    name: 'wasm',
    threads,
    build: `${variant}${registered ? ` ${registered.build}` : ''} ${tf.version_core}`,
    memoryLimitBytes: WASM_MEMORY_LIMIT,
    dispose: async () => {
      await registered?.unregister();
      forget?.();
      endBackend('wasm', stock);
    },
  };
}

/** Loaded only where used: the kernels are larger than all the rest. */
async function registerKernels(startWorker: StartKernelWorker | undefined) {
  const { registerTrainingKernels } = await import('../kernels/wasm/registerTrainingKernels.js');
  return registerTrainingKernels({ startWorker });
}

async function startThreads(
  wanted: number,
  startThreaded: (threads: number) => Promise<number>,
  startSingle: () => Promise<number>,
): Promise<number> {
  possible ??= (await tf.env().getAsync(THREADS_FLAG)) as boolean;
  if (wanted === 1) return startSingle();
  const stock = tf.findBackendFactory('wasm');
  try {
    return await startThreaded(wanted);
  } catch (error) {
    console.warn(`initBackend: the wasm backend starts on one thread only (${(error as Error).message})`);
    endBackend('wasm', stock);
    return startSingle();
  }
}

/** TensorFlow.js takes several threads by itself where the page is cross-origin isolated. */
async function startThreadedInBrowser(threads: number, activate: () => Promise<void>): Promise<number> {
  const { getThreadsCount, setThreadsCount } = await importWasmBackend();
  if (!possible) throw new BackendError('several need a page that is cross-origin isolated');
  tf.env().set(THREADS_FLAG, true);
  setThreadsCount(threads);
  await activate();
  return getThreadsCount();
}
