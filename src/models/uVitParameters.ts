import { Conv2d } from '../layers/Conv2d.js';
import { EmbeddingTable } from '../layers/EmbeddingTable.js';
import { LayerNorm } from '../layers/LayerNorm.js';
import { Linear } from '../layers/Linear.js';
import { normalValues, type ParameterSpec } from '../layers/ParameterSpec.js';
import { PatchEmbed } from '../layers/PatchEmbed.js';
import { TimestepMlp } from '../layers/TimestepMlp.js';
import { TokenSequence } from '../layers/TokenSequence.js';
import { VitBlock } from '../layers/VitBlock.js';
import { layerParameters } from './layerParameters.js';
import { tokenGrid } from './tokenGrid.js';
import { type ResolvedUVitConfig, resolveUVitConfig, type UVitConfig } from './UVitConfig.js';

/** The layers of a U-ViT that have parameters, not yet built: no tensor is allocated. */
export interface UVitLayers {
  tokens: TokenSequence;
  patchEmbed: PatchEmbed;
  /** None: the sinusoid alone. */
  time?: TimestepMlp;
  classes?: EmbeddingTable;
  context?: Linear;
  inBlocks: VitBlock[];
  middle: VitBlock;
  outBlocks: VitBlock[];
  norm: LayerNorm;
  decoder: Linear;
  final?: Conv2d;
}

/** nn.LayerNorm's, which no option changes. */
const EPSILON = 1e-5;

/**
 * Every parameter of `uVit` under its torch name, in the order of U-ViT's `state_dict`, without allocating any.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { countValues, uVitParameters } from 'diffusion-ssl/models';
 *
 * const small = { imgSize: 32, patchSize: 2, embedDim: 512, numHeads: 8 };
 * console.log(countValues(uVitParameters(small)).trainable); // 44255328
 * ```
 */
export function uVitParameters(config: UVitConfig = {}): ParameterSpec[] {
  const layers = uVitLayers(resolveUVitConfig(config));
  const { tokens, patchEmbed, time, classes, context, inBlocks, middle, outBlocks, norm, decoder, final } =
    layers;
  const list = [tokens, patchEmbed, time, classes, context, ...inBlocks, middle, ...outBlocks];
  return layerParameters([...list, norm, decoder, final].filter((layer) => layer !== undefined));
}

/** Makes the layers of a configuration. */
export function uVitLayers(config: ResolvedUVitConfig): UVitLayers {
  const { seed, embedDim: channels, patchSize, inChans, numClasses, clipDim } = config;
  const initialization = normalValues(0.02);
  const block = (name: string, skip: boolean) =>
    new VitBlock({
      name,
      seed,
      channels,
      heads: config.numHeads,
      hidden: Math.floor(channels * config.mlpRatio),
      qkvBias: config.qkvBias,
      epsilon: EPSILON,
      skip,
    });
  const blocks = (name: string, skip: boolean) =>
    Array.from({ length: Math.floor(config.depth / 2) }, (_, i) => block(`${name}.${i}`, skip));
  const isOfClasses = numClasses > 0;
  return {
    tokens: new TokenSequence({
      name: 'tokens',
      seed,
      channels,
      grid: tokenGrid('uVit', config.imgSize, patchSize),
      given: 1 + Number(isOfClasses) + (clipDim === null ? 0 : config.numClipToken),
      rule: 'timm',
    }),
    patchEmbed: new PatchEmbed({ name: 'patch_embed', seed, inChannels: inChans, channels, patchSize }),
    time: config.mlpTimeEmbed
      ? new TimestepMlp({
          name: 'time_embed',
          seed,
          inFeatures: channels,
          hidden: 4 * channels,
          channels,
          names: ['0', '2'],
          initialization,
          sinusoid: sinusoidOf(channels),
        })
      : undefined,
    classes: isOfClasses
      ? new EmbeddingTable({ name: 'label_emb', seed, rows: numClasses, channels })
      : undefined,
    context:
      clipDim === null
        ? undefined
        : new Linear({
            name: 'context_embed',
            seed,
            inFeatures: clipDim,
            outFeatures: channels,
            initialization,
          }),
    inBlocks: blocks('in_blocks', false),
    middle: block('mid_block', false),
    outBlocks: blocks('out_blocks', config.skip),
    norm: new LayerNorm({ name: 'norm', channels, epsilon: EPSILON }),
    decoder: new Linear({
      name: 'decoder_pred',
      seed,
      inFeatures: channels,
      outFeatures: patchSize ** 2 * inChans,
      initialization,
    }),
    final: config.conv
      ? new Conv2d({ name: 'final_layer', seed, inChannels: inChans, outChannels: inChans })
      : undefined,
  };
}

/** How timesteps are embedded: cosines first. */
export const sinusoidOf = (dim: number) => ({ dim, flipSinToCos: true, freqShift: 0 });
