import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { pixelShuffle } from '../ops/pixelShuffle.js';
import { singleInput } from './layerCall.js';

/**
 * Groups of four channels to 2×2 cells of pixels: [batch, height, width, 4·channels] → [batch, 2·height, 2·width,
 * channels].
 *
 * `torch.nn.PixelShuffle(2)`.
 *
 * @throws On a call, if the number of channels is not a multiple of 4.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { PixelShuffle } from 'diffusion-ssl/layers';
 *
 * const pixels = new PixelShuffle({ name: 'pixels' });
 * console.log((pixels.apply(tf.ones([1, 8, 8, 4])) as tf.Tensor).shape); // [1, 16, 16, 1]
 * ```
 */
export class PixelShuffle extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslPixelShuffle';

  override computeOutputShape([batch, height, width, channels]: tfl.Shape): tfl.Shape {
    const twice = (side: number | null) => (side === null ? null : 2 * side);
    return [batch, twice(height), twice(width), channels === null ? null : channels / 4];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return pixelShuffle(singleInput(inputs) as tf.Tensor4D);
  }
}
