import * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { registerUnetLayers } from '../layers/registerUnetLayers.js';
import { connectUnet } from './connectUnet.js';
import { resolveUnet2dConfig, type Unet2dConfig } from './Unet2dConfig.js';
import { unet2dLayers } from './unet2dParameters.js';

/**
 * Builds the U-Net of diffusers' `UNet2DModel`: ResNet blocks with group norm, attention at chosen resolutions, and the
 * timestep's embedding in every block. Its weights are exchanged with diffusers by `fromPretrained` and
 * `savePretrained`.
 *
 * The model takes `[x, t]`, and behind them, as the configuration asks for it, `classLabels` and `metadata`: x float32
 * [batch, height, width, inChannels], sides multiples of 2^(resolutions − 1); t [batch] or [batch, 1]; classLabels
 * int32 [batch, 1] of a table, else float32 [batch, 1] (`'timestep'`) or [batch, embedding] (`'identity'`); metadata
 * [batch, numMetadata], NaN where not known. It returns [batch, height, width, outChannels]. Weights are initialised as
 * torch does it, from `seed` alone.
 *
 * Layers are known by diffusers' names: `conv_in`, `time_embedding`, `down_blocks.0.resnets.0`,
 * `down_blocks.1.attentions.0`, `mid_block.resnets.0`, `up_blocks.0.upsamplers.0`, `conv_norm_out`, …
 *
 * Ho et al., "Denoising Diffusion Probabilistic Models" (2020); Dhariwal and Nichol, "Diffusion Models Beat GANs on
 * Image Synthesis" (2021).
 *
 * @throws If an option is out of range or unknown, or no backend is started; on a call, if a side is no such multiple.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { unet2d } from 'diffusion-ssl/models';
 *
 * const model = unet2d({
 *   inChannels: 4,
 *   blockOutChannels: [8, 16],
 *   downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'],
 *   upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'],
 *   normNumGroups: 4,
 * });
 * const prediction = model.apply([tf.zeros([1, 32, 32, 4]), tf.tensor1d([999], 'int32')]) as tf.Tensor4D;
 * console.log(prediction.shape); // [1, 32, 32, 4]
 * ```
 */
export function unet2d(config: Unet2dConfig = {}): tfl.LayersModel {
  const resolved = resolveUnet2dConfig(config);
  requireBackend('unet2d');
  registerUnetLayers();
  const layers = unet2dLayers(resolved);
  const x = tfl.input({ shape: [null, null, resolved.inChannels], name: 'x' });
  // Not int32, to which tfjs would cut timesteps between two of the schedule.
  const t = tfl.input({ shape: [1], dtype: 'float32', name: 't' });
  const layer = (name: string) => layers.embeddings.find((embedding) => embedding.name === name);
  const terms = [layer('time_embedding')!.apply(t) as tfl.SymbolicTensor];
  const inputs = [x, t];
  const classes = layer('class_embedding');
  if (classes || resolved.classEmbedType === 'identity') {
    const isTable = resolved.classEmbedType === null;
    const size = classes ? 1 : (resolved.timeEmbeddingDim ?? 4 * resolved.blockOutChannels[0]);
    const labels = tfl.input({ shape: [size], dtype: isTable ? 'int32' : 'float32', name: 'classLabels' });
    inputs.push(labels);
    terms.push(classes ? (classes.apply(labels) as tfl.SymbolicTensor) : labels);
  }
  const metadata = layer('metadata_embedding');
  if (metadata) {
    const numbers = tfl.input({ shape: [resolved.numMetadata], dtype: 'float32', name: 'metadata' });
    inputs.push(numbers);
    terms.push(metadata.apply(numbers) as tfl.SymbolicTensor);
  }
  const sum = () => tfl.layers.add({ name: 'embedding' }).apply(terms) as tfl.SymbolicTensor;
  const embedding = terms.length > 1 ? sum() : terms[0];
  const outputs = connectUnet(layers, { x, embedding, context: [], anySize: false });
  return tfl.model({ inputs, outputs, name: 'unet_2d' });
}
