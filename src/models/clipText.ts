import * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { EndToken } from '../layers/EndToken.js';
import { registerClipLayers } from '../layers/registerClipLayers.js';
import { type ClipTextConfig, resolveClipTextConfig } from './ClipTextConfig.js';
import { type ClipTextOutputs, clipTextLayers } from './clipTextParameters.js';

type Symbol = tfl.SymbolicTensor;

/** Which inputs and outputs {@link clipText} has beyond those that it always has. */
export interface ClipTextOptions extends ClipTextOutputs {
  /** Whether tokens may be masked: an input `attentionMask`, 1 for those to keep and 0. Default false. */
  attentionMask?: boolean;
}

/**
 * Builds the text encoder of CLIP, transformers' `CLIPTextModel` and `CLIPTextModelWithProjection`, the one of Stable
 * Diffusion. Its weights are exchanged with transformers by `namedParameters`; `encodeText` names its outputs.
 *
 * The model takes `inputIds`, int32 [batch, length] as `clipTokenizer` gives them, and `attentionMask` [batch, length]
 * where asked for. It returns [the last hidden state behind the final norm, that at the end token, the projection of
 * that if there is one, then the embeddings and each layer's hidden state before the norm].
 *
 * Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021).
 *
 * @throws If an option is out of range or unknown, or no backend is started.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { clipText, encodeText } from 'diffusion-ssl/models';
 *
 * const model = clipText({ vocabSize: 10, hiddenSize: 8, numAttentionHeads: 2, numHiddenLayers: 2, eosTokenId: 9 });
 * const { lastHiddenState, pooled } = encodeText(model, tf.tensor2d([[8, 1, 9]], [1, 3], 'int32'));
 * console.log(lastHiddenState.shape, pooled.shape); // [1, 3, 8], [1, 8]
 * ```
 */
export function clipText(config: ClipTextConfig = {}, options: ClipTextOptions = {}): tfl.LayersModel {
  const resolved = resolveClipTextConfig(config);
  requireBackend('clipText');
  registerClipLayers();
  const { embeddings, encoder, norm, projection } = clipTextLayers(resolved, options);
  const ids = tfl.input({ shape: [null], dtype: 'int32', name: 'inputIds' });
  const mask = options.attentionMask ? [tfl.input({ shape: [null], name: 'attentionMask' })] : [];
  const hidden = [embeddings.apply(ids) as Symbol];
  for (const layer of encoder) {
    const x = hidden[hidden.length - 1];
    hidden.push(layer.apply(mask.length > 0 ? [x, ...mask] : x) as Symbol);
  }
  const last = norm.apply(hidden[hidden.length - 1]) as Symbol;
  const end = new EndToken({ name: 'pooled', eosTokenId: resolved.eosTokenId });
  const pooled = end.apply([last, ids]) as Symbol;
  const projected = projection ? [projection.apply(pooled) as Symbol] : [];
  return tfl.model({
    inputs: [ids, ...mask],
    outputs: [last, pooled, ...projected, ...hidden],
    name: 'clip_text',
  });
}
