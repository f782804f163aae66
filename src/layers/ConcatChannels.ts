import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { concatChannels } from '../ops/concatChannels.js';

/**
 * Two activations one after the other along the channels, the first input first.
 *
 * Called with two tensors [batch, height, width, channels] that may differ in their channels.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ConcatChannels } from 'diffusion-ssl/layers';
 *
 * const layer = new ConcatChannels({ name: 'concat1' });
 * const y = layer.apply([tf.ones([1, 4, 4, 3]), tf.zeros([1, 4, 4, 2])]) as tf.Tensor;
 * console.log(y.shape); // [1, 4, 4, 5]
 * ```
 */
export class ConcatChannels extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslConcatChannels';

  override computeOutputShape([a, b]: tfl.Shape[]): tfl.Shape {
    return [a[0], a[1], a[2], a[3]! + b[3]!];
  }

  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [a, b] = inputs as tf.Tensor4D[];
    return concatChannels(a, b);
  }
}
