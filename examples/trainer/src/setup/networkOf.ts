import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Unet2dConfig, type UnetAttDConfig, unet2d, unetAttD } from 'diffusion-ssl/models';
import type { PretrainConfig } from '../config/PretrainConfig.js';
import { modelConfigOf } from './modelConfigOf.js';

/** A network that a run trains: what makes it, and with what. */
export type RunNetwork =
  | { factory: 'unetAttD'; config: UnetAttDConfig }
  | { factory: 'unet2d'; config: Unet2dConfig };

/** Channels of an attention head of `unet2d`, where there are so many. */
const HEAD = 32;

/** The network that a configuration names, for chips of a shape. */
export function networkOf(config: PretrainConfig, [height, width, bands]: readonly number[]): RunNetwork {
  if (config.model === 'unet_att_d') return { factory: 'unetAttD', config: modelConfigOf(config, bands) };
  const { blockOutChannels: channels, layersPerBlock, dropoutRate, seed } = config;
  const levels = channels.map((_, i) => i + 1);
  const attended = config.attentionLevels ?? levels.slice(-2);
  const kind = (level: number) => (attended.includes(level) ? 'Attn' : '');
  const isOfHeads = channels.every((n, i) => !kind(i + 1) || n % HEAD === 0);
  return {
    factory: 'unet2d',
    config: {
      sampleSize: height === width ? height : [height, width],
      inChannels: bands,
      outChannels: bands,
      blockOutChannels: channels,
      layersPerBlock,
      downBlockTypes: levels.map((level) => `${kind(level)}DownBlock2D`),
      upBlockTypes: levels.map((level) => `${kind(level)}UpBlock2D`).reverse(),
      addAttention: attended.includes(channels.length),
      attentionHeadDim: isOfHeads ? HEAD : null,
      normNumGroups: groupsOf(channels),
      dropout: dropoutRate,
      seed,
    },
  };
}

/** Makes a network, with its initial weights. */
export function buildNetwork({ factory, config }: RunNetwork): LayersModel {
  return factory === 'unet2d' ? unet2d(config) : unetAttD(config as UnetAttDConfig);
}

/** What the sides of chips must be multiples of. */
export function sizeMultipleOf({ model, patchSize, blockOutChannels }: PretrainConfig): number {
  return model === 'unet2d' ? 2 ** (blockOutChannels.length - 1) : 32 * patchSize;
}

/** The largest power of two up to 32 that divides the channels of all resolutions. */
function groupsOf(channels: readonly number[]): number {
  let groups = 32;
  while (channels.some((n) => n % groups !== 0)) groups /= 2;
  return groups;
}
