import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from './KernelModule.js';
import { blend, sizeOf, VECTOR_GRAIN } from './vectors.js';

/** The stock kernels, while others stand in their place. */
const stock: tf.KernelConfig[] = [];

/** Puts faster kernels with the same results in the place of two of the wasm backend's own. */
export function replaceStock(kernels: KernelModule): void {
  replace('Identity', () => shareClone);
  replace('Add', (add) => (params) => {
    const { a, b } = params.inputs as Record<string, tf.TensorInfo>;
    const alike = a.dtype === 'float32' && b.dtype === 'float32' && String(a.shape) === String(b.shape);
    const worth = alike && sizeOf(a) >= 4 * VECTOR_GRAIN && params.backend === kernels.backend;
    return worth ? blend.compute(kernels, { a, b }, { factorA: 1, factorB: 1 }) : add(params);
  });
}

/** Puts the stock kernels back. */
export function restoreStock(): void {
  for (const config of stock.splice(0)) {
    tf.unregisterKernel(config.kernelName, 'wasm');
    tf.registerKernel(config);
  }
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
