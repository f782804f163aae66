import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type AttentionMapsOptions, blockInput } from './attentionMaps.js';

/**
 * How much each token of a ViT attends to each, by head: DINO's `get_last_selfattention`.
 *
 * @param model Of `vit`.
 * @param images Float32 [batch, height, width, inChans].
 * @returns Tensor [batch, heads, tokens, tokens], rows the tokens that attend, whose sum is 1. Tokens are those of the
 * class token, the registers, and the patches row by row; `attentionMaps` has the class token's row as maps.
 * @throws If the model is none of `vit`, or has no such block.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { vit, vitAttention } from 'diffusion-ssl/models';
 *
 * const model = vit({ imgSize: 64, embedDim: 24, depth: 2, numHeads: 3 });
 * console.log(vitAttention(model, tf.zeros([1, 64, 64, 3])).shape); // [1, 3, 17, 17]
 * ```
 */
export function vitAttention(
  model: tfl.LayersModel,
  images: tf.Tensor4D,
  { block = -1 }: AttentionMapsOptions = {},
): tf.Tensor4D {
  return tf.tidy(() => {
    const [, input, chosen] = blockInput('vitAttention', model, images, block);
    return chosen.attentionWeights(input);
  });
}
