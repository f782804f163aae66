import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';

/** Options of {@link guidedPrediction}. */
export interface GuidanceOptions {
  /**
   * How far to go from the unconditional prediction towards the conditional one and beyond; 1 is the conditional one.
   */
  scale: number;
  /**
   * φ in [0, 1]: how much of each sample's standard deviation is brought back to that of the conditional prediction,
   * which a large scale exceeds. Default 0; Lin et al. suggest 0.7.
   */
  rescale?: number;
}

/**
 * Classifier-free guidance of two predictions (Ho and Salimans 2022): u + scale · (c − u). Its standard deviation over
 * a sample may then be rescaled towards the conditional prediction's (Lin et al. 2024, section 3.4; diffusers'
 * `guidance_rescale`). It holds for predictions of noise, x0 and v alike.
 *
 * @param unconditional prediction without the condition, [batch, …].
 * @param conditional prediction with it, of the same shape.
 * @throws If shapes disagree, the scale is not finite, or `rescale` is outside [0, 1].
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { guidedPrediction } from 'diffusion-ssl/samplers';
 *
 * const guided = guidedPrediction(tf.tensor2d([[1, 2]]), tf.tensor2d([[2, 2]]), { scale: 3 });
 * console.log(await guided.data()); // 4, 2
 * ```
 */
export function guidedPrediction(
  unconditional: tf.Tensor,
  conditional: tf.Tensor,
  options: GuidanceOptions,
): tf.Tensor {
  const { scale, rescale = 0 } = options;
  if (!tf.util.arraysEqual(unconditional.shape, conditional.shape)) {
    throw argumentError(
      'guidedPrediction: unconditional.shape',
      unconditional.shape,
      `[${conditional.shape}] as conditional's`,
    );
  }
  checkNumber('guidedPrediction: scale', scale);
  checkNumber('guidedPrediction: rescale', rescale, 0, 1);
  return tf.tidy(() => {
    const guided = tf.add(unconditional, tf.mul(tf.sub(conditional, unconditional), scale));
    if (rescale === 0) return guided;
    const deviation = (x: tf.Tensor) =>
      tf.sqrt(tf.moments(x, x.shape.map((_, i) => i).slice(1), true).variance);
    const [wanted, is] = [deviation(conditional), deviation(guided)];
    // A sample without any deviation has nothing to rescale.
    const factor = tf.where(tf.greater(is, 0), tf.div(wanted, tf.maximum(is, 1e-20)), tf.onesLike(is));
    return tf.mul(guided, tf.add(tf.mul(factor, rescale), 1 - rescale));
  });
}
