import * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { registerUnetLayers } from '../layers/registerUnetLayers.js';
import { SampleGaussian } from '../layers/SampleGaussian.js';
import { type AutoencoderKlConfig, resolveAutoencoderKlConfig } from './AutoencoderKlConfig.js';
import { autoencoderKlLayers, type CoderLayers } from './autoencoderKlParameters.js';
import type { UnetLevel } from './unetLayers.js';

type Symbol = tfl.SymbolicTensor;

/**
 * Builds the variational autoencoder of diffusers' `AutoencoderKL`, the one of Stable Diffusion, as one model to train:
 * it takes `[image, noise]`, encodes the image, draws the latents by the noise, and decodes them. `encodeLatents` and
 * `decodeLatents` use its halves. Its weights are exchanged with diffusers by `fromPretrained` and `savePretrained`.
 *
 * image is float32 [batch, height, width, inChannels] in [-1, 1], sides multiples of 2^(resolutions − 1); noise is
 * standard normal, [batch, height / 2^(resolutions − 1), width / 2^(resolutions − 1), latentChannels]. It returns
 * [batch, height, width, outChannels]. Within it are the models `encoder` and `decoder`, whose layers are known by
 * diffusers' names, and the layers `quant_conv` and `post_quant_conv`.
 *
 * Kingma and Welling, "Auto-Encoding Variational Bayes" (2014); Rombach et al., "High-Resolution Image Synthesis with
 * Latent Diffusion Models" (2022).
 *
 * @throws If an option is out of range or unknown, or no backend is started; on a call, if a side is no such multiple.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { autoencoderKl } from 'diffusion-ssl/models';
 *
 * const model = autoencoderKl({ blockOutChannels: [8, 16], normNumGroups: 4 });
 * const image = model.apply([tf.zeros([1, 32, 32, 3]), tf.zeros([1, 16, 16, 4])]) as tf.Tensor4D;
 * console.log(image.shape); // [1, 32, 32, 3]
 * ```
 */
export function autoencoderKl(config: AutoencoderKlConfig = {}): tfl.LayersModel {
  const resolved = resolveAutoencoderKlConfig(config);
  requireBackend('autoencoderKl');
  registerUnetLayers();
  const { encoder, decoder, quantConv, postQuantConv } = autoencoderKlLayers(resolved);
  const { inChannels, latentChannels } = resolved;
  const image = tfl.input({ shape: [null, null, inChannels], name: 'image' });
  const noise = tfl.input({ shape: [null, null, latentChannels], name: 'noise' });
  const encoded = coderModel('encoder', encoder, inChannels).apply(image) as Symbol;
  const moments = quantConv ? (quantConv.apply(encoded) as Symbol) : encoded;
  const sample = new SampleGaussian({ name: 'latents' }).apply([moments, noise]) as Symbol;
  const latents = postQuantConv ? (postQuantConv.apply(sample) as Symbol) : sample;
  const outputs = coderModel('decoder', decoder, latentChannels).apply(latents) as Symbol;
  return tfl.model({ inputs: [image, noise], outputs, name: 'autoencoder_kl' });
}

function coderModel(name: 'encoder' | 'decoder', layers: CoderLayers, channels: number): tfl.LayersModel {
  const apply = (y: Symbol, list: readonly tfl.layers.Layer[]) =>
    list.reduce((y, layer) => layer.apply(y) as Symbol, y);
  const { convIn, levels, middle, normOut, convOut } = layers;
  const inOrder = name === 'encoder' ? [...levels, middle] : [middle, ...levels];
  const through = ({ resnets, attentions, sampler }: UnetLevel) => [
    resnets[0],
    ...attentions,
    ...resnets.slice(1),
    ...(sampler ? [sampler] : []),
  ];
  const input = tfl.input({ shape: [null, null, channels], name: `${name}_input` });
  const output = apply(input, [convIn, ...inOrder.flatMap(through), normOut, convOut]);
  return tfl.model({ inputs: input, outputs: output, name });
}
