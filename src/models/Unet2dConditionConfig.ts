import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import type { ActivationName } from '../layers/activation.js';
import { checkFixed, checkUnetConfig, perLevel, withDefaults } from './unetChecks.js';

/**
 * Configuration of {@link unet2dCondition}: the arguments of diffusers' `UNet2DConditionModel`, camelCased, with its
 * defaults. Those below `seed` are known, and have no other value here.
 */
export interface Unet2dConditionConfig {
  /** Height and width that it is meant for, which changes nothing. */
  sampleSize?: number | readonly number[] | null;
  /** Channels in. Default 4. */
  inChannels?: number;
  /** Channels out. Default 4. */
  outChannels?: number;
  /** Whether images in [0, 1] are first mapped to [-1, 1]. Default false. */
  centerInputSample?: boolean;
  /** Whether the cosines of the timestep's embedding come first. Default true. */
  flipSinToCos?: boolean;
  /** What is subtracted from half in the exponent of the embedding's frequencies. Default 0. */
  freqShift?: number;
  /** A block each resolution: `'CrossAttnDownBlock2D'` or `'DownBlock2D'`. Default the former in three of four. */
  downBlockTypes?: readonly string[];
  /** Null: there is none. Default `'UNetMidBlock2DCrossAttn'`. */
  midBlockType?: 'UNetMidBlock2DCrossAttn' | null;
  /** From the deepest resolution up: `'UpBlock2D'` or `'CrossAttnUpBlock2D'`. Default the latter in three of four. */
  upBlockTypes?: readonly string[];
  /** Channels of each resolution, multiples of `normNumGroups`. Default [320, 640, 1280, 1280]. */
  blockOutChannels?: readonly number[];
  /** ResNet blocks of a resolution on the way down; one more on the way up. One number or one each. Default 2. */
  layersPerBlock?: number | readonly number[];
  /** 1: zeros around the image where it is halved; 0: after its last row and column alone. Default 1. */
  downsamplePadding?: 0 | 1;
  /** What the sums of the middle's ResNet blocks are divided by. Default 1. */
  midBlockScaleFactor?: number;
  /** Probability of dropping a value in each ResNet block, in [0, 1). Default 0. */
  dropout?: number;
  /** Default `'silu'`. */
  actFn?: ActivationName;
  /** Groups of the norms. Default 32. */
  normNumGroups?: number;
  /** Added to the variance of the ResNet blocks' norms. Default 1e-5. */
  normEps?: number;
  /** Channels of the tokens that are attended to: one number or one each resolution. Default 1280. */
  crossAttentionDim?: number | readonly number[];
  /** Transformer blocks of an attention layer: one number or one each resolution. Default 1. */
  transformerLayersPerBlock?: number | readonly number[];
  /** **Number of heads**, whatever its name says, which is diffusers': one or one each resolution. Default 8. */
  attentionHeadDim?: number | readonly number[];
  /** Whether the way into the transformer blocks is a linear layer in the files, or a convolution. Default false. */
  useLinearProjection?: boolean;
  /**
   * `'timestep'`: classes are numbers embedded like timesteps; `'projection'` and `'simple_projection'`: vectors of
   * `projectionClassEmbeddingsInputDim`; `'identity'`: they are embeddings. Default null.
   */
  classEmbedType?: 'timestep' | 'identity' | 'projection' | 'simple_projection' | null;
  /** `'text_time'`: a text's embedding and numbers join the timestep's, as in SDXL. Default null. */
  additionEmbedType?: 'text_time' | null;
  /** Size of each such number's embedding. */
  additionTimeEmbedDim?: number | null;
  /** Number of classes of a table, where `classEmbedType` is null. Default null: there are no classes. */
  numClassEmbeds?: number | null;
  /**
   * Whether numbers that go with an image join the timestep's embedding, each by an MLP of its own, as in DiffusionSat:
   * an input `metadata`, of what `encodeMetadata` gives. Default false.
   */
  useMetadata?: boolean;
  /** How many such numbers there are. Default 7, DiffusionSat's. */
  numMetadata?: number;
  /** Without effect: everything is computed in float32. */
  upcastAttention?: boolean;
  /** Whether the embedding is added within ResNet blocks, or scales and shifts. Default `'default'`. */
  resnetTimeScaleShift?: 'default' | 'scale_shift';
  /** Size of the timestep's embedding. Default four times the first of `blockOutChannels`. */
  timeEmbeddingDim?: number | null;
  /** Side of the first convolution. Default 3. */
  convInKernel?: number;
  /** Side of the last convolution. Default 3. */
  convOutKernel?: number;
  /** Size of class vectors, or of text embedding and numbers' embeddings together. */
  projectionClassEmbeddingsInputDim?: number | null;
  /** Seed of the initial weights and of dropout. Default 0. */
  seed?: number;
  onlyCrossAttention?: false;
  reverseTransformerLayersPerBlock?: null;
  encoderHidDim?: null;
  encoderHidDimType?: null;
  numAttentionHeads?: null;
  dualCrossAttention?: false;
  resnetSkipTimeAct?: false;
  resnetOutScaleFactor?: 1;
  timeEmbeddingType?: 'positional';
  timeEmbeddingActFn?: null;
  timestepPostAct?: null;
  timeCondProjDim?: null;
  attentionType?: 'default';
  classEmbeddingsConcat?: false;
  midBlockOnlyCrossAttention?: false | null;
  crossAttentionNorm?: null;
  /** Without effect on `'text_time'`. */
  additionEmbedTypeNumHeads?: number;
}

