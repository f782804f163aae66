import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import { type LatentDistribution, splitMoments } from '../layers/SampleGaussian.js';

/**
 * Encodes images to the distribution of their latents, which is mean + std · noise.
 *
 * @param autoencoder What `autoencoderKl` makes, with its weights.
 * @param image In [-1, 1], [batch, height, width, channels].
 * @returns Tensors [batch, height / 2^n, width / 2^n, latentChannels]. A diffusion model sees `scaleLatents` of them.
 * @throws If the model has no `encoder`; where that does.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { autoencoderKl, encodeLatents } from 'diffusion-ssl/models';
 *
 * const autoencoder = autoencoderKl({ blockOutChannels: [8, 16], normNumGroups: 4 });
 * console.log(encodeLatents(autoencoder, tf.zeros([1, 32, 32, 3])).mean.shape); // [1, 16, 16, 4]
 * ```
 */
export function encodeLatents(autoencoder: tfl.LayersModel, image: tf.Tensor4D): LatentDistribution {
  const [mean, logvar, std] = tf.tidy(() => {
    const encoded = partOf(autoencoder, 'encodeLatents', 'encoder')!.apply(image) as tf.Tensor;
    const quantConv = partOf(autoencoder, 'encodeLatents', 'quant_conv');
    const latents = splitMoments(quantConv ? (quantConv.apply(encoded) as tf.Tensor) : encoded);
    return [latents.mean, latents.logvar, latents.std];
  });
  return { mean, logvar, std };
}

/** A part of an autoencoder by its name; of the convolutions between its halves it may have none. */
export function partOf(
  autoencoder: tfl.LayersModel,
  functionName: string,
  name: string,
): tfl.layers.Layer | undefined {
  const part = autoencoder.layers.find((layer) => layer.name === name);
  if (!part && !name.endsWith('quant_conv')) {
    throw new ConfigError(`${functionName}: the model has no '${name}'; it must be one of autoencoderKl().`);
  }
  return part;
}
