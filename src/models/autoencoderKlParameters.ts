import { AttentionBlock2d } from '../layers/AttentionBlock2d.js';
import { Conv2d } from '../layers/Conv2d.js';
import { Downsample2d } from '../layers/Downsample2d.js';
import { GroupNorm } from '../layers/GroupNorm.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { ResnetBlock2d } from '../layers/ResnetBlock2d.js';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { Upsample2d } from '../layers/Upsample2d.js';
import {
  type AutoencoderKlConfig,
  type ResolvedAutoencoderKlConfig,
  resolveAutoencoderKlConfig,
} from './AutoencoderKlConfig.js';
import { layerParameters } from './layerParameters.js';
import { levelLayers, type UnetLevel } from './unetLayers.js';

/** The norms' epsilon, which no option changes. */
const EPSILON = 1e-6;

/** The layers of an encoder or a decoder, not yet built. */
export interface CoderLayers {
  convIn: Conv2d;
  /** In the order in which they are applied; the middle, which is the last of an encoder, apart. */
  levels: UnetLevel[];
  middle: UnetLevel;
  normOut: GroupNorm;
  convOut: Conv2d;
}

/** The layers of an autoencoder. */
export interface AutoencoderLayers {
  encoder: CoderLayers;
  decoder: CoderLayers;
  quantConv?: Conv2d;
  postQuantConv?: Conv2d;
}

/**
 * Every parameter of `autoencoderKl` under its torch name, in the order of diffusers' `state_dict`, without allocating
 * any.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { autoencoderKlParameters, countValues } from 'diffusion-ssl/models';
 *
 * const specs = autoencoderKlParameters({ blockOutChannels: [128, 256, 512, 512], layersPerBlock: 2 });
 * console.log(countValues(specs).trainable); // 83653863, as the autoencoder of Stable Diffusion has
 * ```
 */
export function autoencoderKlParameters(config: AutoencoderKlConfig = {}): ParameterSpec[] {
  const { encoder, decoder, quantConv, postQuantConv } = autoencoderKlLayers(
    resolveAutoencoderKlConfig(config),
  );
  const coder = (name: string, { convIn, levels, middle, normOut, convOut }: CoderLayers) =>
    layerParameters([convIn, ...[...levels, middle].flatMap(levelLayers), normOut, convOut]).map((spec) => ({
      ...spec,
      name: `${name}.${spec.name}`,
    }));
  const between = [quantConv, postQuantConv].filter((layer): layer is Conv2d => layer !== undefined);
  return [...coder('encoder', encoder), ...coder('decoder', decoder), ...layerParameters(between)];
}

/** Makes the layers of a configuration. */
export function autoencoderKlLayers(config: ResolvedAutoencoderKlConfig): AutoencoderLayers {
  const { blockOutChannels: channels, latentChannels, layersPerBlock, seed } = config;
  const last = channels.length - 1;
  const convolution = (
    name: string,
    [inChannels, outChannels]: readonly [number, number],
    kernelSize: number,
  ) => new Conv2d({ name, seed, inChannels, outChannels, kernelSize });
  const between = (name: string, size: number) => convolution(name, [size, size], 1);
  const encoder = coderLayers(config, {
    ends: [config.inChannels, 2 * latentChannels],
    sizeMultiple: 2 ** last,
    levels: channels.map((to, level) => ({
      name: `down_blocks.${level}`,
      from: channels[Math.max(level - 1, 0)],
      to,
      depth: layersPerBlock,
      sampler: level < last ? 'downsamplers.0' : undefined,
    })),
  });
  const decoder = coderLayers(config, {
    ends: [latentChannels, config.outChannels],
    sizeMultiple: 1,
    levels: channels.map((_, position) => ({
      name: `up_blocks.${position}`,
      from: channels[Math.min(last - position + 1, last)],
      to: channels[last - position],
      depth: layersPerBlock + 1,
      sampler: position < last ? 'upsamplers.0' : undefined,
    })),
  });
  return {
    encoder,
    decoder,
    quantConv: config.useQuantConv ? between('quant_conv', 2 * latentChannels) : undefined,
    postQuantConv: config.usePostQuantConv ? between('post_quant_conv', latentChannels) : undefined,
  };
}

interface CoderSettings {
  /** Channels in and out. */
  ends: readonly [number, number];
  sizeMultiple: number;
  levels: { name: string; from: number; to: number; depth: number; sampler?: string }[];
}

function coderLayers(
  {
    seed: own,
    normNumGroups: groups,
    actFn: activation,
    blockOutChannels,
    midBlockAddAttention,
  }: ResolvedAutoencoderKlConfig,
  { ends, sizeMultiple, levels }: CoderSettings,
): CoderLayers {
  const isDecoder = levels[0].name.startsWith('up');
  // Both have layers of the same names, by which the initial values are drawn.
  const seed = isDecoder ? own + 1 : own;
  const deepest = blockOutChannels[blockOutChannels.length - 1];
  const [first, final] = [isDecoder ? deepest : blockOutChannels[0], levels[levels.length - 1].to];
  const resnet = (name: string, [inChannels, outChannels]: readonly [number, number]) =>
    new ResnetBlock2d({ name, seed, inChannels, outChannels, groups, epsilon: EPSILON, activation });
  const sampler = (name: string, channels: number): SpecLayer =>
    isDecoder
      ? new Upsample2d({ name, seed, channels })
      : new Downsample2d({ name, seed, channels, padding: 'after' });
  const attention = {
    name: 'mid_block.attentions.0',
    seed,
    channels: deepest,
    heads: 1,
    groups,
    epsilon: EPSILON,
  };
  return {
    convIn: new Conv2d({ name: 'conv_in', seed, inChannels: ends[0], outChannels: first, sizeMultiple }),
    levels: levels.map(({ name, from, to, depth, sampler: next }) => ({
      resnets: Array.from({ length: depth }, (_, i) =>
        resnet(`${name}.resnets.${i}`, [i === 0 ? from : to, to]),
      ),
      attentions: [],
      sampler: next && sampler(`${name}.${next}`, to),
    })) as UnetLevel[],
    middle: {
      resnets: [0, 1].map((i) => resnet(`mid_block.resnets.${i}`, [deepest, deepest])),
      attentions: midBlockAddAttention ? [new AttentionBlock2d(attention)] : [],
    },
    normOut: new GroupNorm({
      name: 'conv_norm_out',
      channels: final,
      groups,
      epsilon: EPSILON,
      activation: 'silu',
    }),
    convOut: new Conv2d({ name: 'conv_out', seed, inChannels: final, outChannels: ends[1] }),
  };
}
