import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { checkFixed, withDefaults } from './unetChecks.js';

/** Configuration of {@link clipText}: that of transformers' `CLIPTextConfig`, camelCased, with its defaults. */
export interface ClipTextConfig {
  /** Number of tokens that there are. Default 49408. */
  vocabSize?: number;
  /** Channels of a token. Default 512. */
  hiddenSize?: number;
  /** Channels within a layer. Default 2048. */
  intermediateSize?: number;
  /** Size of the projected text, where there is a projection. Default 512. */
  projectionDim?: number;
  /** Default 12. */
  numHiddenLayers?: number;
  /** Number of heads, a divisor of `hiddenSize`. Default 8. */
  numAttentionHeads?: number;
  /** Number of tokens that a text may have. Default 77. */
  maxPositionEmbeddings?: number;
  /** Default `'quick_gelu'`. */
  hiddenAct?: 'quick_gelu' | 'gelu';
  /** Added to the variance of the norms. Default 1e-5. */
  layerNormEps?: number;
  /** The token that ends a text; 2, as in old checkpoints, means the largest number in it. Default 49407. */
  eosTokenId?: number;
  /** Has no other value here. */
  attentionDropout?: 0;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type ResolvedClipTextConfig = Required<ClipTextConfig>;

/** Fills in the defaults of a configuration and checks it. */
export function resolveClipTextConfig(config: ClipTextConfig): ResolvedClipTextConfig {
  const name = 'clipText';
  const resolved = withDefaults<ResolvedClipTextConfig>(name, config, {
    vocabSize: 49_408,
    hiddenSize: 512,
    intermediateSize: 2048,
    projectionDim: 512,
    numHiddenLayers: 12,
    numAttentionHeads: 8,
    maxPositionEmbeddings: 77,
    hiddenAct: 'quick_gelu',
    layerNormEps: 1e-5,
    eosTokenId: 49_407,
    attentionDropout: 0,
    seed: 0,
  });
  const sizes = [
    'vocabSize',
    'hiddenSize',
    'intermediateSize',
    'projectionDim',
    'numHiddenLayers',
    'maxPositionEmbeddings',
  ] as const;
  for (const key of sizes) checkInteger(`${name}: ${key}`, resolved[key], 1);
  const { numAttentionHeads: heads, hiddenSize } = resolved;
  if (!Number.isInteger(heads) || heads < 1 || hiddenSize % heads !== 0) {
    throw argumentError(`${name}: numAttentionHeads`, heads, `a divisor of hiddenSize, ${hiddenSize}`);
  }
  checkOneOf(`${name}: hiddenAct`, resolved.hiddenAct, ['quick_gelu', 'gelu']);
  checkNumber(`${name}: layerNormEps`, resolved.layerNormEps, 0);
  checkInteger(`${name}: eosTokenId`, resolved.eosTokenId, 0);
  checkFixed(name, resolved, { attentionDropout: 0 });
  checkInteger(`${name}: seed`, resolved.seed, 0);
  return resolved;
}
