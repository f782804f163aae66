import { LayerNorm } from '../layers/LayerNorm.js';
import { Linear } from '../layers/Linear.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { PatchEmbed } from '../layers/PatchEmbed.js';
import { TokenSequence } from '../layers/TokenSequence.js';
import { VitBlock } from '../layers/VitBlock.js';
import { layerParameters } from './layerParameters.js';
import { tokenGrid } from './tokenGrid.js';
import { type ResolvedVitConfig, resolveVitConfig, type VitConfig } from './VitConfig.js';

/** The layers of a ViT that have parameters, not yet built: no tensor is allocated. */
export interface VitLayers {
  tokens: TokenSequence;
  patchEmbed: PatchEmbed;
  blocks: VitBlock[];
  /** Of all tokens, or of their mean. */
  norm: LayerNorm;
  /** None: features come out. */
  head?: Linear;
}

/**
 * Every parameter of `vit` under its torch name, in the order of timm's `state_dict`, without allocating any.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { countValues, vitParameters } from 'diffusion-ssl/models';
 *
 * const tiny = { imgSize: 448, inChans: 12, embedDim: 192, numHeads: 3 };
 * console.log(countValues(vitParameters(tiny)).trainable); // 6079680
 * ```
 */
export function vitParameters(config: VitConfig = {}): ParameterSpec[] {
  const { tokens, patchEmbed, blocks, norm, head } = vitLayers(resolveVitConfig(config));
  return layerParameters([tokens, patchEmbed, ...blocks, norm, ...(head ? [head] : [])]);
}

/** Makes the layers of a configuration. */
export function vitLayers(config: ResolvedVitConfig): VitLayers {
  const { seed, embedDim: channels, depth, normEps: epsilon, numClasses } = config;
  return {
    tokens: new TokenSequence({
      name: 'tokens',
      seed,
      channels,
      grid: tokenGrid('vit', config.imgSize, config.patchSize),
      classToken: true,
      registers: config.regTokens,
      patchesOnly: config.noEmbedClass,
      rule: config.positionRule,
    }),
    patchEmbed: new PatchEmbed({
      name: 'patch_embed',
      seed,
      inChannels: config.inChans,
      channels,
      patchSize: config.patchSize,
    }),
    blocks: Array.from(
      { length: depth },
      (_, i) =>
        new VitBlock({
          name: `blocks.${i}`,
          seed,
          channels,
          heads: config.numHeads,
          hidden: Math.floor(channels * config.mlpRatio),
          qkvBias: config.qkvBias,
          epsilon,
          layerScale: config.initValues ?? undefined,
          dropPathRate: depth > 1 ? (config.dropPathRate * i) / (depth - 1) : config.dropPathRate,
          dropoutIndex: 2 * i,
        }),
    ),
    norm: new LayerNorm({ name: config.globalPool === 'avg' ? 'fc_norm' : 'norm', channels, epsilon }),
    head:
      numClasses > 0
        ? new Linear({
            name: 'head',
            seed,
            inFeatures: channels,
            outFeatures: numClasses,
            initialization: { type: 'normal', std: 0.02 },
          })
        : undefined,
  };
}
