import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { checkInteger } from '../internal/checks.js';
import { applyLayer } from './LayerGraph.js';
import { vitActivations, vitBlocks } from './vitBlocks.js';

/**
 * The tokens behind the last blocks of a ViT, outside training: timm's and DINO's `get_intermediate_layers`. They are
 * normalised by the final norm, where that is one of all tokens: with `globalPool` `'avg'` it is not.
 *
 * @param model Of `vit`.
 * @param images Float32 [batch, height, width, inChans].
 * @param last How many blocks. Default 1.
 * @returns Tensors [batch, tokens, embedDim], the last block's last: class token, registers, patches row by row.
 * @throws If the model is none of `vit`, or has fewer blocks.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { vit, vitTokens } from 'diffusion-ssl/models';
 *
 * const model = vit({ imgSize: 64, inChans: 12, embedDim: 24, depth: 3, numHeads: 3 });
 * console.log(vitTokens(model, tf.zeros([1, 64, 64, 12]), 2).map(({ shape }) => shape)); // twice [1, 17, 24]
 * ```
 */
export function vitTokens(model: tfl.LayersModel, images: tf.Tensor4D, last = 1): tf.Tensor3D[] {
  const blocks = vitBlocks('vitTokens', model);
  checkInteger('vitTokens: last', last, 1, blocks.length);
  const norm = model.layers.find(({ name }) => name === 'norm');
  return tf.tidy(() => {
    const chosen = blocks.slice(-last).map(({ name }) => name);
    const tokens = vitActivations(model, images, chosen);
    return norm ? tokens.map((x) => applyLayer(norm, [x]) as tf.Tensor3D) : tokens;
  });
}
