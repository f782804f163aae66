import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';
import { siluSlope } from './siluSlope.js';

/**
 * x · sigmoid(x), also called swish.
 *
 * Equals `torch.nn.functional.silu`. Elfwing et al., "Sigmoid-weighted linear units" (2017).
 *
 * @param x Tensor of any shape.
 * @returns Tensor of the shape of `x`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { silu } from 'diffusion-ssl/ops';
 *
 * console.log(await silu(tf.tensor1d([0])).data()); // 0
 * ```
 */
export function silu<T extends tf.Tensor>(x: T): T {
  return customGradient(
    [x],
    (x) => ({
      value: runKernel<T>('DiffusionSslActivate', { x }) ?? tf.mul<T>(x, tf.sigmoid(x)),
      saved: [x],
    }),
    (dy, x) => [runKernel<tf.Tensor>('DiffusionSslActivateGradient', { x, dy }) ?? tf.mul(dy, siluSlope(x))],
  );
}
