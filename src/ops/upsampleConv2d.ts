import * as tf from '@tensorflow/tfjs-core';
import { channelSum } from './channelSum.js';
import { conv2d } from './conv2d.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';
import { upsampleNearest2d } from './upsampleNearest2d.js';

/**
 * Convolution 3×3 of an image each of whose pixels is repeated to 2 × 2: `conv2d` behind `upsampleNearest2d`.
 *
 * Where a kernel computes it, without the larger image: a pixel of the result meets two of `x` in each direction, so
 * that it is a transposed convolution by a filter 4×4, with fewer products.
 *
 * @param x Tensor of shape [batch, height, width, inChannels].
 * @param filter Tensor of shape [3, 3, inChannels, outChannels].
 * @param bias Tensor of shape [outChannels].
 * @returns Tensor of shape [batch, 2·height, 2·width, outChannels].
 */
export function upsampleConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D {
  const [inChannels, outChannels] = filter.shape.slice(2);
  const fits = inChannels === x.shape[3] && inChannels % 4 === 0 && outChannels % 4 === 0;
  if (!fits || !tf.getKernel('DiffusionSslUpsampleConv2D', tf.getBackend())) {
    return tf.tidy(() => conv2d(upsampleNearest2d(x), filter, bias));
  }
  return customGradient(
    [x, filter, bias],
    (x, filter, bias) => ({
      value: runKernel<tf.Tensor4D>('DiffusionSslUpsampleConv2D', { x, filter, bias })!,
      saved: [x, filter],
    }),
    (dy, x, filter) => [
      () => runKernel<tf.Tensor4D>('DiffusionSslUpsampleConv2DBackpropInput', { dy, filter })!,
      () => runKernel<tf.Tensor4D>('DiffusionSslUpsampleConv2DBackpropFilter', { x, dy })!,
      () => channelSum(dy),
    ],
  );
}
