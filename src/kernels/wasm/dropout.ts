import type * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from './KernelModule.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { sizeOf } from './vectors.js';

/** Values of one item of the mask and of its application, see `assembly/dropout.ts`. */
const [MASK_ITEM, ITEM] = [32, 16];

function apply(kernels: KernelModule, x: tf.TensorInfo, mask: tf.TensorInfo, rate: number): tf.TensorInfo {
  const y = kernels.output(x.shape);
  const count = sizeOf(x);
  const pointers = [x, mask, y].map((tensor) => kernels.pointer(tensor));
  // As the composed operation rounds it: a division of float32 numbers.
  const scale = Math.fround(1 / Math.fround(1 - rate));
  kernels.run('dropoutApply', Math.ceil(count / ITEM), 512, ...pointers, count, scale);
  return y;
}

/** [x], rate and Philox key → x with dropped values, and one byte a value that says which are kept. */
export const dropout: TrainingKernel = {
  name: 'DiffusionSslDropout',
  compute(kernels, { x }, { rate = 0, key0 = 0, key1 = 0, step = 0, stream = 0 }) {
    const items = Math.ceil(sizeOf(x) / MASK_ITEM);
    const mask = kernels.output([items * MASK_ITEM], 'bool');
    const threshold = Math.ceil(Math.fround(rate) * 2 ** 24);
    kernels.run('dropoutMask', items, 64, kernels.pointer(mask), threshold, key0, key1, step, stream);
    return [apply(kernels, x, mask, rate), mask];
  },
};

/** [dy, mask] and rate → the gradient of x. */
export const dropoutGradient: TrainingKernel = {
  name: 'DiffusionSslDropoutGradient',
  compute: (kernels, { dy, mask }, { rate = 0 }) => apply(kernels, dy, mask, rate),
};
