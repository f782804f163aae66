import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from '../errors/ConfigError.js';
import { checkNumber } from '../internal/checks.js';
import { named } from '../ops/named.js';
import { runKernel } from '../ops/runKernel.js';
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
  checkNumber('clipByGlobalNorm: maxNorm', maxNorm, Number.MIN_VALUE);
  const [names, tensors] = [Object.keys(gradients), Object.values(gradients)];
  if (names.length === 0) throw new ConfigError('clipByGlobalNorm: there is no gradient.');
  return tf.tidy(() => {
    const norm = globalNorm(tensors);
    const clipped =
      runKernel<tf.Tensor[]>('DiffusionSslClip', { norm, ...named(tensors) }, { maxNorm }) ??
      scaled(tensors, tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1));
    return { gradients: Object.fromEntries(names.map((name, i) => [name, clipped[i]])), norm };
  }) as ClippedGradients;
}

function scaled(tensors: readonly tf.Tensor[], factor: tf.Tensor): tf.Tensor[] {
  return tensors.map((tensor) => tf.mul(tensor, factor));
}
