import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { checkInteger } from '../internal/checks.js';
import { vitActivations, vitBlocks } from './vitBlocks.js';

/** Options of {@link attentionMaps}. */
export interface AttentionMapsOptions {
  /** The block, from 0; a negative number counts from the last, −1. Default −1. */
  block?: number;
}

/**
 * What the class token of a ViT attends to among the patches, by head: the maps that DINO's paper shows.
 *
 * They are shares of its whole attention, which goes to the class token itself and to registers too.
 *
 * @param model Of `vit`.
 * @param images Float32 [batch, height, width, inChans].
 * @returns Tensor [batch, rows, columns, heads]; of 448 × 448 pixels and patches of 16 there are 28 × 28.
 * @throws If the model is none of `vit`, or has no such block.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { attentionMaps, vit } from 'diffusion-ssl/models';
 *
 * const model = vit({ imgSize: 64, patchSize: 16, embedDim: 24, depth: 2, numHeads: 3 });
 * console.log(attentionMaps(model, tf.zeros([1, 448, 448, 3])).shape); // [1, 28, 28, 3]
 * ```
 */
export function attentionMaps(
  model: tfl.LayersModel,
  images: tf.Tensor4D,
  { block = -1 }: AttentionMapsOptions = {},
): tf.Tensor4D {
  return tf.tidy(() => {
    const [patches, input, chosen] = blockInput('attentionMaps', model, images, block);
    const weights = chosen.attentionWeights(input, 1);
    const [batch, rows, columns] = patches.shape;
    const heads = weights.shape[1];
    const ofPatches = tf.slice(
      weights,
      [0, 0, 0, input.shape[1] - rows * columns],
      [batch, heads, 1, rows * columns],
    );
    return tf.transpose(tf.reshape(ofPatches, [batch, heads, rows, columns]), [0, 2, 3, 1]);
  });
}

/** The patches of images, the tokens that a block of a ViT takes, and that block. */
export function blockInput(functionName: string, model: tfl.LayersModel, images: tf.Tensor4D, block: number) {
  const blocks = vitBlocks(functionName, model);
  checkInteger(`${functionName}: block`, block, -blocks.length, blocks.length - 1);
  const index = (block + blocks.length) % blocks.length;
  const before = index === 0 ? 'tokens' : blocks[index - 1].name;
  const [patches, input] = vitActivations(model, images, ['patch_embed', before]);
  return [patches as unknown as tf.Tensor4D, input, blocks[index]] as const;
}
