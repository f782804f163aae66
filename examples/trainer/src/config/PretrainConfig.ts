import type { BetaScheduleType, PredictionType } from 'diffusion-ssl/diffusion';
import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { NormalizationStrategy, StatisticsProcedure } from 'diffusion-ssl/normalization';
import type { LossRegion } from 'diffusion-ssl/training';
import type { BackendOptions } from './addBackendFlags.js';
import type { OptimizerFields } from './optimizerFields.js';
import type { SchedulerFields } from './schedulerFields.js';

/** Two numbers, the second at least the first; null leaves out what it is a range of. */
export type OptionalRange = [low: number, high: number] | null;

/** Fields of which null is a value of its own: the augmentation is left out. */
export const NULLABLE_FIELDS = [
  'scaleFactor',
  'rotationDegree',
  'bshiftGammaRange',
  'contrastRange',
  'brRange',
  'sigmaRange',
] as const;

/** Statistics of the training chips, a number a band: min and max for min_max, mean and std for z_value. */
export interface BandValues {
  min?: number[];
  max?: number[];
  mean?: number[];
  std?: number[];
}

/** Between noise and prediction; `'hybrid_light'` is alpha · mse + beta · ssim + gamma · KL. */
export const LOSS_NAMES = ['mse', 'l1', 'charbonnier', 'ssim', 'perceptual', 'hybrid_light'] as const;

/**
 * What decides the result of a run: saved in every checkpoint, and the same when a run is resumed.
 *
 * Fields that may be missing have no default of their own: what reads them has one.
 */
export interface PretrainConfig extends OptimizerFields, SchedulerFields {
  data?: string;
  catalog?: string;
  imageColumns: string[];
  /** Bands of a chip that the network gets, in its order: numbers from 1 on, and names; missing: all. */
  inputBands?: string[];
  /** Bands that a chip must have; missing: as many as the chips have. */
  channels?: number;
  /** Side in pixels that chips are cropped or padded to; missing: as they are. */
  size?: number;
  /** Windows of `size` of each row's rasters in place of one chip; missing: none. */
  windows?: 'random' | 'grid';
  /** Windows of a scene in an epoch; missing: as many as its area holds. */
  windowsPerScene?: number;
  /** Largest share of a window's pixels that may be missing; missing: the loader's. */
  maxMissing?: number;
  /** Border around each chip, in pixels: zeros, with `compat` readme what the raster has there. */
  buffer: number;
  /** Values that mark missing pixels; with `compat` readme one a band. */
  nodata: number[];
  onBadChip: 'error' | 'skip';

  normalization: NormalizationStrategy | 'none';
  statistics: StatisticsProcedure;
  /** File of statistics or the statistics themselves for gpb and gab; missing: taken from the training chips. */
  globalStats?: string | BandValues;
  /** Every so many pixels of a row and of a column count in the global statistics. */
  downfactor: number;
  /** Percent cut off at each tail before scaling; with `compat` readme the limit ± of scaled values. */
  clipPercent: number;

  /** `'all'`: rescale and crop, flips, rotation, gamma, contrast, brightness, noise, as the fields below say. */
  augmentation: 'none' | 'flips' | 'flips+rotation' | 'all';
  scaleFactor: OptionalRange;
  cropStrategy: 'center' | 'random';
  /**
   * Two numbers are a range in degrees, otherwise, and with `compat` readme, one of them is drawn; null: no rotation.
   */
  rotationDegree: number[] | null;
  bshiftGammaRange: OptionalRange;
  /** Gamma on a warped patch; with `compat` readme a small shift. */
  patchShift: boolean;
  contrastRange: OptionalRange;
  brRange: OptionalRange;
  sigmaRange: OptionalRange;

