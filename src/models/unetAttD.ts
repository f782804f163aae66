import * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { AddTimeEmbedding } from '../layers/AddTimeEmbedding.js';
import { ConcatChannels } from '../layers/ConcatChannels.js';
import { MaxPool2d } from '../layers/MaxPool2d.js';
import { PixelShuffle } from '../layers/PixelShuffle.js';
import { PixelUnshuffle } from '../layers/PixelUnshuffle.js';
import { registerLayers } from '../layers/registerLayers.js';
import { SkipDropout } from '../layers/SkipDropout.js';
import { resolveUnetAttDConfig, type UnetAttDConfig } from './UnetAttDConfig.js';
import { unetAttDLayers } from './unetAttDLayers.js';

/**
 * Builds the attention U-Net of the tutorial (`unet_att_d`): six levels, additive attention gates on the skip
 * connections, and a timestep embedding added at the deepest level.
 *
 * The model takes `[x, t]`: x float32 [batch, height, width, inChannels], height and width multiples of 32 (64 with
 * `patchSize` 2); t int32 or float32 [batch] or [batch, 1]. It returns [batch, height, width, outChannels]. Weights are
 * initialised as torch does it, from `seed` alone. In training mode (`model.apply([x, t], { training: true })`, or
 * `fit`) batch normalisation uses the batch and updates its running statistics, and dropout acts, that of skip
 * connections too.
 *
 * Layers are known by their names. Level N, from 1 to 6, has `filterConfig[N - 1]` channels and stride 2^(N - 1), twice
 * that with `patchSize` 2: `encoder_N` on the way down, then `decoder_M`, `AttM` and `convM` with M = 6 - N on the way
 * up; level 6 ends with `add_time`, and `output_conv` follows on `conv5`. docs/network.md has them all in a table.
 *
 * Ronneberger et al., "U-Net" (2015); Oktay et al., "Attention U-Net" (2018); Ho et al., "Denoising Diffusion
 * Probabilistic Models" (2020).
 *
 * @throws If an option is out of range, or no backend is started; on a call, if height or width is not such a multiple,
 * or a training batch leaves a single value a channel at the deepest level.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { unetAttD } from 'diffusion-ssl/models';
 *
 * const model = unetAttD({ inChannels: 4, filterConfig: [8, 8, 16, 16, 32, 32] });
 * const prediction = model.apply([tf.zeros([1, 32, 32, 4]), tf.tensor1d([999], 'int32')]) as tf.Tensor4D;
 * console.log(prediction.shape); // [1, 32, 32, 4]
 * ```
 */
export function unetAttD(config: UnetAttDConfig = {}): tfl.LayersModel {
  const resolved = resolveUnetAttDConfig(config);
  requireBackend('unetAttD');
  registerLayers();
  const { timeMlp, encoders, decoders, attention, convs, outputConv } = unetAttDLayers(resolved);
  const [height, width] = resolved.size ?? [null, null];
  const x = tfl.input({ shape: [height, width, resolved.inChannels], name: 'x' });
  // Not int32, to which tfjs would cut timesteps between two of the schedule.
  const t = tfl.input({ shape: [1], dtype: 'float32', name: 't' });
  const apply = (layer: tfl.layers.Layer, input: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
    layer.apply(input) as tfl.SymbolicTensor;

  const skips: tfl.SymbolicTensor[] = [];
  const patched = resolved.patchSize === 2;
  let y = patched ? apply(new PixelUnshuffle({ name: 'patches', sizeMultiple: 64 }), x) : x;
  encoders.forEach((encoder, i) => {
    if (i > 0) {
      skips.push(y);
      y = apply(new MaxPool2d({ name: `pool_${i}` }), y);
    }
    y = apply(encoder, y);
  });
  y = apply(new AddTimeEmbedding({ name: 'add_time' }), [y, apply(timeMlp, t)]);
  decoders.forEach((decoder, i) => {
    const up = apply(decoder, y);
    const level = 4 - i;
    let skip = skips[level];
    if (attention.length > 0) skip = apply(attention[i], [up, skip]);
    const rate = resolved.skipDropRate[level];
    if (rate > 0) {
      const name = `skip_dropout_${level + 1}`;
      skip = apply(new SkipDropout({ name, rate, index: level, seed: resolved.seed }), skip);
    }
    const both = apply(new ConcatChannels({ name: `concat${i + 1}` }), [skip, up]);
    y = apply(convs[i], both);
  });
  y = apply(outputConv, y);
  if (patched) y = apply(new PixelShuffle({ name: 'pixels' }), y);
  return tfl.model({ inputs: [x, t], outputs: y, name: 'unet_att_d' });
}
