import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { type ActivationName, activationNames } from '../layers/activation.js';
import { checkFixed, perLevel, withDefaults } from './unetChecks.js';

/** Configuration of {@link autoencoderKl}: the arguments of diffusers' `AutoencoderKL`, camelCased. */
export interface AutoencoderKlConfig {
  /** Bands in. Default 3. */
  inChannels?: number;
  /** Bands out. Default as `inChannels`. */
  outChannels?: number;
  /** Each `'DownEncoderBlock2D'`, one a resolution. Default as many as `blockOutChannels`. */
  downBlockTypes?: readonly string[];
  /** Each `'UpDecoderBlock2D'`. Default as many as `blockOutChannels`. */
  upBlockTypes?: readonly string[];
  /** Channels of each resolution, multiples of `normNumGroups`; each but the last is halved. Default [64]. */
  blockOutChannels?: readonly number[];
  /** ResNet blocks of a resolution of the encoder; the decoder has one more. Default 1. */
  layersPerBlock?: number;
  /** Default `'silu'`. */
  actFn?: ActivationName;
  /** Default 4. */
  latentChannels?: number;
  /** Default 32. */
  normNumGroups?: number;
  /** Height and width that it is meant for, which changes nothing. */
  sampleSize?: number | readonly number[] | null;
  /** What latents are multiplied by before a diffusion model sees them; see `scaleLatents`. Default 0.18215. */
  scalingFactor?: number;
  /** What is subtracted from them before. Default 0. */
  shiftFactor?: number | null;
  /** Whether a convolution 1×1 follows the encoder. Default true. */
  useQuantConv?: boolean;
  /** Whether a convolution 1×1 precedes the decoder. Default true. */
  usePostQuantConv?: boolean;
  /** Whether the middles have attention. Default true. */
  midBlockAddAttention?: boolean;
  /** Without effect: everything is computed in float32. */
  forceUpcast?: boolean;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
  /** Has no other value here. */
  latentsMean?: null;
  /** Has no other value here. */
  latentsStd?: null;
}

/** A configuration with every default filled in. */
export type ResolvedAutoencoderKlConfig = Required<AutoencoderKlConfig>;

/** Fills in the defaults of a configuration and checks it. */
export function resolveAutoencoderKlConfig(config: AutoencoderKlConfig): ResolvedAutoencoderKlConfig {
  const name = 'autoencoderKl';
  const { blockOutChannels: given = [64] } = config;
  const levels = Array.isArray(given) ? given.length : 0;
  const defaults: ResolvedAutoencoderKlConfig = {
    inChannels: 3,
    outChannels: config.inChannels ?? 3,
    downBlockTypes: new Array<string>(levels).fill('DownEncoderBlock2D'),
    upBlockTypes: new Array<string>(levels).fill('UpDecoderBlock2D'),
    blockOutChannels: [64],
    layersPerBlock: 1,
    actFn: 'silu',
    latentChannels: 4,
    normNumGroups: 32,
    sampleSize: null,
    scalingFactor: 0.18215,
    shiftFactor: null,
    useQuantConv: true,
    usePostQuantConv: true,
    midBlockAddAttention: true,
    forceUpcast: true,
    seed: 0,
    latentsMean: null,
    latentsStd: null,
  };
  const resolved = withDefaults(name, config, defaults);
  const { blockOutChannels: channels, normNumGroups: groups } = resolved;
  for (const key of ['inChannels', 'outChannels', 'latentChannels', 'normNumGroups'] as const)
    checkInteger(`${name}: ${key}`, resolved[key], 1);
  if (levels === 0 || !channels.every((n) => n > 0 && n % groups === 0)) {
    const accepted = `a list of multiples of normNumGroups, ${groups}`;
    throw argumentError(`${name}: blockOutChannels`, channels, accepted);
  }
  for (const [key, type] of [
    ['downBlockTypes', 'DownEncoderBlock2D'],
    ['upBlockTypes', 'UpDecoderBlock2D'],
  ] as const) {
    if (!Array.isArray(resolved[key]) || resolved[key].length !== levels) {
      throw argumentError(
        `${name}: ${key}`,
        resolved[key],
        `a list of ${levels}, as many as blockOutChannels`,
      );
    }
    for (const given of resolved[key]) checkOneOf(`${name}: ${key}`, given, [type]);
  }
  perLevel(`${name}: layersPerBlock`, resolved.layersPerBlock, 1);
  checkOneOf(`${name}: actFn`, resolved.actFn, activationNames);
  checkNumber(`${name}: scalingFactor`, resolved.scalingFactor, 2 ** -60);
  if (resolved.shiftFactor !== null) checkNumber(`${name}: shiftFactor`, resolved.shiftFactor);
  checkFixed(name, resolved, { latentsMean: null, latentsStd: null });
  checkInteger(`${name}: seed`, resolved.seed, 0);
  return resolved;
}
