import { AttentionBlock2d } from '../layers/AttentionBlock2d.js';
import { EmbeddingTable } from '../layers/EmbeddingTable.js';
import { MetadataEmbedding } from '../layers/MetadataEmbedding.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { TimestepMlp } from '../layers/TimestepMlp.js';
import { layerParameters } from './layerParameters.js';
import { type ResolvedUnet2dConfig, resolveUnet2dConfig, type Unet2dConfig } from './Unet2dConfig.js';
import { type UnetLayers, unetLayerList, unetLayers } from './unetLayers.js';

/**
 * Every parameter of `unet2d` under its torch name, in the order of diffusers' `state_dict`, without allocating any.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { countValues, unet2dParameters } from 'diffusion-ssl/models';
 *
 * console.log(countValues(unet2dParameters()).trainable); // 273673843
 * ```
 */
export function unet2dParameters(config: Unet2dConfig = {}): ParameterSpec[] {
  return layerParameters(unetLayerList(unet2dLayers(resolveUnet2dConfig(config))));
}

/** Makes the layers of a configuration. */
export function unet2dLayers(config: ResolvedUnet2dConfig): UnetLayers {
  const { seed, blockOutChannels: channels, normNumGroups: groups, normEps: epsilon } = config;
  const { resnetTimeScaleShift, classEmbedType, numClassEmbeds, midBlockScaleFactor } = config;
  const embeddingChannels = config.timeEmbeddingDim ?? 4 * channels[0];
  const scaleShift = resnetTimeScaleShift === 'scale_shift';
  const sinusoid = {
    dim: channels[0],
    flipSinToCos: config.flipSinToCos,
    freqShift: config.freqShift,
  };
  const mlp = (name: string) =>
    new TimestepMlp({ name, seed, inFeatures: channels[0], channels: embeddingChannels, sinusoid });
  const embeddings: SpecLayer[] = [mlp('time_embedding')];
  if (classEmbedType === 'timestep') embeddings.push(mlp('class_embedding'));
  else if (classEmbedType === null && numClassEmbeds !== null) {
    const name = 'class_embedding';
    embeddings.push(new EmbeddingTable({ name, seed, rows: numClassEmbeds, channels: embeddingChannels }));
  }
  if (config.useMetadata) {
    const { numMetadata: numbers } = config;
    const name = 'metadata_embedding';
    embeddings.push(new MetadataEmbedding({ name, seed, numbers, channels: embeddingChannels, sinusoid }));
  }
  return unetLayers({
    seed,
    inChannels: config.inChannels,
    outChannels: config.outChannels,
    channels,
    depths: channels.map(() => config.layersPerBlock),
    downTypes: config.downBlockTypes,
    upTypes: config.upBlockTypes,
    embeddings,
    embeddingChannels,
    groups,
    epsilon,
    activation: config.actFn,
    outActivation: 'silu',
    scaleShift,
    dropoutRate: config.dropout,
    resnetSamplers: { down: config.downsampleType === 'resnet', up: config.upsampleType === 'resnet' },
    padding: config.downsamplePadding === 0 ? 'after' : 'around',
    center: config.centerInputSample,
    kernels: [3, 3],
    sizeMultiple: 2 ** (channels.length - 1),
    middle:
      config.midBlockType === null
        ? undefined
        : { scaleFactor: midBlockScaleFactor, attention: config.addAttention },
    attention(name, level, inMiddle) {
      const headChannels = config.attentionHeadDim ?? channels[level];
      const middleGroups = config.attnNormNumGroups ?? (scaleShift ? undefined : groups);
      return new AttentionBlock2d({
        name,
        seed,
        channels: channels[level],
        heads: Math.floor(channels[level] / headChannels),
        headChannels,
        groups: inMiddle ? middleGroups : groups,
        epsilon,
        outputScaleFactor: inMiddle ? midBlockScaleFactor : 1,
      });
    },
  });
}
