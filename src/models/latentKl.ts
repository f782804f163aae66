import * as tf from '@tensorflow/tfjs-core';
import type { LatentDistribution } from '../layers/SampleGaussian.js';

/**
 * Kullback-Leibler divergence of the latents' distribution from the standard normal one, in nats, summed over each
 * sample: what an autoencoder's training adds to the error, times a small factor.
 *
 * @returns Tensor of shape [batch].
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { autoencoderKl, encodeLatents, latentKl } from 'diffusion-ssl/models';
 *
 * const autoencoder = autoencoderKl({ blockOutChannels: [8, 16], normNumGroups: 4 });
 * console.log(latentKl(encodeLatents(autoencoder, tf.zeros([2, 32, 32, 3]))).shape); // [2]
 * ```
 */
export function latentKl({ mean, logvar }: Pick<LatentDistribution, 'mean' | 'logvar'>): tf.Tensor1D {
  return tf.tidy(() => {
    const parts = tf.sub(tf.sub(tf.add(tf.square(mean), tf.exp(logvar)), 1), logvar);
    return tf.mul(tf.sum(parts, [1, 2, 3]), 0.5);
  });
}
