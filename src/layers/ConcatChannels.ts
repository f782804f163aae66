import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { concatChannels } from '../ops/concatChannels.js';

/** Two activations one after the other along the channels, the first input first. */
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
