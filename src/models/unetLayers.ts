import type { ActivationName } from '../layers/activation.js';
import { Conv2d } from '../layers/Conv2d.js';
import { Downsample2d } from '../layers/Downsample2d.js';
import { GroupNorm } from '../layers/GroupNorm.js';
import { ResnetBlock2d, type ResnetBlock2dConfig } from '../layers/ResnetBlock2d.js';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { Upsample2d } from '../layers/Upsample2d.js';

/** One resolution of a U-Net on its way down or up, or its middle. */
export interface UnetLevel {
  resnets: ResnetBlock2d[];
  /** None, or as many as ResNet blocks; in the middle one. */
  attentions: SpecLayer[];
  /** What leads to the next resolution: a ResNet block takes the embedding as well. */
  sampler?: SpecLayer;
}

/** The layers of a U-Net of diffusers, not yet built: no tensor is allocated. */
export interface UnetLayers {
  convIn: Conv2d;
  /** Of the timestep, of classes and of what else joins the embedding, those that there are. */
  embeddings: SpecLayer[];
  down: UnetLevel[];
  middle?: UnetLevel;
  up: UnetLevel[];
  normOut: GroupNorm;
  convOut: Conv2d;
}

/** What a U-Net is made of, common to those of diffusers. */
export interface UnetSettings {
  seed: number;
  inChannels: number;
  outChannels: number;
  /** Channels of each resolution. */
  channels: readonly number[];
  /** ResNet blocks of each resolution on the way down; one more on the way up. */
  depths: readonly number[];
  downTypes: readonly string[];
  upTypes: readonly string[];
  embeddings: SpecLayer[];
  embeddingChannels: number;
  groups: number;
  epsilon: number;
  activation: ActivationName;
  outActivation: ActivationName;
  scaleShift: boolean;
  dropoutRate: number;
  /** Whether ResNet blocks lead to the next resolution also where a block's type is one with attention. */
  resnetSamplers: { down: boolean; up: boolean };
  padding: 'around' | 'after';
  center: boolean;
  kernels: readonly [input: number, output: number];
  sizeMultiple: number;
  /** Absent: there is no middle. */
  middle?: { scaleFactor: number; attention: boolean };
  /** An attention layer of a resolution. */
  attention(name: string, level: number, inMiddle: boolean): SpecLayer;
}

/** Makes the layers of a U-Net. Their specifications are what is counted, built and mapped to torch. */
export function unetLayers(settings: UnetSettings): UnetLayers {
  const { seed, channels, depths, embeddingChannels, groups, epsilon, activation, scaleShift } = settings;
  const last = channels.length - 1;
  let dropoutIndex = 0;
  const resnet = (
    name: string,
    [inChannels, outChannels]: readonly [number, number],
    extra: Partial<ResnetBlock2dConfig> = {},
  ) => {
    const shared = { seed, embeddingChannels, groups, epsilon, activation, scaleShift };
    const dropout = { dropoutRate: settings.dropoutRate, dropoutIndex: dropoutIndex++ };
    return new ResnetBlock2d({ name, inChannels, outChannels, ...shared, ...dropout, ...extra });
  };
  const attentionsOf = (name: string, type: string, level: number, count: number) =>
    type.includes('Attn')
      ? Array.from({ length: count }, (_, i) => settings.attention(`${name}.attentions.${i}`, level, false))
      : [];
  const isResnet = (type: string, onAttention: boolean) =>
    type.startsWith('Resnet') || (onAttention && type.startsWith('Attn'));

  const down = channels.map((outChannels, level): UnetLevel => {
    const [name, type] = [`down_blocks.${level}`, settings.downTypes[level]];
    const from = channels[Math.max(level - 1, 0)];
    const resnets = Array.from({ length: depths[level] }, (_, i) =>
      resnet(`${name}.resnets.${i}`, [i === 0 ? from : outChannels, outChannels]),
    );
    const attentions = attentionsOf(name, type, level, resnets.length);
    if (level === last) return { resnets, attentions };
    const to = `${name}.downsamplers.0`;
    const sampler = isResnet(type, settings.resnetSamplers.down)
      ? resnet(to, [outChannels, outChannels], { resample: 'down' })
      : new Downsample2d({ name: to, seed, channels: outChannels, padding: settings.padding });
    return { resnets, attentions, sampler };
  });

  const deepest = channels[last];
  const middle = settings.middle && {
    resnets: [0, 1].map((i) =>
      resnet(`mid_block.resnets.${i}`, [deepest, deepest], {
        outputScaleFactor: settings.middle?.scaleFactor,
      }),
    ),
    attentions: settings.middle.attention ? [settings.attention('mid_block.attentions.0', last, true)] : [],
  };

  const up = channels.map((_, position): UnetLevel => {
    const level = last - position;
    const [name, type, outChannels] = [`up_blocks.${position}`, settings.upTypes[position], channels[level]];
    const from = channels[Math.min(level + 1, last)];
    const count = depths[level] + 1;
    const resnets = Array.from({ length: count }, (_, i) => {
      const skip = i === count - 1 ? channels[Math.max(level - 1, 0)] : outChannels;
      return resnet(`${name}.resnets.${i}`, [(i === 0 ? from : outChannels) + skip, outChannels]);
    });
    const attentions = attentionsOf(name, type, level, count);
    if (level === 0) return { resnets, attentions };
    const to = `${name}.upsamplers.0`;
    const sampler = isResnet(type, settings.resnetSamplers.up)
      ? resnet(to, [outChannels, outChannels], { resample: 'up' })
      : new Upsample2d({ name: to, seed, channels: outChannels });
    return { resnets, attentions, sampler };
  });

  const [kernelIn, kernelOut] = settings.kernels;
  return {
    convIn: new Conv2d({
      name: 'conv_in',
      seed,
      inChannels: settings.inChannels,
      outChannels: channels[0],
      kernelSize: kernelIn,
      center: settings.center,
      sizeMultiple: settings.sizeMultiple,
    }),
    embeddings: settings.embeddings,
    down,
    middle,
    up,
    normOut: new GroupNorm({
      name: 'conv_norm_out',
      channels: channels[0],
      groups,
      epsilon,
      activation: settings.outActivation,
    }),
    convOut: new Conv2d({
      name: 'conv_out',
      seed,
      inChannels: channels[0],
      outChannels: settings.outChannels,
      kernelSize: kernelOut,
    }),
  };
}

/** The layers of a U-Net in the order of diffusers' `state_dict`. */
export function unetLayerList({
  convIn,
  embeddings,
  down,
  middle,
  up,
  normOut,
  convOut,
}: UnetLayers): SpecLayer[] {
  const levels = [...down, ...up, ...(middle ? [middle] : [])];
  return [convIn, ...embeddings, ...levels.flatMap(levelLayers), normOut, convOut];
}

/** The layers of a resolution in that order. */
export function levelLayers({ resnets, attentions, sampler }: UnetLevel): SpecLayer[] {
  return [...attentions, ...resnets, ...(sampler ? [sampler] : [])];
}
