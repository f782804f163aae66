import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from '../errors/ConfigError.js';
import { checkNumber } from '../internal/checks.js';
import type { ClippedGradients } from './clipByGlobalNorm.js';
import { globalNorm } from './globalNorm.js';

/**
 * Scales each gradient so that its own L2 norm is at most `maxNorm`: DINO's `clip_gradients`, by the factor
 * min(1, maxNorm / (norm + 1e-6)). `clipByGlobalNorm` limits the common norm.
 *
 * @param gradients Gradients by name; they stay the caller's.
 * @param maxNorm Largest norm, above 0.
 * @returns The gradients, and their common norm before clipping.
 * @throws If there is no gradient or `maxNorm` is not above 0.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { clipEachByNorm } from 'diffusion-ssl/optimizers';
 *
 * const { gradients } = clipEachByNorm({ a: tf.tensor1d([3, 4]), b: tf.tensor1d([0.1]) }, 1);
 * console.log(await gradients.a.data(), await gradients.b.data()); // 0.6, 0.8 and 0.1
 * ```
 */
export function clipEachByNorm(gradients: tf.NamedTensorMap, maxNorm: number): ClippedGradients {
  checkNumber('clipEachByNorm: maxNorm', maxNorm, Number.MIN_VALUE);
  const entries = Object.entries(gradients);
  if (entries.length === 0) throw new ConfigError('clipEachByNorm: there is no gradient.');
  return tf.tidy(() => {
    const clipped = entries.map(([name, gradient]) => {
      const factor = tf.div(maxNorm, tf.add(tf.norm(gradient), 1e-6));
      return [name, tf.mul(gradient, tf.minimum(factor, 1))];
    });
    return { gradients: Object.fromEntries(clipped), norm: globalNorm(Object.values(gradients)) };
  }) as ClippedGradients;
}
