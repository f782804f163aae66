import type { LayersModel } from '@tensorflow/tfjs-layers';
import {
  type DitConfig,
  dit,
  type Unet2dConfig,
  type UnetAttDConfig,
  type UVitConfig,
  unet2d,
  unetAttD,
  uVit,
} from 'diffusion-ssl/models';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import type { PretrainConfig } from '../config/PretrainConfig.js';
import { modelConfigOf } from './modelConfigOf.js';

/** A network that a run trains: what makes it, and with what. */
export type RunNetwork =
  | { factory: 'unetAttD'; config: UnetAttDConfig }
  | { factory: 'unet2d'; config: Unet2dConfig }
  | { factory: 'uVit'; config: UVitConfig }
  | { factory: 'dit'; config: DitConfig };

/** Channels of an attention head of `unet2d`, where there are so many. */
const HEAD = 32;

/** The network that a configuration names, for chips of a shape and what it is told of them. */
export function networkOf(
  config: PretrainConfig,
  shape: readonly number[],
  conditions: readonly ModelCondition[] = [],
): RunNetwork {
  switch (config.model) {
    case 'unet_att_d':
      return { factory: 'unetAttD', config: modelConfigOf(config, shape[2]) };
    case 'unet2d':
      return unet2dOf(config, shape, conditions);
    default:
      return transformerOf(config, shape);
  }
}

function transformerOf(config: PretrainConfig, [height, width, bands]: readonly number[]): RunNetwork {
  const { model, tokenSize: patchSize, embedDim, depth, numHeads, seed } = config;
  const size = [height, width] as const;
  const shared = { patchSize, depth, numHeads, seed };
  if (model === 'uVit')
    return { factory: 'uVit', config: { ...shared, imgSize: size, inChans: bands, embedDim } };
  const plain = { numClasses: null, learnSigma: false };
  return {
    factory: 'dit',
    config: { ...shared, inputSize: size, inChannels: bands, hiddenSize: embedDim, ...plain },
  };
}

function unet2dOf(
  config: PretrainConfig,
  [height, width, bands]: readonly number[],
  conditions: readonly ModelCondition[],
): RunNetwork {
  const { blockOutChannels: channels, layersPerBlock, dropoutRate, seed } = config;
  const imageBands = conditions.reduce((sum, one) => sum + ('bands' in one ? one.bands : 0), 0);
  const levels = channels.map((_, i) => i + 1);
  const attended = config.attentionLevels ?? levels.slice(-2);
  const kind = (level: number) => (attended.includes(level) ? 'Attn' : '');
  const isOfHeads = channels.every((n, i) => !kind(i + 1) || n % HEAD === 0);
  return {
    factory: 'unet2d',
    config: {
      sampleSize: height === width ? height : [height, width],
      inChannels: bands + imageBands,
      outChannels: bands,
      blockOutChannels: channels,
      layersPerBlock,
      downBlockTypes: levels.map((level) => `${kind(level)}DownBlock2D`),
      upBlockTypes: levels.map((level) => `${kind(level)}UpBlock2D`).reverse(),
      addAttention: attended.includes(channels.length),
      attentionHeadDim: isOfHeads ? HEAD : null,
      normNumGroups: groupsOf(channels),
      dropout: dropoutRate,
      ...conditionInputs(conditions),
      seed,
    },
  };
}

/** The inputs that conditions need: a class one index more, for none. */
function conditionInputs(conditions: readonly ModelCondition[]): Unet2dConfig {
  const ofClasses = conditions.find(({ kind }) => kind === 'class');
  const numbers = conditions.reduce((sum, condition) => {
    return condition.kind === 'number' ? sum + (condition.encoding === 'cyclic' ? 2 : 1) : sum;
  }, 0);
  return {
    ...(ofClasses?.kind === 'class' && { numClassEmbeds: ofClasses.classes.length + 1 }),
    ...(numbers > 0 && { useMetadata: true, numMetadata: numbers }),
  };
}

/** Makes a network, with its initial weights. */
export function buildNetwork(network: RunNetwork): LayersModel {
  switch (network.factory) {
    case 'unet2d':
      return unet2d(network.config);
    case 'uVit':
      return uVit(network.config);
    case 'dit':
      return dit(network.config);
    case 'unetAttD':
      return unetAttD(network.config);
  }
}

/** Bands of the chips that a network is of. */
export function bandsOf({ factory, config }: RunNetwork): number {
  if (factory === 'unet2d') return config.outChannels ?? 4;
  return (factory === 'uVit' ? config.inChans : config.inChannels) ?? 4;
}

/** What the sides of chips must be multiples of. */
export function sizeMultipleOf(config: PretrainConfig): number {
  const { model, patchSize, blockOutChannels, tokenSize } = config;
  if (model === 'unet_att_d') return 32 * patchSize;
  return model === 'unet2d' ? 2 ** (blockOutChannels.length - 1) : tokenSize;
}

/** The largest power of two up to 32 that divides the channels of all resolutions. */
function groupsOf(channels: readonly number[]): number {
  let groups = 32;
  while (channels.some((n) => n % groups !== 0)) groups /= 2;
  return groups;
}
