import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { checkHeads, type ImageSize, tokenGrid } from './tokenGrid.js';
import { withDefaults } from './unetChecks.js';

/** Configuration of {@link dit}: the arguments of the authors' `DiT`, camelCased, with its defaults. */
export interface DitConfig {
  /** Height and width of the images that it is meant for; others are taken too. Default 32. */
  inputSize?: ImageSize;
  /** Side of a patch, in pixels. Default 2. */
  patchSize?: number;
  /** Bands in. Default 4. */
  inChannels?: number;
  /** Channels of a token, a multiple of 4. Default 1,152. */
  hiddenSize?: number;
  /** Blocks. Default 28. */
  depth?: number;
  /** Default 16. */
  numHeads?: number;
  /** Channels within a block's two linear layers, over `hiddenSize`. Default 4. */
  mlpRatio?: number;
  /** Classes; the number of classes itself stands for none, for guidance. Null: there are none. Default 1,000. */
  numClasses?: number | null;
  /** Whether the variance is predicted too, in a second half of the channels out. Default true. */
  learnSigma?: boolean;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type ResolvedDitConfig = Required<DitConfig>;

/** Fills in the defaults of a configuration and checks it. */
export function resolveDitConfig(config: DitConfig): ResolvedDitConfig {
  const name = 'dit';
  const resolved = withDefaults<ResolvedDitConfig>(name, config, {
    inputSize: 32,
    patchSize: 2,
    inChannels: 4,
    hiddenSize: 1152,
    depth: 28,
    numHeads: 16,
    mlpRatio: 4,
    numClasses: 1000,
    learnSigma: true,
    seed: 0,
  });
  // Null is a value of its own here, not one that is missing.
  if (config.numClasses === null) resolved.numClasses = null;
  tokenGrid(name, resolved.inputSize, resolved.patchSize);
  checkHeads(name, ['hiddenSize', resolved.hiddenSize], resolved.numHeads);
  checkChannels(name, 'hiddenSize', resolved.hiddenSize);
  for (const key of ['inChannels', 'depth'] as const) checkInteger(`${name}: ${key}`, resolved[key], 1);
  if (resolved.numClasses !== null) checkInteger(`${name}: numClasses`, resolved.numClasses, 1);
  checkNumber(`${name}: mlpRatio`, resolved.mlpRatio, 1 / resolved.hiddenSize);
  checkInteger(`${name}: seed`, resolved.seed, 0);
  return resolved;
}

/** Throws unless the fixed positions, sines and cosines of rows and columns, fill the channels. */
export function checkChannels(functionName: string, key: string, channels: number): void {
  if (channels % 4 !== 0) throw argumentError(`${functionName}: ${key}`, channels, 'a multiple of 4');
}
