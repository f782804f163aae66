import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

/**
 * Two images one after the other along the channels.
 *
 * `tf.concat` with a gradient that picks the channels by a 1×1 convolution with zeros and ones: exact, and many times
 * faster on wasm than slicing them out.
 *
 * @param a Tensor of shape [batch, height, width, channelsA].
 * @param b Tensor of shape [batch, height, width, channelsB].
 * @returns Tensor of shape [batch, height, width, channelsA + channelsB].
 * @throws If the shapes differ in batch, height or width.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { concatChannels } from 'diffusion-ssl/ops';
 *
 * console.log(concatChannels(tf.ones([1, 2, 2, 3]), tf.zeros([1, 2, 2, 1])).shape); // [1, 2, 2, 4]
 * ```
 */
export function concatChannels(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D {
  if (a.shape.slice(0, 3).join() !== b.shape.slice(0, 3).join()) {
    throw argumentError(
      "concatChannels: b's shape",
      b.shape,
      `[${a.shape.slice(0, 3).join(', ')}, channels]`,
    );
  }
  const [channelsA, channelsB] = [a.shape[3], b.shape[3]];
  return customGradient(
    [a, b],
    (a, b) => ({
      value: runKernel<tf.Tensor4D>('DiffusionSslConcatChannels', { a, b }) ?? tf.concat([a, b], 3),
      saved: [],
    }),
    (dy) =>
      runKernel<tf.Tensor4D[]>('DiffusionSslSplitChannels', { y: dy }, { channels: channelsA }) ?? [
        () => pickChannels(dy, 0, channelsA),
        () => pickChannels(dy, channelsA, channelsB),
      ],
  );
}

function pickChannels(x: tf.Tensor4D, first: number, count: number): tf.Tensor4D {
  const selection = new Float32Array(x.shape[3] * count);
  for (let i = 0; i < count; i++) selection[(first + i) * count + i] = 1;
  return tf.conv2d(x, tf.tensor4d(selection, [1, 1, x.shape[3], count]), 1, 'valid');
}
