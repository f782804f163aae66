import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../../errors/BackendError.js';
import { KernelModule } from './KernelModule.js';
import { checkBackend, replaceStock, restoreStock } from './replaceStock.js';
import { startBrowserWorker } from './startBrowserWorker.js';
import { trainingKernels } from './trainingKernels.js';
import type { StartKernelWorker } from './WorkerPool.js';

/** Options of {@link registerTrainingKernels}. */
export interface TrainingKernelOptions {
  /** Threads that compute, used where the backend's memory is shared. Default: as many as the backend has. */
  threads?: number;
  /** How workers are started. Default: Web Workers. `initBackend` of `backends/node` passes its own. */
  startWorker?: StartKernelWorker;
}

/** What {@link registerTrainingKernels} registered. */
export interface RegisteredKernels {
  /** Threads that compute. */
  threads: number;
  /** Variant of the kernels: results are bit-identical only where this is the same. */
  build: string;
  /** Takes the kernels out again and ends their threads: the operations compose stock ones from then on. */
  unregister(): Promise<void>;
}

/**
 * Registers faster kernels for training on the current wasm backend; the operations of `diffusion-ssl/ops` use them
 * from then on.
 *
 * A small second WebAssembly module computes on the backend's own memory, without a copy. It needs a backend with SIMD
 * and uses fused multiply-adds where the engine has them, and threads where the backend has them. Results differ
 * from those of the composed operations by rounding, and not at all between numbers of threads.
 *
 * @throws If the current backend is not wasm, or the engine has no SIMD.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { registerTrainingKernels } from 'diffusion-ssl/kernels/wasm';
 *
 * await tf.setBackend('wasm');
 * const { threads, unregister } = await registerTrainingKernels();
 * console.log(threads); // 1, unless the backend has more
 * await unregister();
 * ```
 */
export async function registerTrainingKernels({
  threads,
  startWorker = startBrowserWorker,
}: TrainingKernelOptions = {}): Promise<RegisteredKernels> {
  await tf.ready();
  if (tf.getBackend() !== 'wasm') {
    throw new BackendError(
      `registerTrainingKernels: the backend is '${tf.getBackend()}'; it must be 'wasm'.`,
    );
  }
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    throw new BackendError('registerTrainingKernels: this engine has no WebAssembly SIMD.');
  }
  const backend = tf.backend() as BackendWasm;
  const { getThreadsCount } = (backend.wasm as unknown as { tfjs: { getThreadsCount(): number } }).tfjs;
  const module = await KernelModule.load(backend, threads ?? getThreadsCount(), startWorker);
  unregisterKernels();
  replaceStock(module);
  for (const { name, compute } of trainingKernels) {
    tf.registerKernel({
      kernelName: name,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs, backend }) => {
        checkBackend(name, backend, module);
        return compute(
          module,
          inputs as Record<string, tf.TensorInfo>,
          (attrs ?? {}) as Record<string, number>,
        );
      },
    });
  }
  return {
    threads: module.threads,
    build: module.build,
    unregister: async () => {
      unregisterKernels();
      await module.stop();
    },
  };
}

function unregisterKernels(): void {
  restoreStock();
  for (const { name } of trainingKernels) {
    if (tf.getKernel(name, 'wasm')) tf.unregisterKernel(name, 'wasm');
  }
}
