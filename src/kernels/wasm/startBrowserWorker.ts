import { BackendError } from '../../errors/BackendError.js';
import type { KernelWorker, KernelWorkerData } from './WorkerPool.js';

/** Starts a kernel's thread as a Web Worker, from the script's text. */
export function startBrowserWorker(script: string, data: KernelWorkerData): Promise<KernelWorker> {
  const source = `onmessage = ({ data: workerData }) => { const ready = () => postMessage(null); ${script} };`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return new Promise((resolve, reject) => {
    const worker = new Worker(url);
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      resolve(worker);
    };
    worker.onerror = ({ message }) =>
      reject(new BackendError(`registerTrainingKernels: no worker starts (${message})`));
    worker.postMessage(data);
  });
}
