import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { argumentError } from '../internal/checks.js';
import { pixelUnshuffle } from '../ops/pixelUnshuffle.js';
import { singleInput } from './layerCall.js';

/** Configuration of {@link PixelUnshuffle}. */
export interface PixelUnshuffleConfig {
  name: string;
  /** Height and width must be multiples of this. Default 2. */
  sizeMultiple?: number;
}

/**
 * 2×2 cells of pixels to groups of four channels: [batch, height, width, channels] → [batch, height / 2, width / 2,
 * 4·channels].
 *
 * `torch.nn.PixelUnshuffle(2)`, the inverse of `PixelShuffle`.
 *
 * @throws On a call, if height or width is no multiple of `sizeMultiple`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { PixelUnshuffle } from 'diffusion-ssl/layers';
 *
 * const patches = new PixelUnshuffle({ name: 'patches' });
 * console.log((patches.apply(tf.ones([1, 8, 8, 4])) as tf.Tensor).shape); // [1, 4, 4, 16]
 * ```
 */
export class PixelUnshuffle extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslPixelUnshuffle';

  constructor(private readonly config: PixelUnshuffleConfig) {
    super({ name: config.name });
  }

  override computeOutputShape([batch, height, width, channels]: tfl.Shape): tfl.Shape {
    const half = (side: number | null) => (side === null ? null : side / 2);
    return [batch, half(height), half(width), channels === null ? null : 4 * channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = singleInput(inputs) as tf.Tensor4D;
    const { sizeMultiple = 2 } = this.config;
    if (x.shape[1] % sizeMultiple !== 0 || x.shape[2] % sizeMultiple !== 0) {
      const accepted = `[batch, height, width, channels] with height and width multiples of ${sizeMultiple}`;
      throw argumentError(`${this.name}: the input shape`, x.shape, accepted);
    }
    return pixelUnshuffle(x);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.config as unknown as tf.serialization.ConfigDict) };
  }
}
