import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { asImages } from './asImages.js';
import { channelSum } from './channelSum.js';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

/** Options of {@link layerNorm}. */
export interface LayerNormOptions {
  /** Scale, of shape [channels]. Default none. */
  weight?: tf.Tensor1D;
  /** Shift, of shape [channels]; only beside `weight`. Default none. */
  bias?: tf.Tensor1D;
  /** Added to the variance. Default 1e-5, as in torch. */
  epsilon?: number;
}

/**
 * Layer normalisation over the last axis.
 *
 * Equals `torch.nn.functional.layer_norm(x, [channels])`. Ba et al., "Layer Normalization" (2016).
 *
 * @param x Tensor of shape [..., channels].
 * @returns Tensor of the shape of `x`.
 * @throws If `weight` or `bias` has another shape, or there is a `bias` without `weight`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { layerNorm } from 'diffusion-ssl/ops';
 *
 * console.log(layerNorm(tf.randomNormal([2, 5, 8]), { weight: tf.ones([8]), bias: tf.zeros([8]) }).shape); // [2, 5, 8]
 * ```
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  { weight, bias, epsilon = 1e-5 }: LayerNormOptions = {},
): T {
  const channels = x.shape.slice(-1);
  if (weight) checkShape('layerNorm', 'weight', weight, channels);
  if (bias) checkShape('layerNorm', 'bias', bias, channels);
  if (bias && !weight) throw argumentError('layerNorm: weight', weight, 'given beside bias');
  return customGradient<tf.Tensor[], T, tf.Tensor[]>(
    [x, ...(weight ? [weight] : []), ...(bias ? [bias] : [])],
    (x, weight, bias) => {
      const inputs = { x, ...(weight && { weight }), ...(bias && { bias }) };
      const fast = runKernel<tf.Tensor[]>('DiffusionSslLayerNorm', inputs, { epsilon });
      if (fast) {
        const [value, ...statistics] = fast;
        return { value: value as T, saved: [x, ...statistics, ...(weight ? [weight] : [])] };
      }
      const mean = tf.mean(x, -1, true);
      const centred = tf.sub(x, mean);
      const deviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
      let value = tf.mul(centred, deviation);
      if (weight) value = tf.mul(value, weight);
      if (bias) value = tf.add(value, bias);
      return { value: value as T, saved: [x, mean, deviation, ...(weight ? [weight] : [])] };
    },
    (dy, ...saved) => {
      const [x, mean, deviation, weight] = saved;
      const inputs = { x, dy, mean, deviation, ...(weight && { weight }) };
      const fast = runKernel<tf.Tensor[]>('DiffusionSslLayerNormGradient', inputs);
      if (fast) return bias || !weight ? fast : fast.slice(0, 2);
      const normal = tf.mul(tf.sub(x, mean), deviation);
      const scaled = weight ? tf.mul(dy, weight) : dy;
      const along = tf.mul(normal, tf.mean(tf.mul(scaled, normal), -1, true));
      const dx = tf.mul(deviation, tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), along));
      const gradients = [dx];
      if (weight) gradients.push(channelSum(asImages(tf.mul(dy, normal))));
      if (bias) gradients.push(channelSum(asImages(dy)));
      return gradients;
    },
  );
}
