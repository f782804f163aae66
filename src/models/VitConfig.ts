import { checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { type PositionRule, positionRules } from '../ops/resizePositions.js';
import { checkHeads, type ImageSize, tokenGrid } from './tokenGrid.js';
import { withDefaults } from './unetChecks.js';

/** Configuration of {@link vit}: the arguments of timm's `VisionTransformer`, camelCased. */
export interface VitConfig {
  /** Height and width of the images that positions are learned for; others are taken too. Default 224. */
  imgSize?: ImageSize;
  /** Side of a patch, in pixels. Default 16. */
  patchSize?: number;
  /** Bands. Default 3. */
  inChans?: number;
  /** Numbers of the head; 0: there is no head, and features come out. Default 0, in timm 1,000. */
  numClasses?: number;
  /** What becomes of the tokens: the class token alone, or the mean of the patches and a norm. Default `'token'`. */
  globalPool?: 'token' | 'avg';
  /** Channels of a token: 192 of ViT-Ti, 384 of ViT-S, 768 of ViT-B, 1,024 of ViT-L. Default 768. */
  embedDim?: number;
  /** Blocks: 24 of ViT-L. Default 12. */
  depth?: number;
  /** Heads: 3, 6, 12 and 16 of these. Default 12. */
  numHeads?: number;
  /** Channels within a block's two linear layers, over `embedDim`. Default 4. */
  mlpRatio?: number;
  /** Whether queries, keys and values have a bias. Default true. */
  qkvBias?: boolean;
  /** Initial value of factors behind attention and linear layers, as DINOv2 has them. Null: none. Default null. */
  initValues?: number | null;
  /** Register tokens, learned and of no place. Default 0. */
  regTokens?: number;
  /** Whether positions are of the patches alone. Default false: of class token and registers too. */
  noEmbedClass?: boolean;
  /** Added to the norms' variance. Default 1e-6. */
  normEps?: number;
  /** Probability that a sample goes around a part of the last block in training; it grows from 0. Default 0. */
  dropPathRate?: number;
  /** By whose rule positions are brought to other sizes: see `resizePositions`. Default `'dino'`. */
  positionRule?: PositionRule;
  /** Seed of the initial weights and of what goes around. Default 0. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type ResolvedVitConfig = Required<VitConfig>;

/** Fills in the defaults of a configuration and checks it. */
export function resolveVitConfig(config: VitConfig): ResolvedVitConfig {
  const name = 'vit';
  const resolved = withDefaults<ResolvedVitConfig>(name, config, {
    imgSize: 224,
    patchSize: 16,
    inChans: 3,
    numClasses: 0,
    globalPool: 'token',
    embedDim: 768,
    depth: 12,
    numHeads: 12,
    mlpRatio: 4,
    qkvBias: true,
    initValues: null,
    regTokens: 0,
    noEmbedClass: false,
    normEps: 1e-6,
    dropPathRate: 0,
    positionRule: 'dino',
    seed: 0,
  });
  tokenGrid(name, resolved.imgSize, resolved.patchSize);
  checkHeads(name, ['embedDim', resolved.embedDim], resolved.numHeads);
  for (const key of ['inChans', 'depth'] as const) checkInteger(`${name}: ${key}`, resolved[key], 1);
  for (const key of ['numClasses', 'regTokens', 'seed'] as const) {
    checkInteger(`${name}: ${key}`, resolved[key], 0);
  }
  checkOneOf(`${name}: globalPool`, resolved.globalPool, ['token', 'avg']);
  checkOneOf(`${name}: positionRule`, resolved.positionRule, positionRules);
  checkNumber(`${name}: mlpRatio`, resolved.mlpRatio, 1 / resolved.embedDim);
  checkNumber(`${name}: normEps`, resolved.normEps, 0);
  checkNumber(`${name}: dropPathRate`, resolved.dropPathRate, 0, 1 - 2 ** -24);
  if (resolved.initValues !== null) checkNumber(`${name}: initValues`, resolved.initValues);
  return resolved;
}
