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

/** Values a pixel and channel of a decoder level for upsampling, the skip connection and their concatenation. */
const UPSAMPLING_VALUES = { fixed: 17, deconv_1: 13, deconv_2: 13, DUC: 21 };

/**
 * Estimates what a training step of `unetAttD` with Adam needs, before anything is allocated.
 *
 * Weights, gradients and moments are exact; activations are counted from the network's structure and right within a
 * third or so. What a backend takes on top, such as its own workspace, is not in it.
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
  // Values a pixel of the image that the engine holds at the peak of a step, counted on small networks: the
  // activations, and the gradients of activations, which it keeps to the end of the backward pass.
  let values = 11 * inChannels;
  let scale = 1 / patchSize ** 2;
  for (let level = 0; level < 6; level++) {
    const channels = filters[level];
    const block = channels * (5 * blockNum[level] + (dropoutRate > 0 && blockNum[level] > 1 ? 4 : 0));
    let ofLevel = block;
    if (level < 5) {
      const inter = level > 0 ? filters[level - 1] : Math.floor(channels / 2);
      const attention = useSkipAtt ? 20 * inter + 5 * channels : 0;
      const dropping = skipDropRate[level] > 0 ? 2 * channels : 0;
      ofLevel += block + UPSAMPLING_VALUES[upmode] * channels + attention + dropping;
    }
    values += ofLevel * scale;
    scale /= 4;
  }
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
