import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { isTraining } from '../layers/layerCall.js';
import { batchNormSpecs, type ParameterSpec } from '../layers/ParameterSpec.js';
import { concatChannels } from '../ops/concatChannels.js';
import { pixelMean } from '../ops/pixelMean.js';
import { HeadLayer } from './HeadLayer.js';

/** The mean of each map over its pixels, side by side, batch norm, and a linear layer. */
export class ClassificationHeadLayer extends HeadLayer {
  static readonly className = 'DiffusionSslClassificationHead';

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, classes } = this.config;
    const channels = inChannels.reduce((sum, count) => sum + count);
    return [
      ...batchNormSpecs('norm', channels),
      ...this.convolutionSpecs('classify', [1, channels, classes]),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return [super.computeOutputShape(inputShape)[0], this.config.classes];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const maps = this.maps(inputs);
    const training = isTraining(kwargs);
    return tf.tidy(() => {
      const pooled = maps.map(pixelMean).reduce(concatChannels);
      const normed = this.batchNorm(pooled, 'norm', training);
      return tf.reshape(this.convolve(normed, 'classify'), [pooled.shape[0], this.config.classes]);
    });
  }
}
