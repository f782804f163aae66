import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** Adds one vector a sample to every pixel: [batch, height, width, channels] and [batch, channels]. */
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
