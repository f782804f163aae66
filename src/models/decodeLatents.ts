import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { partOf } from './encodeLatents.js';

/**
 * Decodes latents to images.
 *
 * @param autoencoder What `autoencoderKl` makes, with its weights.
 * @param latents [batch, height, width, latentChannels], as the encoder gives them: of what a diffusion model makes,
 * `unscaleLatents`.
 * @returns Images in about [-1, 1], [batch, 2^n · height, 2^n · width, channels].
 * @throws If the model has no `decoder`; where that does.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { autoencoderKl, decodeLatents } from 'diffusion-ssl/models';
 *
 * const autoencoder = autoencoderKl({ blockOutChannels: [8, 16], normNumGroups: 4 });
 * console.log(decodeLatents(autoencoder, tf.zeros([1, 16, 16, 4])).shape); // [1, 32, 32, 3]
 * ```
 */
export function decodeLatents(autoencoder: tfl.LayersModel, latents: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const quantConv = partOf(autoencoder, 'decodeLatents', 'post_quant_conv');
    const z = quantConv ? (quantConv.apply(latents) as tf.Tensor) : latents;
    return partOf(autoencoder, 'decodeLatents', 'decoder')!.apply(z) as tf.Tensor4D;
  });
}