/** A configuration with every default filled in. */
export type ResolvedUnet2dConditionConfig = Required<Unet2dConditionConfig> & {
  layersPerBlock: number[];
  crossAttentionDim: number[];
  transformerLayersPerBlock: number[];
  attentionHeadDim: number[];
};

/** What has one value here. */
const FIXED = {
  onlyCrossAttention: false,
  reverseTransformerLayersPerBlock: null,
  encoderHidDim: null,
  encoderHidDimType: null,
  numAttentionHeads: null,
  dualCrossAttention: false,
  resnetSkipTimeAct: false,
  resnetOutScaleFactor: 1,
  timeEmbeddingType: 'positional',
  timeEmbeddingActFn: null,
  timestepPostAct: null,
  timeCondProjDim: null,
  attentionType: 'default',
  classEmbeddingsConcat: false,
  crossAttentionNorm: null,
} as const;

/** Fills in the defaults of a configuration and checks it. */
export function resolveUnet2dConditionConfig(config: Unet2dConditionConfig): ResolvedUnet2dConditionConfig {
  const name = 'unet2dCondition';
  const defaults: Required<Unet2dConditionConfig> = {
    sampleSize: null,
    inChannels: 4,
    outChannels: 4,
    centerInputSample: false,
    flipSinToCos: true,
    freqShift: 0,
    downBlockTypes: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
    midBlockType: 'UNetMidBlock2DCrossAttn',
    upBlockTypes: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
    blockOutChannels: [320, 640, 1280, 1280],
    layersPerBlock: 2,
    downsamplePadding: 1,
    midBlockScaleFactor: 1,
    dropout: 0,
    actFn: 'silu',
    normNumGroups: 32,
    normEps: 1e-5,
    crossAttentionDim: 1280,
    transformerLayersPerBlock: 1,
    attentionHeadDim: 8,
    useLinearProjection: false,
    classEmbedType: null,
    additionEmbedType: null,
    additionTimeEmbedDim: null,
    numClassEmbeds: null,
    useMetadata: false,
    numMetadata: 7,
    upcastAttention: false,
    resnetTimeScaleShift: 'default',
    timeEmbeddingDim: null,
    convInKernel: 3,
    convOutKernel: 3,
    projectionClassEmbeddingsInputDim: null,
    seed: 0,
    midBlockOnlyCrossAttention: null,
    additionEmbedTypeNumHeads: 64,
    ...FIXED,
  };
  const filled = withDefaults(name, config, defaults);
  // Null is a value of its own here, not one that is missing.
  if (config.midBlockType === null) filled.midBlockType = null;
  checkUnetConfig(name, filled, ['', 'CrossAttn']);
  checkFixed(name, filled, FIXED);
  if (filled.midBlockOnlyCrossAttention) checkFixed(name, filled, { midBlockOnlyCrossAttention: false });
  const levels = filled.blockOutChannels.length;
  const listed = (
    key: 'layersPerBlock' | 'crossAttentionDim' | 'transformerLayersPerBlock' | 'attentionHeadDim',
  ) => perLevel(`${name}: ${key}`, filled[key], levels);
  const resolved: ResolvedUnet2dConditionConfig = {
    ...filled,
    layersPerBlock: listed('layersPerBlock'),
    crossAttentionDim: listed('crossAttentionDim'),
    transformerLayersPerBlock: listed('transformerLayersPerBlock'),
    attentionHeadDim: listed('attentionHeadDim'),
  };
  checkEmbeddings(name, resolved);
  for (const key of ['convInKernel', 'convOutKernel'] as const) {
    if (!Number.isInteger(resolved[key]) || resolved[key] < 1 || resolved[key] % 2 === 0) {
      throw argumentError(`${name}: ${key}`, resolved[key], 'an odd positive integer');
    }
  }
  for (const [i, heads] of resolved.attentionHeadDim.entries()) {
    checkInteger(`${name}: attentionHeadDim, the number of heads,`, heads, 1, resolved.blockOutChannels[i]);
  }
  return resolved;
}

function checkEmbeddings(name: string, config: ResolvedUnet2dConditionConfig): void {
  const { midBlockType, classEmbedType, numClassEmbeds, additionEmbedType } = config;
  const { projectionClassEmbeddingsInputDim: inputDim, additionTimeEmbedDim } = config;
  const types = ['timestep', 'identity', 'projection', 'simple_projection'] as const;
  if (midBlockType !== null) checkOneOf(`${name}: midBlockType`, midBlockType, ['UNetMidBlock2DCrossAttn']);
  if (classEmbedType !== null) checkOneOf(`${name}: classEmbedType`, classEmbedType, types);
  if (numClassEmbeds !== null) checkInteger(`${name}: numClassEmbeds`, numClassEmbeds, 1);
  if (additionEmbedType !== null) {
    checkOneOf(`${name}: additionEmbedType`, additionEmbedType, ['text_time']);
    checkInteger(`${name}: additionTimeEmbedDim`, additionTimeEmbedDim ?? 0, 2);
  }
  if (additionEmbedType !== null || classEmbedType?.endsWith('projection')) {
    checkInteger(`${name}: projectionClassEmbeddingsInputDim`, inputDim ?? 0, 1);
  }
}
