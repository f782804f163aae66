import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger } from '../../internal/checks.js';
import { registerTrainingKernels } from '../../kernels/wasm/registerTrainingKernels.js';
import { startNodeWorker } from './startNodeWorker.js';
import { startThreadedWasm } from './startThreadedWasm.js';

/** A backend that {@link startBackend} can start in Node. */
export type NodeBackendName = 'wasm' | 'node' | 'cpu';

/** Options of {@link startBackend}. */
export interface StartBackendOptions {
  /** `'wasm'` needs @tensorflow/tfjs-backend-wasm, `'node'` @tensorflow/tfjs-node, `'cpu'` @tensorflow/tfjs-backend-cpu. Default `'wasm'`. */
  backend?: NodeBackendName;
  /**
   * Threads of the wasm backend, at most one a core. Default 1: several help large networks on an otherwise idle
   * machine (up to twice as fast on two cores) and hurt where other processes want the cores, since each operation
   * waits for its slowest thread.
   */
  threads?: number;
  /** Whether to register the training kernels that this library has for the backend. Default true. */
  kernels?: boolean;
}

/** What {@link startBackend} started. */
export interface StartedBackend {
  name: NodeBackendName;
  threads: number;
  /** Kernel variant and versions: results are bit-identical only where this is the same. */
  build: string;
  /** What tensors can take at most, in bytes. */
  memoryLimitBytes: number;
}

/** A wasm module addresses 32 bits. */
const WASM_MEMORY_LIMIT = 2 ** 32;

/**
 * Starts a TensorFlow.js backend in Node and makes it the current one.
 *
 * The wasm backend runs on several threads where it can, on one otherwise; nothing is compiled or downloaded.
 *
 * @throws If the package of the backend is not installed, or it does not start.
 * @example
 * ```ts
 * import { startBackend } from 'diffusion-ssl/backends/node';
 *
 * const { name, threads } = await startBackend({ threads: 1 });
 * console.log(name, threads); // wasm 1
 * ```
 */
export async function startBackend({
  backend = 'wasm',
  threads = 1,
  kernels = true,
}: StartBackendOptions = {}): Promise<StartedBackend> {
  checkInteger('startBackend', 'threads', threads, 1);
  // Imported for its side effect: it registers the gradients of the stock operations.
  await importBackend('@tensorflow/tfjs-layers');
  const memoryLimitBytes = os.totalmem();
  const version = (variant: string) => `${variant} ${tf.version_core}`;
  switch (backend) {
    case 'wasm': {
      const started = await startWasm(threads);
      const variant = started > 1 ? 'wasm simd threads' : 'wasm simd';
      const registered = kernels && (await registerTrainingKernels({ startWorker: startNodeWorker }));
      const build = version(registered ? `${variant} ${registered.build}` : variant);
      return {
        name: backend,
        threads: started,
        build,
        memoryLimitBytes: Math.min(WASM_MEMORY_LIMIT, memoryLimitBytes),
      };
    }
    case 'node':
      await importBackend('@tensorflow/tfjs-node');
      await activate('tensorflow');
      return {
        name: backend,
        threads: os.availableParallelism(),
        build: version('tensorflow'),
        memoryLimitBytes,
      };
    case 'cpu':
      await importBackend('@tensorflow/tfjs-backend-cpu');
      await activate('cpu');
      return { name: backend, threads: 1, build: version('cpu'), memoryLimitBytes };
    default:
      throw argumentError('startBackend', 'backend', backend, "'wasm', 'node' or 'cpu'");
  }
}

async function startWasm(threads: number): Promise<number> {
  const { setWasmPaths } = (await importBackend('@tensorflow/tfjs-backend-wasm')) as {
    setWasmPaths(folder: string): void;
  };
  if (threads > 1) {
    try {
      return await startThreadedWasm(threads);
    } catch (error) {
      console.warn(`startBackend: the wasm backend starts on one thread only (${(error as Error).message})`);
    }
  }
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(main)}/`);
  await activate('wasm');
  return 1;
}

async function importBackend(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    throw new Error(`startBackend: ${name} does not load; is it installed? (npm install ${name}@4.22.0)`, {
      cause: error,
    });
  }
}

async function activate(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`startBackend: backend '${name}' does not start.`);
  await tf.ready();
}
