import { ClipEmbeddings } from '../layers/ClipEmbeddings.js';
import { ClipEncoderLayer } from '../layers/ClipEncoderLayer.js';
import { LayerNorm } from '../layers/LayerNorm.js';
import { Linear } from '../layers/Linear.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { type ClipTextConfig, type ResolvedClipTextConfig, resolveClipTextConfig } from './ClipTextConfig.js';
import { layerParameters } from './layerParameters.js';

/** What {@link clipText} is to have besides its encoder. */
export interface ClipTextOutputs {
  /** Whether the text is projected, as in `CLIPTextModelWithProjection`. Default false. */
  projection?: boolean;
}

/** The layers of a text encoder, not yet built. */
export interface ClipTextLayers {
  embeddings: ClipEmbeddings;
  encoder: ClipEncoderLayer[];
  norm: LayerNorm;
  projection?: Linear;
}

/**
 * Every parameter of `clipText` under its torch name, in the order of transformers' `state_dict`, without allocating
 * any.
 *
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { clipTextParameters, countValues } from 'diffusion-ssl/models';
 *
 * const specs = clipTextParameters({ hiddenSize: 768, intermediateSize: 3072, numAttentionHeads: 12 });
 * console.log(countValues(specs).trainable); // 123060480, as the text encoder of Stable Diffusion 1 has
 * ```
 */
export function clipTextParameters(
  config: ClipTextConfig = {},
  outputs: ClipTextOutputs = {},
): ParameterSpec[] {
  const { embeddings, encoder, norm, projection } = clipTextLayers(resolveClipTextConfig(config), outputs);
  return layerParameters([embeddings, ...encoder, norm, ...(projection ? [projection] : [])]);
}

/** Makes the layers of a configuration. */
export function clipTextLayers(
  config: ResolvedClipTextConfig,
  { projection = false }: ClipTextOutputs,
): ClipTextLayers {
  const { seed, hiddenSize: channels, layerNormEps: epsilon } = config;
  const { numAttentionHeads: heads, intermediateSize: hiddenChannels, hiddenAct: activation } = config;
  const { vocabSize: vocabulary, maxPositionEmbeddings: positions, projectionDim } = config;
  return {
    embeddings: new ClipEmbeddings({ name: 'embeddings', seed, vocabulary, positions, channels }),
    encoder: Array.from({ length: config.numHiddenLayers }, (_, i) => {
      const name = `encoder.layers.${i}`;
      return new ClipEncoderLayer({ name, seed, channels, heads, hiddenChannels, activation, epsilon });
    }),
    norm: new LayerNorm({ name: 'final_layer_norm', channels, epsilon }),
    projection: projection
      ? new Linear({
          name: 'text_projection',
          seed,
          inFeatures: channels,
          outFeatures: projectionDim,
          bias: false,
        })
      : undefined,
  };
}
