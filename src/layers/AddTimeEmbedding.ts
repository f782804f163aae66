import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/**
 * Adds one vector a sample to every pixel.
 *
 * Called with [activation, embedding], of shapes [batch, height, width, channels] and [batch, channels]; returns the
 * shape of the former.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { AddTimeEmbedding } from 'diffusion-ssl/layers';
 *
 * const layer = new AddTimeEmbedding({ name: 'add_time' });
 * const y = layer.apply([tf.zeros([2, 4, 4, 8]), tf.ones([2, 8])]) as tf.Tensor;
 * console.log(y.shape); // [2, 4, 4, 8]
 * ```
 */
export class AddTimeEmbedding extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslAddTimeEmbedding';

  override computeOutputShape(inputShape: tfl.Shape[]): tfl.Shape {
    return inputShape[0];
  }

  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [x, embedding] = inputs;
    return tf.tidy(() => tf.add(x, tf.reshape(embedding, [embedding.shape[0], 1, 1, embedding.shape[1]!])));
  }
}
