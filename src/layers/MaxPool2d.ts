import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { maxPool2d } from '../ops/maxPool2d.js';
import { singleInput } from './layerCall.js';

/**
 * Maximum of each 2×2 cell: [batch, height, width, channels] → [batch, height / 2, width / 2, channels].
 *
 * `torch.nn.MaxPool2d(2)`, with a gradient that is right for negative cells too, unlike tfjs' on wasm.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { MaxPool2d } from 'diffusion-ssl/layers';
 *
 * const pool = new MaxPool2d({ name: 'pool_1' });
 * console.log((pool.apply(tf.ones([1, 8, 8, 4])) as tf.Tensor).shape); // [1, 4, 4, 4]
 * ```
 */
export class MaxPool2d extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslMaxPool2d';

  override computeOutputShape([batch, height, width, channels]: tfl.Shape): tfl.Shape {
    const half = (side: number | null) => (side === null ? null : side / 2);
    return [batch, half(height), half(width), channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return maxPool2d(singleInput(inputs) as tf.Tensor4D);
  }
}