  epochs: number;
  batch: number;
  /** Missing: as `batch`. */
  validateBatch?: number;
  accumulate: number;
  /** Whether blocks are computed again in the backward pass: less memory, more time. */
  gradientCheckpointing: boolean;
  seed: number;
  loss: (typeof LOSS_NAMES)[number];
  /** Of `'hybrid_light'`. */
  lossWeights: { alpha: number; beta: number; gamma: number };
  /** Safetensors file of VGG16 for the loss `'perceptual'`. */
  perceptualWeights?: string;
  /** The three bands that the loss `'perceptual'` looks at, from 0. */
  perceptualBands: number[];
  /** What the network predicts; the training loss is taken of it. */
  predictionType: PredictionType;
  /** γ of the min-SNR weights of the training loss; 0: all timesteps weigh the same. */
  minSnrGamma: number;
  /** Power of the signal-to-noise ratio that the training loss is weighed by; 0: not. */
  snrPower: number;
  /** Standard deviation of what is added to each band of the training noise as a whole; 0: nothing. */
  noiseOffset: number;
  /** Share of the blocks of a training chip that the network does not see; 0: it sees all. */
  maskRatio: number;
  /** Side of those blocks, in pixels. */
  maskSize: number;
  /** How many bands of a training chip the network does not see. */
  maskBands: number;
  /** Share of the training chips of which something is masked. */
  maskShare: number;
  /** Where the training loss of a chip counts of which something is masked. */
  maskLoss: LossRegion;
  /** Share of the run, at its end, in which batch norm keeps to its running statistics and dropout rests. */
  freezeBatchNorm: number;
  clipNorm: number;
  emaDecay: number;
  /** Weights to start from. */
  paramsInit?: string;
  /** Epochs between checkpoints that are kept; 0: none is, besides the best and the latest. */
  checkpointInterval: number;

  timesteps: number;
  timestepSampling: 'stratified' | 'uniform';
  noiseSchedule: BetaScheduleType;
  betaStart: number;
  betaEnd: number;
  /** Whether the schedule is rescaled so that the last timestep is nothing but noise. */
  zeroTerminalSnr: boolean;

  /** The network: the tutorial's, the U-Net of diffusers, or a transformer. */
  model: 'unet_att_d' | 'unet2d' | 'uVit' | 'dit';
  patchSize: NonNullable<UnetAttDConfig['patchSize']>;
  filterConfig: number[];
  blockNum: number[];
  dropoutRate: number;
  dropoutType: NonNullable<UnetAttDConfig['dropoutType']>;
  /** One probability for all five skip connections, or one each, from the level of the image on. */
  skipDropRate: number[];
  upmode: NonNullable<UnetAttDConfig['upmode']>;
  attention: boolean;
  timeEmbeddingDim: number;
  /** Channels of each resolution of `'unet2d'`, from the image's own down. */
  blockOutChannels: number[];
  /** ResNet blocks of a resolution. */
  layersPerBlock: number;
  /** Resolutions with attention, from 1, the image's own, on; missing: the two deepest. */
  attentionLevels?: number[];
  /** Side of the patches that are tokens of `'uVit'` and `'dit'`, in pixels. */
  tokenSize: number;
  /** Channels of a token. */
  embedDim: number;
  /** Blocks. */
  depth: number;
  /** Heads of the attention. */
  numHeads: number;

  /** Columns of the catalog that the network is told, each with its kind: see `parseCondition`. */
  conditions: string[];
  /** Probability that a training chip goes without a condition: of each by itself, and of all at once. */
  conditionDropout: number;
  conditionDropoutAll: number;

  /** What the tutorial's code does, or what its README says, where the default here differs. */
  compat?: 'tutorial' | 'readme';
}

/** What may differ from one part of a run to the next. */
export interface RunOptions extends BackendOptions {
  /** Folder of the run; `save_dir` of a configuration file. */
  out?: string;
  /** Folder of the logs; missing: the folder of the run. */
  logDir?: string;
  resume: boolean;
  /** Whether a resumed run goes on with inputs that changed. */
  acceptChanges: boolean;
  /** Whether a folder may be taken from a process of another machine. */
  takeOver: boolean;
  workers?: number;
  checkpointSteps: number;
  /** Shell commands that are run after each checkpoint, and after each epoch. */
  onCheckpoint?: string;
  onEpoch?: string;
  /** Bands of the pictures: three for colours or one for grey; missing: the first three, or the first. */
  bands?: number[];
}
