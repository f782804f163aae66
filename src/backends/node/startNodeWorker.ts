import { Worker } from 'node:worker_threads';
import type { KernelWorker, KernelWorkerData } from '../../kernels/wasm/WorkerPool.js';

/** Starts a kernel's thread as a worker of Node that does not keep the process alive. */
export function startNodeWorker(script: string, workerData: KernelWorkerData): Promise<KernelWorker> {
  const source = `const { workerData, parentPort } = require('node:worker_threads');
    const ready = () => parentPort.postMessage(null); ${script}`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(source, { eval: true, workerData, execArgv: [] });
    worker.once('message', () => {
      worker.unref();
      resolve(worker);
    });
    worker.once('error', reject);
  });
}
