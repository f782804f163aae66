import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { type DitConfig, type ResolvedDitConfig, resolveDitConfig } from './DitConfig.js';
import { type DitSettings, ditLayerList, ditLayers } from './ditLayers.js';
import { layerParameters } from './layerParameters.js';
import { tokenGrid } from './tokenGrid.js';

/**
 * Every parameter of `dit` under its torch name, in the order of its authors' `state_dict`, without allocating any. The
 * fixed positions, `pos_embed`, are a buffer.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { countValues, ditParameters } from 'diffusion-ssl/models';
 *
 * console.log(countValues(ditParameters({ hiddenSize: 384, depth: 12, numHeads: 6 })).trainable); // 32865056
 * ```
 */
export function ditParameters(config: DitConfig = {}): ParameterSpec[] {
  return layerParameters(ditLayerList(ditLayers(ditSettings(resolveDitConfig(config)))));
}

/** What a configuration asks for. */
export function ditSettings(config: ResolvedDitConfig): DitSettings {
  const { inputSize, patchSize, inChannels, hiddenSize: channels, numClasses } = config;
  return {
    names: 'dit',
    seed: config.seed,
    grid: tokenGrid('dit', inputSize, patchSize),
    patchSize,
    inChannels,
    outChannels: inChannels * (config.learnSigma ? 2 : 1),
    channels,
    heads: config.numHeads,
    hidden: Math.floor(channels * config.mlpRatio),
    depth: config.depth,
    rows: numClasses === null ? undefined : numClasses + 1,
  };
}
