import { EmbeddingTable } from '../layers/EmbeddingTable.js';
import { Linear } from '../layers/Linear.js';
import { MetadataEmbedding } from '../layers/MetadataEmbedding.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { type SinusoidConfig, TimestepMlp } from '../layers/TimestepMlp.js';
import { Transformer2d } from '../layers/Transformer2d.js';
import { layerParameters } from './layerParameters.js';
import {
  type ResolvedUnet2dConditionConfig,
  resolveUnet2dConditionConfig,
  type Unet2dConditionConfig,
} from './Unet2dConditionConfig.js';
import { type UnetLayers, unetLayerList, unetLayers } from './unetLayers.js';

/**
 * Every parameter of `unet2dCondition` under its torch name, in the order of diffusers' `state_dict`, without
 * allocating any.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { countValues, unet2dConditionParameters } from 'diffusion-ssl/models';
 *
 * const { trainable } = countValues(unet2dConditionParameters({ crossAttentionDim: 768 }));
 * console.log(trainable); // 859520964, as Stable Diffusion 1.5 has
 * ```
 */
export function unet2dConditionParameters(config: Unet2dConditionConfig = {}): ParameterSpec[] {
  return layerParameters(unetLayerList(unet2dConditionLayers(resolveUnet2dConditionConfig(config))));
}

/** Makes the layers of a configuration. */
export function unet2dConditionLayers(config: ResolvedUnet2dConditionConfig): UnetLayers {
  const { seed, blockOutChannels: channels, normNumGroups: groups } = config;
  const embeddingChannels = config.timeEmbeddingDim ?? 4 * channels[0];
  return unetLayers({
    seed,
    inChannels: config.inChannels,
    outChannels: config.outChannels,
    channels,
    depths: config.layersPerBlock,
    downTypes: config.downBlockTypes,
    upTypes: config.upBlockTypes,
    embeddings: embeddingLayers(config, embeddingChannels),
    embeddingChannels,
    groups,
    epsilon: config.normEps,
    activation: config.actFn,
    outActivation: config.actFn,
    scaleShift: config.resnetTimeScaleShift === 'scale_shift',
    dropoutRate: config.dropout,
    resnetSamplers: { down: false, up: false },
    padding: config.downsamplePadding === 0 ? 'after' : 'around',
    center: config.centerInputSample,
    kernels: [config.convInKernel, config.convOutKernel],
    sizeMultiple: 1,
    middle:
      config.midBlockType === null ? undefined : { scaleFactor: config.midBlockScaleFactor, attention: true },
    attention: (name, level) =>
      new Transformer2d({
        name,
        seed,
        channels: channels[level],
        heads: config.attentionHeadDim[level],
        headChannels: Math.floor(channels[level] / config.attentionHeadDim[level]),
        layers: config.transformerLayersPerBlock[level],
        crossAttentionChannels: config.crossAttentionDim[level],
        groups,
        linearProjection: config.useLinearProjection,
      }),
  });
}

function embeddingLayers(config: ResolvedUnet2dConditionConfig, channels: number): SpecLayer[] {
  const { seed, actFn, classEmbedType, numClassEmbeds, flipSinToCos, freqShift } = config;
  const dim = config.blockOutChannels[0];
  const projected = config.projectionClassEmbeddingsInputDim ?? 0;
  const sinusoidOf = (dim: number): SinusoidConfig => ({ dim, flipSinToCos, freqShift });
  const sinusoid = sinusoidOf(dim);
  const layers: SpecLayer[] = [
    new TimestepMlp({ name: 'time_embedding', seed, inFeatures: dim, channels, activation: actFn, sinusoid }),
  ];
  const name = 'class_embedding';
  if (classEmbedType === 'timestep') {
    layers.push(new TimestepMlp({ name, seed, inFeatures: dim, channels, activation: actFn, sinusoid }));
  } else if (classEmbedType === 'projection') {
    layers.push(new TimestepMlp({ name, seed, inFeatures: projected, channels }));
  } else if (classEmbedType === 'simple_projection') {
    layers.push(new Linear({ name, seed, inFeatures: projected, outFeatures: channels }));
  } else if (classEmbedType === null && numClassEmbeds !== null) {
    layers.push(new EmbeddingTable({ name, seed, rows: numClassEmbeds, channels }));
  }
  if (config.additionEmbedType !== null) {
    const sinusoid = sinusoidOf(config.additionTimeEmbedDim ?? 0);
    layers.push(new TimestepMlp({ name: 'add_embedding', seed, inFeatures: projected, channels, sinusoid }));
  }
  if (config.useMetadata) {
    const settings = { numbers: config.numMetadata, activation: actFn, sinusoid };
    layers.push(new MetadataEmbedding({ name: 'metadata_embedding', seed, channels, ...settings }));
  }
  return layers;
}
