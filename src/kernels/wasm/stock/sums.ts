import * as tf from '@tensorflow/tfjs-core';
import { channelSum } from '../channels.js';
import type { KernelModule } from '../KernelModule.js';
import { sizeOf, VECTOR_GRAIN } from '../vectors.js';
import type { StockKernel } from './StockKernel.js';

/** {x} → the sum over all axes but the last, as of a bias's gradient. The backend's own transposes its input first. */
export const sum: StockKernel = {
  name: 'Sum',
  compute: (kernels, { x }, attributes) => leadingSum(kernels, x, attributes, () => 1),
};

/** {x} → the mean over all axes but the last, such as that of batch normalisation. */
export const mean: StockKernel = {
  name: 'Mean',
  compute: (kernels, { x }, attributes) => leadingSum(kernels, x, attributes, (rows) => 1 / rows),
};

/** Undefined where the axes are others, x is a matrix, or the sum is too small to matter. */
function leadingSum(
  kernels: KernelModule,
  x: tf.TensorInfo,
  { axis, keepDims }: tf.NamedAttrMap,
  factor: (rows: number) => number,
): tf.TensorInfo | undefined {
  const axes = tf.util.parseAxisParam(axis as number[], [...x.shape]);
  const last = x.shape.length - 1;
  const leading = last > 1 && axes.length === last && !axes.includes(last);
  if (!leading || x.dtype !== 'float32' || sizeOf(x) < 4096) return undefined;
  const channels = x.shape[last];
  const result = channelSum.compute(kernels, { x }, {}) as tf.TensorInfo;
  const scale = factor(sizeOf(x) / channels);
  if (scale !== 1) {
    const pointer = kernels.pointer(result);
    kernels.run('scaleVector', Math.ceil(channels / 4), VECTOR_GRAIN, pointer, pointer, channels, scale);
  }
  return { ...result, shape: keepDims ? x.shape.map((side, i) => (i === last ? side : 1)) : result.shape };
}
