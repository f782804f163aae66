import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { type ActivationName, activationNames } from '../layers/activation.js';

/** Fills in defaults, and refuses what is no option, by name. Null is what JSON says for a value that is not given. */
export function withDefaults<T extends object>(functionName: string, config: Partial<T>, defaults: T): T {
  for (const key of Object.keys(config)) {
    if (!(key in defaults)) throw new ConfigError(`${functionName}: ${key} is no option of this network.`);
  }
  const given = Object.entries(config).filter(([, value]) => value !== undefined && value !== null);
  return { ...defaults, ...Object.fromEntries(given) };
}

/** A list of one value a resolution, given as such or as one number for all. */
export function perLevel(argument: string, value: number | readonly number[], levels: number): number[] {
  const list = typeof value === 'number' ? new Array<number>(levels).fill(value) : value;
  if (!Array.isArray(list) || list.length !== levels || !list.every((n) => Number.isInteger(n) && n > 0)) {
    throw argumentError(argument, value, `a positive integer, or a list of ${levels}, one a resolution`);
  }
  return list;
}

/** What the U-Nets of diffusers have in common, as it is checked. */
export interface CommonUnetConfig {
  inChannels: number;
  outChannels: number;
  blockOutChannels: readonly number[];
  downBlockTypes: readonly string[];
  upBlockTypes: readonly string[];
  normNumGroups: number;
  normEps: number;
  actFn: ActivationName;
  dropout: number;
  downsamplePadding: 0 | 1;
  midBlockScaleFactor: number;
  freqShift: number;
  timeEmbeddingDim: number | null;
  resnetTimeScaleShift: 'default' | 'scale_shift';
  useMetadata: boolean;
  numMetadata: number;
  seed: number;
}

/** Checks what the U-Nets of diffusers have in common. `kinds` are the kinds of blocks: `''`, `'Attn'`, … */
export function checkUnetConfig(
  functionName: string,
  config: CommonUnetConfig,
  kinds: readonly string[],
): void {
  const named = (key: string) => `${functionName}: ${key}`;
  const { blockOutChannels: channels, normNumGroups: groups } = config;
  checkInteger(named('inChannels'), config.inChannels, 1);
  checkInteger(named('outChannels'), config.outChannels, 1);
  checkInteger(named('normNumGroups'), groups, 1);
  if (
    !Array.isArray(channels) ||
    channels.length === 0 ||
    !channels.every((n) => n > 0 && n % groups === 0)
  ) {
    throw argumentError(
      named('blockOutChannels'),
      channels,
      `a list of multiples of normNumGroups, ${groups}`,
    );
  }
  for (const [key, direction] of [
    ['downBlockTypes', 'Down'],
    ['upBlockTypes', 'Up'],
  ] as const) {
    const accepted = kinds.map((kind) =>
      kind === 'Resnet' ? `Resnet${direction}sampleBlock2D` : `${kind}${direction}Block2D`,
    );
    const types = config[key];
    if (!Array.isArray(types) || types.length !== channels.length) {
      throw argumentError(named(key), types, `a list of ${channels.length}, as many as blockOutChannels`);
    }
    for (const type of types) checkOneOf(named(key), type, accepted);
  }
  checkNumber(named('normEps'), config.normEps, 0);
  checkNumber(named('dropout'), config.dropout, 0, 1 - 2 ** -24);
  checkNumber(named('midBlockScaleFactor'), config.midBlockScaleFactor, 2 ** -20);
  checkOneOf(named('actFn'), config.actFn, activationNames);
  checkOneOf(named('resnetTimeScaleShift'), config.resnetTimeScaleShift, ['default', 'scale_shift']);
  if (config.downsamplePadding !== 0 && config.downsamplePadding !== 1) {
    throw argumentError(named('downsamplePadding'), config.downsamplePadding, '0 or 1');
  }
  if (channels[0] < 2 || !(config.freqShift < Math.floor(channels[0] / 2))) {
    throw argumentError(named('freqShift'), config.freqShift, 'below half of blockOutChannels[0]');
  }
  if (config.timeEmbeddingDim !== null) checkInteger(named('timeEmbeddingDim'), config.timeEmbeddingDim, 1);
  if (typeof config.useMetadata !== 'boolean')
    throw argumentError(named('useMetadata'), config.useMetadata, 'true or false');
  checkInteger(named('numMetadata'), config.numMetadata, 1);
  checkInteger(named('seed'), config.seed, 0);
}

/** Throws unless options that change the network in ways that are not here have the only value that is. */
export function checkFixed<T extends object>(functionName: string, config: T, fixed: Partial<T>): void {
  for (const [key, accepted] of Object.entries(fixed)) {
    const value = (config as Record<string, unknown>)[key];
    if (value !== accepted) throw argumentError(`${functionName}: ${key}`, value, JSON.stringify(accepted));
  }
}
