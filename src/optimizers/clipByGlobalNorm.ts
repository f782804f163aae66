import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import { globalNorm } from './globalNorm.js';

/** What {@link clipByGlobalNorm} returns. */
export interface ClippedGradients {
  /** The gradients, scaled down where their norm exceeds the limit. */
  gradients: tf.NamedTensorMap;
  /** Norm before clipping. */
  norm: tf.Scalar;
}

/**
 * Scales gradients so that their common L2 norm is at most `maxNorm`.
 *
 * Equals `torch.nn.utils.clip_grad_norm_`: the factor is min(1, maxNorm / (norm + 1e-6)). Pascanu et al., "On the
 * difficulty of training recurrent neural networks" (2013).
 *
 * @param gradients Gradients by name; they stay the caller's.
 * @param maxNorm Largest norm, above 0.
 * @throws If there is no gradient or `maxNorm` is not above 0.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { clipByGlobalNorm } from 'diffusion-ssl/optimizers';
 *
 * const { norm } = clipByGlobalNorm({ w: tf.tensor1d([3, 4]) }, 1);
 * console.log((await norm.data())[0]); // 5
 * ```
 */
export function clipByGlobalNorm(gradients: tf.NamedTensorMap, maxNorm: number): ClippedGradients {
  checkNumber('clipByGlobalNorm', 'maxNorm', maxNorm, Number.MIN_VALUE);
  const entries = Object.entries(gradients);
  if (entries.length === 0) throw new Error('clipByGlobalNorm: there is no gradient.');
  return tf.tidy(() => {
    const norm = globalNorm(entries.map(([, gradient]) => gradient));
    const factor = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
    const clipped = entries.map(([name, gradient]) => [name, tf.mul(gradient, factor)]);
    return { gradients: Object.fromEntries(clipped) as tf.NamedTensorMap, norm };
  }) as ClippedGradients;
}
