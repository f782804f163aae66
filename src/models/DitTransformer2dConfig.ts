import { checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { checkChannels } from './DitConfig.js';
import { tokenGrid } from './tokenGrid.js';
import { checkFixed, withDefaults } from './unetChecks.js';

/** Configuration of {@link ditTransformer2d}: the arguments of diffusers' `DiTTransformer2DModel`, camelCased. */
export interface DitTransformer2dConfig {
  /** Default 16. */
  numAttentionHeads?: number;
  /** Channels of a head. Default 72. */
  attentionHeadDim?: number;
  /** Bands in. Default 4. */
  inChannels?: number;
  /** Bands out, twice those in where the variance is predicted too. Default as `inChannels`. */
  outChannels?: number | null;
  /** Blocks. Default 28. */
  numLayers?: number;
  /** Others are not here. Default 0. */
  dropout?: number;
  /** Without effect. */
  normNumGroups?: number;
  /** Whether queries, keys and values have a bias. Default true. */
  attentionBias?: boolean;
  /** Height and width of the images that it is meant for; others are taken too. Default 32. */
  sampleSize?: number;
  /** Side of a patch, in pixels. Default 2. */
  patchSize?: number;
  /** Which GELU. Default `'gelu-approximate'`. */
  activationFn?: 'gelu-approximate' | 'gelu';
  /** Classes; the number of classes itself stands for none, for guidance. Default 1,000. */
  numEmbedsAdaNorm?: number;
  /** Without effect on float32. */
  upcastAttention?: boolean;
  /** Others are not here. Default `'ada_norm_zero'`. */
  normType?: 'ada_norm_zero';
  /** Whether the second norm of a block scales and shifts. Default false. */
  normElementwiseAffine?: boolean;
  /** Added to the variance by the second norm of a block. Default 1e-5. */
  normEps?: number;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type ResolvedDitTransformer2dConfig = Required<DitTransformer2dConfig> & { outChannels: number };

/** Fills in the defaults of a configuration and checks it. */
export function resolveDitTransformer2dConfig(
  config: DitTransformer2dConfig,
): ResolvedDitTransformer2dConfig {
  const name = 'ditTransformer2d';
  const resolved = withDefaults<ResolvedDitTransformer2dConfig>(
    name,
    config as Partial<ResolvedDitTransformer2dConfig>,
    {
      numAttentionHeads: 16,
      attentionHeadDim: 72,
      inChannels: 4,
      outChannels: config.inChannels ?? 4,
      numLayers: 28,
      dropout: 0,
      normNumGroups: 32,
      attentionBias: true,
      sampleSize: 32,
      patchSize: 2,
      activationFn: 'gelu-approximate',
      numEmbedsAdaNorm: 1000,
      upcastAttention: false,
      normType: 'ada_norm_zero',
      normElementwiseAffine: false,
      normEps: 1e-5,
      seed: 0,
    },
  );
  checkFixed(name, resolved, { dropout: 0, normType: 'ada_norm_zero' });
  tokenGrid(name, resolved.sampleSize, resolved.patchSize);
  for (const key of [
    'numAttentionHeads',
    'attentionHeadDim',
    'inChannels',
    'outChannels',
    'numLayers',
    'numEmbedsAdaNorm',
  ] as const) {
    checkInteger(`${name}: ${key}`, resolved[key], 1);
  }
  checkChannels(name, 'attentionHeadDim', resolved.numAttentionHeads * resolved.attentionHeadDim);
  checkOneOf(`${name}: activationFn`, resolved.activationFn, ['gelu-approximate', 'gelu']);
  checkNumber(`${name}: normEps`, resolved.normEps, 0);
  checkInteger(`${name}: seed`, resolved.seed, 0);
  return resolved;
}
