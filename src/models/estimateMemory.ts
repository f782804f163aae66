import { countParameters } from './countParameters.js';
import { resolveUnetAttDConfig, type UnetAttDConfig } from './UnetAttDConfig.js';

/** What training needs, in bytes; see {@link estimateMemory}. */
export interface MemoryEstimate {
  /** Weights and running statistics. */
  weights: number;
  gradients: number;
  /** The two moments of Adam. */
  moments: number;
  /** A moving average of the weights, if there is one. */
  ema: number;
  /** Activations kept for the backward pass, and their gradients. */
  activations: number;
  total: number;
}

/** Options of {@link estimateMemory}. */
export interface MemoryOptions {
  batch: number;
  /** Height and width of the images, in pixels. */
  size: readonly [height: number, width: number];
  /** Whether a moving average of the weights is kept. Default false. */
  ema?: boolean;
  /** Whether blocks are computed again in the backward pass, see `enableGradientCheckpointing`. Default false. */
  gradientCheckpointing?: boolean;
}

/**
 * Values that the engine holds at the peak of a step, for each pixel of a level: the activations, and the gradients of
 * activations, which it keeps to the end of the backward pass.
 *
 * Each is by how much the peak of a step grew, a pixel and channel, when networks of 4 to 32 channels a level were
 * given one part or channel more (batch 2, 64 × 64 pixels, wasm with stock operations). With them the peak of whole
 * steps is hit to a few percent; the kernels of this package hold a sixth less.
 */
const VALUES = {
  /** The batch, its noise and what a loss makes of them: a band of the chip. */
  band: 11,
  /** A convolution of a block, with batch normalisation and ReLU. */
  convolution: 5,
  /** Dropout at the end of a block. */
  dropout: 2,
  /** Upsampling, the skip connection and their concatenation: a channel of the level they lead to. */
  upsampling: { fixed: 12, deconv_1: 13, deconv_2: 13, DUC: 17 },
  /** Interpolation and batch normalisation of `'fixed'`: a channel of the level they come from. */
  interpolated: 4.5,
  /** An attention gate: a channel within it, a channel of the level, and its map of weights. */
  attention: { between: 13, channel: 6, map: 6 },
  /** A skip connection that training may drop. */
  skipDropout: 1,
};

/** What is left of {@link VALUES} of what is computed again: a block, a gate, and less of what leads to a level. */
const CHECKPOINTED = { block: 2.5, attention: 3, upsampling: -4 };

/**
 * Estimates what a training step of `unetAttD` with Adam needs, before anything is allocated.
 *
 * Weights, gradients and moments are exact; activations are counted from the network's structure by constants that were
 * measured, and hit what the tests measure to a quarter. With gradient checkpointing they are up to two fifths more.
 * What a backend takes on top, such as its own workspace, is not in it.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { estimateMemory } from 'diffusion-ssl/models';
 *
 * const { total } = estimateMemory({}, { batch: 40, size: [224, 224] });
 * console.log(total > 40 * 2 ** 30); // true: tens of GiB
 * ```
 */
export function estimateMemory(
  config: UnetAttDConfig,
  { batch, size, ema = false, gradientCheckpointing = false }: MemoryOptions,
): MemoryEstimate {
  const resolved = resolveUnetAttDConfig(config);
  const {
    filterConfig: filters,
    blockNum,
    inChannels,
    patchSize,
    useSkipAtt,
    dropoutRate,
    skipDropRate,
    upmode,
  } = resolved;
  const { trainable, runningStatistics } = countParameters(config);
  let values = VALUES.band * inChannels;
  let scale = 1 / patchSize ** 2;
  let largest = 0;
  for (let level = 0; level < 6; level++) {
    const channels = filters[level];
    const dropout = dropoutRate > 0 && blockNum[level] > 1 ? VALUES.dropout : 0;
    const block = channels * (VALUES.convolution * blockNum[level] + dropout);
    const keptBlock = gradientCheckpointing ? channels * CHECKPOINTED.block : block;
    let ofLevel = keptBlock;
    let gate = 0;
    if (level < 5) {
      const { between, channel, map } = VALUES.attention;
      const betweenChannels = level > 0 ? filters[level - 1] : Math.floor(channels / 2);
      const upsampling = VALUES.upsampling[upmode] + (gradientCheckpointing ? CHECKPOINTED.upsampling : 0);
      ofLevel += keptBlock + upsampling * channels;
      if (upmode === 'fixed') ofLevel += VALUES.interpolated * filters[level + 1];
      if (useSkipAtt) gate = between * betweenChannels + channel * channels + map;
      if (useSkipAtt && gradientCheckpointing) ofLevel += CHECKPOINTED.attention * channels;
      if (!gradientCheckpointing) ofLevel += gate;
      if (skipDropRate[level] > 0) ofLevel += VALUES.skipDropout * channels;
    }
    values += ofLevel * scale;
    largest = Math.max(largest, Math.max(block, gate) * scale);
    scale /= 4;
  }
  // One block or gate at a time is held as without.
  if (gradientCheckpointing) values += largest;
  const activations = Math.round(4 * batch * size[0] * size[1] * values);
  const weights = 4 * (trainable + runningStatistics);
  const parts = {
    weights,
    gradients: 4 * trainable,
    moments: 8 * trainable,
    ema: ema ? weights : 0,
    activations,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}
