import * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { PoolTokens } from '../layers/PoolTokens.js';
import { registerTransformerLayers } from '../layers/registerTransformerLayers.js';
import { resolveVitConfig, type VitConfig } from './VitConfig.js';
import { vitLayers } from './vitParameters.js';

/**
 * Builds a vision transformer: timm's `VisionTransformer` and DINO's, whose weights have the same names.
 *
 * The model takes images float32 [batch, height, width, inChans] of any size, sides multiples of `patchSize`, and
 * returns [batch, numClasses], or without a head the pooled features, [batch, embedDim]. Tokens are those of the class
 * token, the registers, and the patches, row by row; `vitTokens` gives them, `attentionMaps` what they attend to.
 *
 * Layers: `patch_embed`, `tokens` (`cls_token`, `reg_token`, `pos_embed`), `blocks.N`, `norm` or `fc_norm`, `head`.
 *
 * Dosovitskiy et al., "An Image is Worth 16x16 Words" (2021); Caron et al., "Emerging Properties in Self-Supervised
 * Vision Transformers" (2021); Darcet et al., "Vision Transformers Need Registers" (2024).
 *
 * @throws If an option is out of range or unknown, or no backend is started; on a call, if a side is no such multiple.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { vit } from 'diffusion-ssl/models';
 *
 * const model = vit({ imgSize: 64, inChans: 12, embedDim: 24, depth: 2, numHeads: 3 });
 * console.log((model.apply(tf.zeros([1, 96, 64, 12])) as tf.Tensor).shape); // [1, 24]
 * ```
 */
export function vit(config: VitConfig = {}): tfl.LayersModel {
  const resolved = resolveVitConfig(config);
  requireBackend('vit');
  registerTransformerLayers();
  const { tokens, patchEmbed, blocks, norm, head } = vitLayers(resolved);
  const apply = (layer: tfl.layers.Layer, y: tfl.SymbolicTensor) => layer.apply(y) as tfl.SymbolicTensor;
  const x = tfl.input({ shape: [null, null, resolved.inChans], name: 'x' });
  const pool = new PoolTokens({ name: 'pool', pool: resolved.globalPool, prefix: tokens.prefix });
  const ends = resolved.globalPool === 'avg' ? [pool, norm] : [norm, pool];
  const layers = [patchEmbed, tokens, ...blocks, ...ends, ...(head ? [head] : [])];
  const outputs = layers.reduce((y, layer) => apply(layer, y), x);
  return tfl.model({ inputs: x, outputs, name: 'vit' });
}
