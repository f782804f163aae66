import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { interleavePhases, separatePhases } from './interleavePhases.js';
import { runKernel } from './runKernel.js';

/**
 * Maximum of each 2×2 cell (kernel 2, stride 2), with a gradient that is right for every input.
 *
 * Equals `torch.nn.MaxPool2d(2)`: where several pixels of a cell share the maximum, the first in row order receives
 * the gradient. The wasm backend's own gradient is wrong for cells without a positive value.
 *
 * @param x Tensor of shape [batch, height, width, channels], height and width even.
 * @returns Tensor of shape [batch, height / 2, width / 2, channels].
 * @throws If height or width is odd.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { maxPool2d } from 'diffusion-ssl/ops';
 *
 * const y = maxPool2d(tf.tensor4d([-1, -2, -3, -4], [1, 2, 2, 1]));
 * console.log(await y.array()); // [[[[-1]]]]
 * ```
 */
export function maxPool2d(x: tf.Tensor4D): tf.Tensor4D {
  if (x.shape[1] % 2 !== 0 || x.shape[2] % 2 !== 0) {
    throw argumentError(
      'maxPool2d: the input shape',
      x.shape,
      '[batch, height, width, channels] with even height and width',
    );
  }
  return customGradient(
    [x],
    (x) => {
      const pooled = runKernel<tf.Tensor4D[]>('DiffusionSslMaxPool', { x });
      if (pooled) return { value: pooled[0], saved: [pooled[1]] };
      const value = tf.maxPool(x, 2, 2, 'valid');
      return { value, saved: [x, value] };
    },
    (dy, ...saved: tf.Tensor4D[]) => {
      if (saved.length === 1) {
        return [runKernel<tf.Tensor4D>('DiffusionSslMaxPoolGradient', { dy, argmax: saved[0] })!];
      }
      const [x, value] = saved;
      const dx = runKernel<tf.Tensor4D>('DiffusionSslMaxPoolInputGradient', { x, y: value, dy });
      if (dx) return [dx];
      let rest: tf.Tensor4D = dy;
      const gradients = separatePhases(x).map((phase) => {
        const taken: tf.Tensor4D = tf.mul(rest, tf.cast(tf.equal(phase, value), 'float32'));
        rest = tf.sub(rest, taken);
        return taken;
      });
      return [interleavePhases(gradients)];
    },
  );
}
