import type * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { registerTransformerLayers } from '../layers/registerTransformerLayers.js';
import { connectDit } from './connectDit.js';
import { type DitTransformer2dConfig, resolveDitTransformer2dConfig } from './DitTransformer2dConfig.js';
import { ditTransformer2dSettings } from './ditTransformer2dParameters.js';

/**
 * Builds the diffusion transformer of diffusers' `DiTTransformer2DModel`, whose weights are exchanged with diffusers by
 * `fromPretrained` and `savePretrained`. It is `dit` but that each block embeds timestep and class by itself, and for
 * slightly other frequencies of the timestep.
 *
 * The model takes `[x, t, classLabels]` and returns [batch, height, width, outChannels]: see `dit`.
 *
 * Layers: `pos_embed`, `tokens`, `transformer_blocks.N`, `final_layer`.
 *
 * @throws If an option is out of range or unknown, or no backend is started; on a call, if a side is no such multiple.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ditTransformer2d } from 'diffusion-ssl/models';
 *
 * const model = ditTransformer2d({ numAttentionHeads: 2, attentionHeadDim: 8, numLayers: 2, numEmbedsAdaNorm: 5 });
 * const inputs = [tf.zeros([1, 32, 32, 4]), tf.tensor1d([999]), tf.tensor1d([5], 'int32')];
 * console.log((model.apply(inputs) as tf.Tensor).shape); // [1, 32, 32, 4]
 * ```
 */
export function ditTransformer2d(config: DitTransformer2dConfig = {}): tfl.LayersModel {
  const resolved = resolveDitTransformer2dConfig(config);
  requireBackend('ditTransformer2d');
  registerTransformerLayers();
  return connectDit('dit_transformer_2d', ditTransformer2dSettings(resolved));
}
