import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from '../ops/customGradient.js';

/** A 3×3 filter that is not trained: as the convolution has it, and as the gradient of its input has it. */
export interface ConstantFilter {
  /** [3, 3, inChannels, outChannels]. */
  forward: tf.Tensor4D;
  /** [3, 3, outChannels, inChannels], taps in reverse order. */
  backward: tf.Tensor4D;
}

/** From torch's layout [outChannels, inChannels, 3, 3], row-major. */
export function constantFilter(
  weight: ArrayLike<number>,
  inChannels: number,
  outChannels: number,
): ConstantFilter {
  const forward = new Float32Array(weight.length);
  const backward = new Float32Array(weight.length);
  for (let i = 0; i < weight.length; i++) {
    const tap = i % 9;
    const input = Math.floor(i / 9) % inChannels;
    const output = Math.floor(i / 9 / inChannels);
    forward[(tap * inChannels + input) * outChannels + output] = weight[i];
    backward[((8 - tap) * outChannels + output) * inChannels + input] = weight[i];
  }
  return {
    forward: tf.tensor4d(forward, [3, 3, inChannels, outChannels]),
    backward: tf.tensor4d(backward, [3, 3, outChannels, inChannels]),
  };
}

/** Convolution with stride 1 and zero padding of 1 that has a gradient for `x` alone, itself a forward convolution. */
export function constantConv2d(x: tf.Tensor4D, filter: ConstantFilter): tf.Tensor4D {
  return customGradient(
    [x],
    (x) => ({ value: tf.conv2d(x, filter.forward, 1, 'same'), saved: [] }),
    (dy) => [tf.conv2d(dy, filter.backward, 1, 'same')],
  );
}
