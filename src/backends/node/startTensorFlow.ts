import os from 'node:os';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../../errors/BackendError.js';
import { registerNodeKernels } from '../../kernels/node/registerNodeKernels.js';
import { activateBackend } from '../activateBackend.js';
import type { BackendStarter } from '../chooseBackend.js';
import { importPeer } from './importPeer.js';

/** Either package brings the backend `'tensorflow'`; the one for graphics processors is taken where it loads. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** The part of TensorFlow's backend that tells its version and where it computes. */
interface TensorFlowBackend {
  isUsingGpuDevice?: boolean;
  binding?: { TF_Version?: string };
}

/** Options of {@link startTensorFlow}. */
export interface StartTensorFlowOptions {
  /** Threads of one operation, as they are the first time in a process. Default: every core. */
  threads?: number;
  /** Whether operations take TensorFlow's own gradients. */
  kernels: boolean;
}

/** Starts TensorFlow itself behind TensorFlow.js. */
export async function startTensorFlow({
  threads,
  kernels,
}: StartTensorFlowOptions): ReturnType<BackendStarter> {
  restoreUtil();
  // TensorFlow reads both when it starts: its threads, and not to report how it was compiled.
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  const reasons: string[] = [];
  let loaded = false;
  for (const name of PACKAGES) {
    try {
      await importPeer(
        name,
        'npm run setup:tfjs-node in a clone of this project builds it; see docs/backends.md',
      );
      loaded = true;
      break;
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  if (!loaded) throw new BackendError(reasons.join('; '));
  await activateBackend('tensorflow');
  if (kernels) registerNodeKernels();
  const { binding, isUsingGpuDevice } = tf.backend() as TensorFlowBackend;
  const variant = isUsingGpuDevice ? 'tensorflow gpu' : 'tensorflow';
  return {
    name: 'node',
    threads: threads ?? os.availableParallelism(),
    build: `${variant} ${binding?.TF_Version ?? ''} ${tf.version_core}`,
    memoryLimitBytes: os.totalmem(),
    // TensorFlow holds no thread that keeps the process, and cannot be started twice in one.
    dispose: async () => undefined,
  };
}

/** Node 23 took away two functions of `util` that tfjs-node calls. */
function restoreUtil(): void {
  const target = util as { isNullOrUndefined?: unknown; isArray?: unknown };
  target.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  target.isArray ??= Array.isArray;
}
