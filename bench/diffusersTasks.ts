import type { Measured } from './runMeasurement.js';

/** What a measurement of a task prints. */
export interface MeasuredTask extends Measured {
  /** Of all threads: on one thread it depends less on what else the machine does. */
  processorSecondsPerStep: number;
}

/** A network of diffusers, and what is timed of it. */
export interface DiffusersTask {
  /** The name in tables. */
  name: string;
  /** Of diffusers, and the factory here. */
  className: 'UNet2DModel' | 'UNet2DConditionModel' | 'AutoencoderKL';
  /** As in a `config.json`. */
  config: Record<string, unknown>;
  /** A step of training, a prediction as a sampler asks for it, or half of an autoencoder. */
  what: 'train' | 'predict' | 'encode' | 'decode';
  batch: number;
  /** Height and width of the input. */
  size: number;
}

/** 16.6 million parameters, class-conditional, with attention at 16² and 8². */
const unet2d = {
  ...{ sample_size: 64, in_channels: 4, out_channels: 4, num_class_embeds: 10 },
  ...{ block_out_channels: [64, 128, 192, 192], layers_per_block: 2, attention_head_dim: 8 },
  down_block_types: ['DownBlock2D', 'DownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D'],
  up_block_types: ['AttnUpBlock2D', 'AttnUpBlock2D', 'UpBlock2D', 'UpBlock2D'],
};

/** 21 million parameters, attending to tokens of 256 channels. */
const unet2dCondition = {
  ...{ sample_size: 64, in_channels: 4, out_channels: 4, cross_attention_dim: 256 },
  ...{ block_out_channels: [64, 128, 192, 192], layers_per_block: 2, attention_head_dim: 8 },
  down_block_types: ['DownBlock2D', 'DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D', 'UpBlock2D'],
};

/** A quarter of the width of Stable Diffusion's. */
const autoencoder = {
  ...{ sample_size: 256, in_channels: 3, out_channels: 3, latent_channels: 4, norm_num_groups: 32 },
  ...{ block_out_channels: [32, 64, 128, 128], layers_per_block: 2 },
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
};

const unets = [
  { name: 'unet2d, classes', className: 'UNet2DModel' as const, config: unet2d },
  { name: 'unet2dCondition, 77 tokens', className: 'UNet2DConditionModel' as const, config: unet2dCondition },
];
const kl = { className: 'AutoencoderKL' as const, config: autoencoder, batch: 1 };

export const diffusersTasks: DiffusersTask[] = [
  ...unets.map((unet) => ({ ...unet, what: 'train' as const, batch: 8, size: 64 })),
  ...unets.map((unet) => ({ ...unet, what: 'predict' as const, batch: 8, size: 64 })),
  { ...kl, name: 'autoencoderKl', what: 'encode', size: 256 },
  { ...kl, name: 'autoencoderKl', what: 'decode', size: 32 },
];

/** Tokens of a text, and their channels. */
export const TOKENS = [77, 256] as const;
