import type * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { registerTransformerLayers } from '../layers/registerTransformerLayers.js';
import { connectDit } from './connectDit.js';
import { type DitConfig, resolveDitConfig } from './DitConfig.js';
import { ditSettings } from './ditParameters.js';

/**
 * Builds DiT, a diffusion transformer, under the names of its authors' code: timestep and class scale, shift and gate
 * what the blocks do. `ditTransformer2d` is that of diffusers.
 *
 * The model takes `[x, t]`, or with classes `[x, t, classLabels]`; with `layersDenoiser` the latter are the condition's
 * field. x is float32 [batch, height, width, inChannels], sides multiples of `patchSize`; t [batch] or [batch, 1];
 * classLabels int32 [batch, 1], from 0 to `numClasses`, which stands for none. It returns x's shape, or with
 * `learnSigma` twice the channels, for `learnedVarianceLoss`. At other sizes than `inputSize` the positions are spread
 * over the same range.
 *
 * Layers: `x_embedder`, `tokens` (with `pos_embed`, a buffer), `t_embedder`, `y_embedder.embedding_table`, `blocks.N`,
 * `final_layer`.
 *
 * Peebles and Xie, "Scalable Diffusion Models with Transformers" (2023).
 *
 * @throws If an option is out of range or unknown, or no backend is started; on a call, if a side is no such multiple.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { dit, layersDenoiser } from 'diffusion-ssl/models';
 *
 * const config = { inputSize: 32, patchSize: 4, hiddenSize: 16, depth: 2, numHeads: 2 };
 * const denoiser = layersDenoiser(dit({ ...config, numClasses: null, learnSigma: false }));
 * const call = { training: false, step: 0 };
 * const prediction = denoiser(tf.zeros([1, 32, 32, 4]), tf.tensor1d([999], 'int32'), undefined, call);
 * console.log(prediction.shape); // [1, 32, 32, 4]
 * ```
 */
export function dit(config: DitConfig = {}): tfl.LayersModel {
  const resolved = resolveDitConfig(config);
  requireBackend('dit');
  registerTransformerLayers();
  return connectDit('dit', ditSettings(resolved));
}
