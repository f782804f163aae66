import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../../errors/BackendError.js';
import type { KernelModule } from './KernelModule.js';
import type { StockKernel } from './stock/StockKernel.js';
import { stockKernels } from './stock/stockKernels.js';
import { blend, sizeOf, VECTOR_GRAIN } from './vectors.js';

/** The stock kernels, while others stand in their place, and the names that stock lacks. */
const stock: tf.KernelConfig[] = [];
const added: string[] = [];

/** Registers, under names of TensorFlow.js, what the wasm backend lacks, has wrong, or computes slower. */
export function replaceStock(kernels: KernelModule): void {
  replace('Identity', () => shareClone);
  replace('Add', (add) => (params) => {
    const { a, b } = params.inputs as Record<string, tf.TensorInfo>;
    const alike = a.dtype === 'float32' && b.dtype === 'float32' && String(a.shape) === String(b.shape);
    const worth = alike && sizeOf(a) >= 4 * VECTOR_GRAIN && params.backend === kernels.backend;
    return worth ? blend.compute(kernels, { a, b }, { factorA: 1, factorB: 1 }) : add(params);
  });
  for (const kernel of stockKernels) install(kernels, kernel);
}

/** Puts the stock kernels back, and takes out what they lack. */
export function restoreStock(): void {
  for (const config of stock.splice(0)) {
    tf.unregisterKernel(config.kernelName, 'wasm');
    tf.registerKernel(config);
  }
  for (const name of added.splice(0)) tf.unregisterKernel(name, 'wasm');
}

/** Throws where the backend is not that for whose memory the kernels were loaded. */
export function checkBackend(name: string, backend: unknown, kernels: KernelModule): void {
  if (backend === kernels.backend) return;
  throw new BackendError(`${name}: the wasm backend was started anew; call registerTrainingKernels() again.`);
}

function install(kernels: KernelModule, { name, compute }: StockKernel): void {
  const run = ({ inputs, attrs }: Parameters<tf.KernelFunc>[0]) =>
    compute(kernels, inputs as Record<string, tf.TensorInfo>, (attrs ?? {}) as tf.NamedAttrMap);
  if (tf.getKernel(name, 'wasm')) {
    replace(name, (own) => (params) => (params.backend === kernels.backend && run(params)) || own(params));
    return;
  }
  added.push(name);
  tf.registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: (params) => {
      checkBackend(name, params.backend, kernels);
      return run(params)!;
    },
  });
}

function replace(kernelName: string, kernel: (stock: tf.KernelFunc) => tf.KernelFunc): void {
  const config = tf.getKernel(kernelName, 'wasm');
  if (!config) return;
  stock.push(config);
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...config, kernelFunc: kernel(config.kernelFunc) });
}

/**
 * A clone that shares its data, as on every other backend, where the stock kernel copies it: each tensor saved for a
 * gradient is a clone, so the copies would double the memory of a step and take a twentieth of its time.
 */
const shareClone: tf.KernelFunc = ({ inputs, backend }) => {
  const { dataId, shape, dtype } = inputs.x as tf.TensorInfo;
  (backend as BackendWasm).incRef(dataId);
  return { dataId, shape, dtype };
};
