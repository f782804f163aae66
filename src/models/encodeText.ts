import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';

/** What a text encoder makes of texts. */
export interface EncodedText {
  /** Behind the final norm, [batch, length, channels]: what Stable Diffusion 1 and 2 attend to. */
  lastHiddenState: tf.Tensor3D;
  /** At each text's end token, [batch, channels]. */
  pooled: tf.Tensor2D;
  /** That projected, [batch, projectionDim], where the model has a projection. */
  textEmbeds?: tf.Tensor2D;
  /** The embeddings, and what each layer makes of them, before the final norm. */
  hiddenStates: tf.Tensor3D[];
}

/**
 * Encodes texts by CLIP's text encoder.
 *
 * @param model What `clipText` makes, with its weights.
 * @param inputIds int32 [batch, length], as `clipTokenizer` gives them.
 * @param attentionMask [batch, length], 1 for tokens to keep and 0 for others, where the model takes one.
 * @returns Tensors, the caller's to dispose.
 * @throws If the model is none of `clipText`, or takes a mask and has none, or the other way round.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { clipText, encodeText } from 'diffusion-ssl/models';
 *
 * const config = { vocabSize: 10, hiddenSize: 8, numAttentionHeads: 2, numHiddenLayers: 2, eosTokenId: 9 };
 * const { hiddenStates } = encodeText(clipText(config), tf.tensor2d([[8, 1, 9]], [1, 3], 'int32'));
 * console.log(hiddenStates.length); // 3
 * ```
 */
export function encodeText(
  model: tfl.LayersModel,
  inputIds: tf.Tensor,
  attentionMask?: tf.Tensor,
): EncodedText {
  const hasProjection = model.layers.some(({ name }) => name === 'text_projection');
  if (model.inputNames[0] !== 'inputIds')
    throw new ConfigError('encodeText: the model must be one of clipText().');
  if (model.inputs.length > 1 !== Boolean(attentionMask)) {
    const problem = attentionMask
      ? 'the model takes no mask: make it by clipText(config, { attentionMask: true }).'
      : 'the model takes an attentionMask, and there is none.';
    throw new ConfigError(`encodeText: ${problem}`);
  }
  const outputs = tf.tidy(() => {
    const inputs = attentionMask ? [inputIds, tf.cast(attentionMask, 'float32')] : inputIds;
    return model.apply(inputs) as tf.Tensor[];
  });
  const [lastHiddenState, pooled] = outputs as [tf.Tensor3D, tf.Tensor2D];
  return {
    lastHiddenState,
    pooled,
    textEmbeds: hasProjection ? (outputs[2] as tf.Tensor2D) : undefined,
    hiddenStates: outputs.slice(hasProjection ? 3 : 2) as tf.Tensor3D[],
  };
}
