import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/**
 * A sample of the normal distribution that an autoencoder gives, mean + deviation · noise.
 *
 * Called with [moments, noise]: [batch, height, width, 2·channels], the mean and then the logarithm of the variance,
 * which is limited to [-30, 20], and [batch, height, width, channels] → the latter's shape. It has no parameters.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { SampleGaussian } from 'diffusion-ssl/layers';
 *
 * const layer = new SampleGaussian({ name: 'latents' });
 * console.log((layer.apply([tf.zeros([1, 4, 4, 6]), tf.ones([1, 4, 4, 3])]) as tf.Tensor).shape); // [1, 4, 4, 3]
 * ```
 */
export class SampleGaussian extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslSampleGaussian';

  override computeOutputShape(inputShape: tfl.Shape[]): tfl.Shape {
    return inputShape[1];
  }

  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [moments, noise] = inputs;
    return tf.tidy(() => {
      const { mean, std } = splitMoments(moments);
      return tf.add(mean, tf.mul(std, noise));
    });
  }
}

/** What an autoencoder says of its latents, each [batch, height, width, channels]. */
export interface LatentDistribution {
  mean: tf.Tensor4D;
  /** Logarithm of the variance, in [-30, 20]. */
  logvar: tf.Tensor4D;
  /** Standard deviation. */
  std: tf.Tensor4D;
}

/** Mean and spread in the two halves of the channels. */
export function splitMoments(moments: tf.Tensor): LatentDistribution {
  const [mean, raw] = tf.split(moments as tf.Tensor4D, 2, 3) as tf.Tensor4D[];
  const logvar: tf.Tensor4D = tf.clipByValue(raw, -30, 20);
  return { mean, logvar, std: tf.exp(tf.mul<tf.Tensor4D>(logvar, 0.5)) };
}
