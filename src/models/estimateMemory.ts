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
}

/**
 * Estimates what a training step of `unetAttD` with Adam needs, before anything is allocated.
 *
 * Weights, gradients and moments are exact; activations are counted from the network's structure and right within a
 * third or so, since backends differ in what they keep.
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
  { batch, size, ema = false }: MemoryOptions,
): MemoryEstimate {
  const { filterConfig: filters, blockNum, inChannels, useSkipAtt } = resolveUnetAttDConfig(config);
  const { trainable, runningStatistics } = countParameters(config);
  let perPixel = 4 * inChannels;
  let scale = 1;
  for (let level = 0; level < 6; level++) {
    const channels = filters[level];
    // A convolution keeps its result and the one behind batch norm and ReLU; an encoder level has one block, a
    // decoder level another one, and the upsampled, the gated and the concatenated activation.
    let values = 2 * channels * blockNum[level];
    if (level < 5) {
      values += 2 * channels * blockNum[level] + 4 * channels;
      if (useSkipAtt) values += 9 * (level > 0 ? filters[level - 1] : channels / 2) + 2 * channels;
    }
    perPixel += values * scale;
    scale /= 4;
  }
  // As much again for the gradients of the activations, which tfjs keeps to the end of the backward pass.
  const activations = Math.round(4 * batch * size[0] * size[1] * perPixel * 2);
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
