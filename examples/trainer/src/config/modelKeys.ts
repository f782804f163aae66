import { block, flag, integer, integers, number, numberBelow, oneOf } from './schemaParts.js';

/** Keys about the diffusion and the network. */
export const modelKeys = {
  diffusion: block({
    timesteps: integer(2).default(1000).describe('Length of the noise schedule.'),
    noise_schedule: oneOf(['linear', 'cosine', 'squaredcos_cap_v2', 'scaled_linear', 'sigmoid'])
      .default('linear')
      .describe("Shape; `cosine` is the tutorial's, `squaredcos_cap_v2` the published one."),
    beta_start: number(0, 1).default(1e-6).describe('First variance.'),
    beta_end: number(0, 1).default(0.02).describe('Last variance.'),
  })
    .prefault({})
    .describe('Noise schedule.'),
  model: oneOf(['unet_att_d', 'unet2d', 'uVit', 'dit'])
    .default('unet_att_d')
    .describe(
      'Network; `unet2d` is the U-Net of diffusers, with the keys `block_out_channels` and those beside it; ' +
        '`uVit` and `dit` are transformers, with `token_size` and those beside it.',
    ),
  model_kwargs: block({
    filter_config: integers(1, 6)
      .default([64, 256, 512, 1024, 2048, 4096])
      .describe('Channels of the six levels.'),
    block_num: integers(1, 6)
      .default([2, 2, 2, 2, 2, 2])
      .describe('Convolutions in the block of each level.'),
    dropout_rate: numberBelow(0, 1)
      .default(0.1)
      .describe('At the end of each block of more than one convolution.'),
    dropout_type: oneOf(['traditional', 'spatial'])
      .default('traditional')
      .describe('Drops values or whole channels.'),
    upmode: oneOf(['fixed', 'deconv_1', 'deconv_2', 'DUC']).default('deconv_2').describe('Upsampling.'),
    use_skipAtt: flag().default(true).describe('Attention gates on the skip connections.'),
    time_embedding_dim: integer(1).default(128).describe('Size of the timestep embedding.'),
  })
    .prefault({})
    .describe('Arguments of the network.'),
};
