import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { type UpMode, upModes } from '../layers/UpconvBlock.js';
import { type DropoutType, dropoutTypes } from '../ops/dropout.js';

/** Configuration of {@link unetAttD}: the tutorial's `model_kwargs`, camelCased. */
export interface UnetAttDConfig {
  /** Bands in. Default 4. */
  inChannels?: number;
  /** Bands out, such as twice those in where the variance is learned too. Default as `inChannels`. */
  outChannels?: number;
  /**
   * Side of the cells of pixels that the network takes as channels, 1 or 2. With 2 it sees `torch.nn.PixelUnshuffle(2)`
   * of the image and its output goes through `torch.nn.PixelShuffle(2)`: a quarter of the pixels, so about four times
   * the images a second at the same widths, and twice the field of view. Default 1.
   *
   * Luhman and Luhman, "Improving Diffusion Model Efficiency Through Patching" (2022).
   */
  patchSize?: 1 | 2;
  /**
   * Channels of the six levels. Default [64, 256, 512, 1024, 2048, 4096], 636,757,747 parameters with the other
   * defaults.
   */
  filterConfig?: readonly number[];
  /** Convolutions in the block of each level. Default two each. */
  blockNum?: readonly number[];
  /** Dropout probability at the end of each block of more than one convolution, in [0, 1). Default 0.1. */
  dropoutRate?: number;
  /** Single values (`'traditional'`) or whole channels (`'spatial'`). Default `'traditional'`. */
  dropoutType?: DropoutType;
  /**
   * Probability that a training sample goes without a skip connection, in [0, 1): one for all five, or one each from
   * level 1 (the image's resolution) to level 5. The deeper levels then have to carry more of the image. Default 0.
   */
  skipDropRate?: number | readonly number[];
  /** How the decoder doubles its size. Default `'deconv_2'`. */
  upmode?: UpMode;
  /** Whether attention gates weigh the skip connections. Default true. */
  useSkipAtt?: boolean;
  /** Size of the sinusoidal timestep embedding. Default 128. */
  timeEmbeddingDim?: number;
  /** Height and width of the input, multiples of 32 · `patchSize`, where they are to be fixed. Default any. */
  size?: readonly [height: number, width: number];
  /** Seed of the initial weights and of dropout. Default 0. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type ResolvedUnetAttDConfig = Required<Omit<UnetAttDConfig, 'size'>> &
  Pick<UnetAttDConfig, 'size'> & { skipDropRate: readonly number[] };

/** Fills in the defaults of a configuration and checks it. */
export function resolveUnetAttDConfig(config: UnetAttDConfig): ResolvedUnetAttDConfig {
  const { skipDropRate = 0, inChannels = 4 } = config;
  const resolved: ResolvedUnetAttDConfig = {
    inChannels,
    outChannels: inChannels,
    patchSize: 1,
    filterConfig: [64, 256, 512, 1024, 2048, 4096],
    blockNum: [2, 2, 2, 2, 2, 2],
    dropoutRate: 0.1,
    dropoutType: 'traditional',
    upmode: 'deconv_2',
    useSkipAtt: true,
    timeEmbeddingDim: 128,
    seed: 0,
    ...Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)),
    skipDropRate: typeof skipDropRate === 'number' ? new Array<number>(5).fill(skipDropRate) : skipDropRate,
  };
  checkInteger('unetAttD: inChannels', resolved.inChannels, 1);
  checkInteger('unetAttD: outChannels', resolved.outChannels, 1);
  if (resolved.patchSize !== 1 && resolved.patchSize !== 2) {
    throw argumentError('unetAttD: patchSize', resolved.patchSize, '1 or 2');
  }
  for (const [key, most] of [
    ['filterConfig', 65536],
    ['blockNum', 100],
  ] as const) {
    const values = resolved[key];
    const isSide = (n: unknown) => Number.isInteger(n) && (n as number) > 0 && (n as number) <= most;
    if (!Array.isArray(values) || values.length !== 6 || !values.every(isSide)) {
      throw argumentError(
        `unetAttD: ${key}`,
        values,
        `a list of six positive integers up to ${most}, one a level`,
      );
    }
  }
  if (resolved.useSkipAtt && resolved.filterConfig[0] < 2) {
    throw argumentError('unetAttD: filterConfig[0]', resolved.filterConfig[0], 'at least 2 with useSkipAtt');
  }
  checkNumber('unetAttD: dropoutRate', resolved.dropoutRate, 0, 1 - 2 ** -24);
  checkOneOf('unetAttD: dropoutType', resolved.dropoutType, dropoutTypes);
  const isRate = (rate: unknown) => typeof rate === 'number' && rate >= 0 && rate < 1;
  if (
    !Array.isArray(resolved.skipDropRate) ||
    resolved.skipDropRate.length !== 5 ||
    !resolved.skipDropRate.every(isRate)
  ) {
    throw argumentError('unetAttD: skipDropRate', skipDropRate, 'a number in [0, 1), or a list of five');
  }
  checkOneOf('unetAttD: upmode', resolved.upmode, upModes);
  checkInteger('unetAttD: timeEmbeddingDim', resolved.timeEmbeddingDim, 1);
  checkInteger('unetAttD: seed', resolved.seed, 0);
  const multiple = 32 * resolved.patchSize;
  if (
    resolved.size &&
    !resolved.size.every((side) => Number.isInteger(side) && side > 0 && side % multiple === 0)
  ) {
    throw argumentError(
      'unetAttD: size',
      resolved.size,
      `[height, width] in positive multiples of ${multiple}`,
    );
  }
  return resolved;
}
