import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import type { ActivationName } from '../layers/activation.js';
import { checkFixed, checkUnetConfig, perLevel, withDefaults } from './unetChecks.js';

/** Configuration of {@link unet2d}: the arguments of diffusers' `UNet2DModel`, camelCased, with its defaults. */
export interface Unet2dConfig {
  /** Height and width that it is meant for, which changes nothing. */
  sampleSize?: number | readonly number[] | null;
  /** Bands in. Default 3. */
  inChannels?: number;
  /** Bands out. Default as `inChannels`. */
  outChannels?: number;
  /** Whether chips in [0, 1] are first mapped to [-1, 1]. Default false. */
  centerInputSample?: boolean;
  /** Size of the timestep's embedding. Default four times the first of `blockOutChannels`. */
  timeEmbeddingDim?: number | null;
  /** What is subtracted from half in the exponent of the embedding's frequencies. Default 0. */
  freqShift?: number;
  /** Whether the cosines come first. Default true. */
  flipSinToCos?: boolean;
  /**
   * A block each resolution, from the image's own down: `'DownBlock2D'`, `'AttnDownBlock2D'` with attention, or
   * `'ResnetDownsampleBlock2D'`, which goes down by a ResNet block. Default attention in all but the first of four.
   */
  downBlockTypes?: readonly string[];
  /** Null: there is none. Default `'UNetMidBlock2D'`. */
  midBlockType?: 'UNetMidBlock2D' | null;
  /** From the deepest resolution up: `'UpBlock2D'`, `'AttnUpBlock2D'`, `'ResnetUpsampleBlock2D'`. */
  upBlockTypes?: readonly string[];
  /** Channels of each resolution, multiples of `normNumGroups`. Default [224, 448, 672, 896]. */
  blockOutChannels?: readonly number[];
  /** ResNet blocks of a resolution on the way down; one more on the way up. Default 2. */
  layersPerBlock?: number;
  /** What the sums in the middle are divided by. Default 1. */
  midBlockScaleFactor?: number;
  /** 1: zeros around the image where it is halved; 0: after its last row and column alone. Default 1. */
  downsamplePadding?: 0 | 1;
  /** How blocks with attention halve: by a convolution, or by a ResNet block. Default `'conv'`. */
  downsampleType?: 'conv' | 'resnet';
  /** How blocks with attention double. Default `'conv'`. */
  upsampleType?: 'conv' | 'resnet';
  /** Probability of dropping a value in each ResNet block, in [0, 1). Default 0. */
  dropout?: number;
  /** Of the ResNet blocks. The last activation is SiLU whatever it is. Default `'silu'`. */
  actFn?: ActivationName;
  /** Channels of an attention head. Null: one head. Default 8. */
  attentionHeadDim?: number | null;
  /** Groups of the norms. Default 32. */
  normNumGroups?: number;
  /**
   * Groups of the norm before the middle's attention. Default `normNumGroups`, and no norm with
   * `resnetTimeScaleShift` `'scale_shift'`.
   */
  attnNormNumGroups?: number | null;
  /** Added to the norms' variance. Default 1e-5. */
  normEps?: number;
  /** Whether the embedding is added within ResNet blocks, or scales and shifts. Default `'default'`. */
  resnetTimeScaleShift?: 'default' | 'scale_shift';
  /** Whether the middle has attention. Default true. */
  addAttention?: boolean;
  /** `'timestep'`: classes are numbers embedded like timesteps; `'identity'`: they are embeddings. Default null. */
  classEmbedType?: 'timestep' | 'identity' | null;
  /** Number of classes of a table, where `classEmbedType` is null. Default null: there are no classes. */
  numClassEmbeds?: number | null;
  /**
   * Whether numbers that go with an image join the timestep's embedding, each by an MLP of its own, as in DiffusionSat:
   * an input `metadata`, of what `encodeMetadata` gives. Default false.
   */
  useMetadata?: boolean;
  /** How many such numbers there are. Default 7, DiffusionSat's. */
  numMetadata?: number;
  /** Other embeddings of the timestep are not here. Default `'positional'`. */
  timeEmbeddingType?: 'positional';
  /** Without effect on this embedding. */
  numTrainTimesteps?: number | null;
  /** Seed of the initial weights and of dropout. Default 0. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type ResolvedUnet2dConfig = Required<Unet2dConfig>;

/** Fills in the defaults of a configuration and checks it. */
export function resolveUnet2dConfig(config: Unet2dConfig): ResolvedUnet2dConfig {
  const name = 'unet2d';
  const defaults: ResolvedUnet2dConfig = {
    sampleSize: null,
    inChannels: 3,
    outChannels: config.inChannels ?? 3,
    centerInputSample: false,
    timeEmbeddingType: 'positional',
    timeEmbeddingDim: null,
    freqShift: 0,
    flipSinToCos: true,
    downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D'],
    midBlockType: 'UNetMidBlock2D',
    upBlockTypes: ['AttnUpBlock2D', 'AttnUpBlock2D', 'AttnUpBlock2D', 'UpBlock2D'],
    blockOutChannels: [224, 448, 672, 896],
    layersPerBlock: 2,
    midBlockScaleFactor: 1,
    downsamplePadding: 1,
    downsampleType: 'conv',
    upsampleType: 'conv',
    dropout: 0,
    actFn: 'silu',
    attentionHeadDim: 8,
    normNumGroups: 32,
    attnNormNumGroups: null,
    normEps: 1e-5,
    resnetTimeScaleShift: 'default',
    addAttention: true,
    classEmbedType: null,
    numClassEmbeds: null,
    useMetadata: false,
    numMetadata: 7,
    numTrainTimesteps: null,
    seed: 0,
  };
  const resolved = withDefaults(name, config, defaults);
  // Null is a value of its own here, not one that is missing.
  if (config.attentionHeadDim === null) resolved.attentionHeadDim = null;
  if (config.midBlockType === null) resolved.midBlockType = null;
  checkUnetConfig(name, resolved, ['', 'Attn', 'Resnet']);
  checkFixed(name, resolved, { timeEmbeddingType: 'positional' });
  const { midBlockType, attentionHeadDim, attnNormNumGroups, classEmbedType, numClassEmbeds } = resolved;
  perLevel(`${name}: layersPerBlock`, resolved.layersPerBlock, 1);
  if (midBlockType !== null) checkOneOf(`${name}: midBlockType`, midBlockType, ['UNetMidBlock2D']);
  checkOneOf(`${name}: downsampleType`, resolved.downsampleType, ['conv', 'resnet']);
  checkOneOf(`${name}: upsampleType`, resolved.upsampleType, ['conv', 'resnet']);
  if (classEmbedType !== null)
    checkOneOf(`${name}: classEmbedType`, classEmbedType, ['timestep', 'identity']);
  if (numClassEmbeds !== null) checkInteger(`${name}: numClassEmbeds`, numClassEmbeds, 1);
  const deepest = resolved.blockOutChannels[resolved.blockOutChannels.length - 1];
  if (attnNormNumGroups !== null && !(attnNormNumGroups > 0 && deepest % attnNormNumGroups === 0)) {
    throw argumentError(`${name}: attnNormNumGroups`, attnNormNumGroups, `a divisor of ${deepest}, or null`);
  }
  if (attentionHeadDim !== null) {
    checkInteger(`${name}: attentionHeadDim`, attentionHeadDim, 1, Math.min(...attendedChannels(resolved)));
  }
  return resolved;
}

/** Channels of the resolutions that have attention. */
function attendedChannels({
  blockOutChannels,
  downBlockTypes,
  upBlockTypes,
  addAttention,
}: ResolvedUnet2dConfig) {
  const last = blockOutChannels.length - 1;
  const isAttended = (level: number) =>
    downBlockTypes[level].startsWith('Attn') ||
    upBlockTypes[last - level].startsWith('Attn') ||
    (addAttention && level === last);
  return [Number.MAX_SAFE_INTEGER, ...blockOutChannels.filter((_, level) => isAttended(level))];
}
