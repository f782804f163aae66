export {
  type RegisteredKernels,
  registerTrainingKernels,
  type TrainingKernelOptions,
} from './registerTrainingKernels.js';
export type { KernelWorker, KernelWorkerData, StartKernelWorker } from './WorkerPool.js';
