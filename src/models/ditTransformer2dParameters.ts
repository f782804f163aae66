import type { ParameterSpec } from '../layers/ParameterSpec.js';
import {
  type DitTransformer2dConfig,
  type ResolvedDitTransformer2dConfig,
  resolveDitTransformer2dConfig,
} from './DitTransformer2dConfig.js';
import { type DitSettings, ditLayerList, ditLayers } from './ditLayers.js';
import { layerParameters } from './layerParameters.js';
import { tokenGrid } from './tokenGrid.js';

/**
 * Every parameter of `ditTransformer2d` under its torch name, without allocating any.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { countValues, ditTransformer2dParameters } from 'diffusion-ssl/models';
 *
 * const small = { numAttentionHeads: 6, attentionHeadDim: 64, numLayers: 12, outChannels: 8 };
 * console.log(countValues(ditTransformer2dParameters(small)).trainable); // 39805088
 * ```
 */
export function ditTransformer2dParameters(config: DitTransformer2dConfig = {}): ParameterSpec[] {
  const settings = ditTransformer2dSettings(resolveDitTransformer2dConfig(config));
  return layerParameters(ditLayerList(ditLayers(settings)));
}

/** What a configuration asks for. */
export function ditTransformer2dSettings(config: ResolvedDitTransformer2dConfig): DitSettings {
  const { inChannels, outChannels, patchSize, numAttentionHeads: heads, sampleSize } = config;
  const channels = heads * config.attentionHeadDim;
  return {
    names: 'diffusers',
    seed: config.seed,
    grid: tokenGrid('ditTransformer2d', sampleSize, patchSize),
    patchSize,
    inChannels,
    outChannels,
    channels,
    heads,
    hidden: 4 * channels,
    depth: config.numLayers,
    rows: config.numEmbedsAdaNorm + 1,
    qkvBias: config.attentionBias,
    epsilon: config.normEps,
    affine: config.normElementwiseAffine,
    approximate: config.activationFn === 'gelu' ? 'none' : 'tanh',
  };
}
