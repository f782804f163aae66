import type * as tf from '@tensorflow/tfjs-core';
import { convolveSame } from '../conv2d.js';
import type { KernelModule } from '../KernelModule.js';
import { prefersWinograd } from '../prefersWinograd.js';
import { VECTOR_GRAIN } from '../vectors.js';
import { alignFloats } from '../winogradSizes.js';
import type { StockKernel } from './StockKernel.js';
import { convolutionWindows, keepsSize } from './windows.js';

/** {x, filter} → their convolution, where Winograd's algorithm is the faster way. */
export const convolution: StockKernel = {
  name: 'Conv2D',
  compute(kernels, { x, filter }, attributes) {
    return isWinograd(x, filter, attributes) ? convolve(kernels, x, filter) : undefined;
  },
};

/** {x, filter, bias} and 'relu' → the same, with both applied. */
export const fusedConvolution: StockKernel = {
  name: 'FusedConv2D',
  compute(kernels, { x, filter, bias, preluActivationWeights }, attributes) {
    const { activation } = attributes;
    const known = !activation || activation === 'linear' || activation === 'relu';
    const ofChannels = !bias || String(bias.shape) === String(filter.shape.slice(3));
    if (!known || !ofChannels || preluActivationWeights || !isWinograd(x, filter, attributes))
      return undefined;
    const relu = activation === 'relu';
    if (!bias && !relu) return convolve(kernels, x, filter);
    const columns = filter.shape[3];
    const padded = kernels.output([alignFloats(columns)]);
    const pointer = kernels.pointer(padded);
    kernels.run('clear', alignFloats(columns), alignFloats(columns), pointer);
    if (bias) {
      const copy = [kernels.pointer(bias), pointer, columns];
      kernels.run('copyVector', Math.ceil(columns / 4), VECTOR_GRAIN, ...copy);
    }
    const y = convolve(kernels, x, filter, { bias: pointer, relu });
    kernels.release(padded);
    return y;
  },
};

function convolve(
  kernels: KernelModule,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  epilogue: { bias?: number; relu?: boolean } = {},
): tf.TensorInfo {
  const [size, , , columns] = filter.shape;
  const layout = { filter: kernels.pointer(filter), columns, size, rowStride: columns, columnStride: 1 };
  return convolveSame(kernels, x, layout, epilogue);
}

function isWinograd(x: tf.TensorInfo, filter: tf.TensorInfo, attributes: tf.NamedAttrMap): boolean {
  if (attributes.dataFormat !== undefined && attributes.dataFormat !== 'NHWC') return false;
  if (x.dtype !== 'float32' || filter.dtype !== 'float32' || !prefersWinograd(x.shape, filter.shape))
    return false;
  return keepsSize(convolutionWindows(x.shape, filter.shape, attributes));
}
