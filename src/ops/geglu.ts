import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { geluParts } from './geluParts.js';
import { runKernel } from './runKernel.js';

/**
 * The first half of the channels times exact GELU of the second: what diffusers' `GEGLU` does behind its projection.
 *
 * Shazeer, "GLU variants improve Transformer" (2020).
 *
 * @param x Tensor of shape [..., 2·channels].
 * @returns Tensor of shape [..., channels].
 * @throws If the number of channels is odd.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { geglu } from 'diffusion-ssl/ops';
 *
 * console.log(geglu(tf.ones([2, 5, 8])).shape); // [2, 5, 4]
 * ```
 */
export function geglu<T extends tf.Tensor>(x: T): T {
  if (x.shape[x.rank - 1] % 2 !== 0)
    throw argumentError('geglu: the input shape', x.shape, '[..., 2·channels]');
  return customGradient(
    [x],
    (x) => {
      const fast = runKernel<T>('DiffusionSslGeglu', { x });
      if (fast) return { value: fast, saved: [x] };
      const [value, gate] = halves(x);
      return { value: tf.mul<T>(value, geluParts(gate, 'none').value()), saved: [x] };
    },
    (dy, x) => {
      const fast = runKernel<tf.Tensor>('DiffusionSslGegluGradient', { x, dy });
      if (fast) return [fast];
      const [value, gate] = halves(x);
      const gelu = geluParts(gate, 'none');
      return [tf.concat([tf.mul(dy, gelu.value()), tf.mul(tf.mul(dy, value), gelu.slope())], x.rank - 1)];
    },
  );
}

const halves = (x: tf.Tensor) => tf.split(x, 2, x.rank - 1);
