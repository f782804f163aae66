import { checkInteger, checkNumber } from '../internal/checks.js';
import { checkHeads, type ImageSize, tokenGrid } from './tokenGrid.js';
import { withDefaults } from './unetChecks.js';

/** Configuration of {@link uVit}: the arguments of U-ViT's `UViT` and `UViT_t2i`, camelCased, with its defaults. */
export interface UVitConfig {
  /** Height and width of the images that positions are learned for; others are taken too. Default 224. */
  imgSize?: ImageSize;
  /** Side of a patch, in pixels: 2 or 4 on small images. Default 16. */
  patchSize?: number;
  /** Bands, in and out. Default 3. */
  inChans?: number;
  /** Channels of a token. Default 768. */
  embedDim?: number;
  /** Blocks without the one in the middle: half of them on the way in, as many on the way out. Default 12. */
  depth?: number;
  /** Default 12. */
  numHeads?: number;
  /** Channels within a block's two linear layers, over `embedDim`. Default 4. */
  mlpRatio?: number;
  /** Whether queries, keys and values have a bias. Default false. */
  qkvBias?: boolean;
  /** Whether the timestep's sinusoid goes through two linear layers. Default false. */
  mlpTimeEmbed?: boolean;
  /** Classes, of which each is a token; guidance takes one of them for none. −1: there are none. Default −1. */
  numClasses?: number;
  /** Channels of tokens that are given, such as CLIP's of a text. Null: none are. Default null. */
  clipDim?: number | null;
  /** How many are given. Default 77. */
  numClipToken?: number;
  /** Whether a convolution ends it. Default true. */
  conv?: boolean;
  /** Whether blocks on the way out take those on the way in. Default true. */
  skip?: boolean;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type ResolvedUVitConfig = Required<UVitConfig>;

/** Fills in the defaults of a configuration and checks it. */
export function resolveUVitConfig(config: UVitConfig): ResolvedUVitConfig {
  const name = 'uVit';
  const resolved = withDefaults<ResolvedUVitConfig>(name, config, {
    imgSize: 224,
    patchSize: 16,
    inChans: 3,
    embedDim: 768,
    depth: 12,
    numHeads: 12,
    mlpRatio: 4,
    qkvBias: false,
    mlpTimeEmbed: false,
    numClasses: -1,
    clipDim: null,
    numClipToken: 77,
    conv: true,
    skip: true,
    seed: 0,
  });
  tokenGrid(name, resolved.imgSize, resolved.patchSize);
  checkHeads(name, ['embedDim', resolved.embedDim], resolved.numHeads);
  for (const key of ['inChans', 'depth', 'numClipToken'] as const) {
    checkInteger(`${name}: ${key}`, resolved[key], 1);
  }
  checkInteger(`${name}: numClasses`, resolved.numClasses, -1);
  checkInteger(`${name}: seed`, resolved.seed, 0);
  checkNumber(`${name}: mlpRatio`, resolved.mlpRatio, 1 / resolved.embedDim);
  if (resolved.clipDim !== null) checkInteger(`${name}: clipDim`, resolved.clipDim, 1);
  return resolved;
}
