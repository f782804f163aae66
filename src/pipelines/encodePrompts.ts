import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { encodeText } from '../models/encodeText.js';
import type { ClipTokenizer } from './clipTokenizer.js';

/** A text encoder and its tokenizer. */
export interface PromptEncoder {
  model: tfl.LayersModel;
  tokenizer: ClipTokenizer;
}

/**
 * What a U-Net is told of texts. Of one encoder its last hidden state; of the two of Stable Diffusion XL those before
 * the last layer, one behind the other, and the second one's projected text.
 */
export function encodePrompts(
  encoders: readonly PromptEncoder[],
  prompts: readonly string[],
): Record<string, tf.Tensor> {
  return tf.tidy((): Record<string, tf.Tensor> => {
    const encoded = encoders.map(({ model, tokenizer }) => {
      const ids = tf.tensor2d(tokenizer.encodePadded(prompts).inputIds, undefined, 'int32');
      return encodeText(model, ids);
    });
    const [{ lastHiddenState }] = encoded;
    if (encoded.length === 1) return { encoderHiddenStates: lastHiddenState };
    const hidden = encoded.map(({ hiddenStates }) => hiddenStates[hiddenStates.length - 2]);
    const { textEmbeds } = encoded[encoded.length - 1];
    return { encoderHiddenStates: tf.concat(hidden, 2), textEmbeds: textEmbeds! };
  });
}
