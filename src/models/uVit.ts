import * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { registerTransformerLayers } from '../layers/registerTransformerLayers.js';
import { SinusoidalEmbedding } from '../layers/SinusoidalEmbedding.js';
import { TokensToImage } from '../layers/TokensToImage.js';
import { resolveUVitConfig, type UVitConfig } from './UVitConfig.js';
import { sinusoidOf, uVitLayers } from './uVitParameters.js';

/**
 * Builds U-ViT, a vision transformer that denoises: class, timestep and what else is given are tokens beside the
 * patches, and the blocks of the second half take those of the first, as a U-Net does.
 *
 * The model takes `[x, t]`, behind them `classLabels` and `context` where the configuration asks for them; with
 * `layersDenoiser` these are the condition's fields. x is float32 [batch, height, width, inChans], sides multiples of
 * `patchSize`; t [batch] or [batch, 1]; classLabels int32 [batch, 1]; context [batch, numClipToken, clipDim]. It
 * returns x's shape. Images of another size than `imgSize` are taken with positions resized as timm does.
 *
 * Layers: `patch_embed`, `tokens`, `in_blocks.N`, `mid_block`, `out_blocks.N`, `norm`, `decoder_pred`, `final_layer`.
 *
 * Bao et al., "All are Worth Words: A ViT Backbone for Diffusion Models" (2023).
 *
 * @throws If an option is out of range or unknown, or no backend is started; on a call, if a side is no such multiple.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { layersDenoiser, uVit } from 'diffusion-ssl/models';
 *
 * const model = uVit({ imgSize: 32, patchSize: 4, inChans: 4, embedDim: 16, depth: 2, numHeads: 2 });
 * const denoiser = layersDenoiser(model);
 * const call = { training: false, step: 0 };
 * const prediction = denoiser(tf.zeros([1, 32, 32, 4]), tf.tensor1d([999], 'int32'), undefined, call);
 * console.log(prediction.shape); // [1, 32, 32, 4]
 * ```
 */
export function uVit(config: UVitConfig = {}): tfl.LayersModel {
  const resolved = resolveUVitConfig(config);
  requireBackend('uVit');
  registerTransformerLayers();
  const layers = uVitLayers(resolved);
  const apply = (layer: tfl.layers.Layer, y: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
    layer.apply(y) as tfl.SymbolicTensor;
  const { inChans, embedDim, patchSize, numClipToken, clipDim, skip } = resolved;
  const x = tfl.input({ shape: [null, null, inChans], name: 'x' });
  const t = tfl.input({ shape: [1], dtype: 'float32', name: 't' });
  const inputs = [x, t];
  const time = layers.time ?? new SinusoidalEmbedding({ name: 'time_embed', ...sinusoidOf(embedDim) });
  const given = [apply(time, t)];
  if (layers.classes) {
    const labels = tfl.input({ shape: [1], dtype: 'int32', name: 'classLabels' });
    inputs.push(labels);
    given.unshift(apply(layers.classes, labels));
  }
  if (layers.context) {
    const context = tfl.input({ shape: [numClipToken, clipDim], name: 'context' });
    inputs.push(context);
    given.push(apply(layers.context, context));
  }
  const patches = apply(layers.patchEmbed, x);
  let y = apply(layers.tokens, [patches, ...given]);
  const skips: tfl.SymbolicTensor[] = [];
  for (const block of layers.inBlocks) {
    y = apply(block, y);
    skips.push(y);
  }
  y = apply(layers.middle, y);
  for (const block of layers.outBlocks) {
    const stored = skips.pop()!;
    y = apply(block, skip ? [y, stored] : y);
  }
  const values = apply(layers.decoder, apply(layers.norm, y));
  const image = apply(new TokensToImage({ name: 'unpatchify', patchSize, channels: inChans }), [
    values,
    patches,
  ]);
  const outputs = layers.final ? apply(layers.final, image) : image;
  return tfl.model({ inputs, outputs, name: 'u_vit' });
}
