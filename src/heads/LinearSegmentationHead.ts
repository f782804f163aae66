import * as tf from '@tensorflow/tfjs-core';
import { isTraining } from '../layers/layerCall.js';
import { batchNormSpecs, type ParameterSpec } from '../layers/ParameterSpec.js';
import { HeadLayer, sumOf } from './HeadLayer.js';

/** Batch norm and a 1×1 convolution for each map, mixed by learned weights that sum to 1. */
export class LinearSegmentationHead extends HeadLayer {
  static readonly className = 'DiffusionSslLinearSegmentationHead';

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, classes } = this.config;
    const mix: ParameterSpec = {
      name: 'mix',
      shape: [inChannels.length],
      trainable: true,
      dtype: 'float32',
      initialization: { type: 'constant', value: 0 },
      layout: 'same',
    };
    const ofMap = (channels: number, i: number) => [
      ...batchNormSpecs(`norms.${i}`, channels),
      ...this.convolutionSpecs(`convs.${i}`, [1, channels, classes]),
    ];
    return [mix, ...inChannels.flatMap(ofMap)];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const maps = this.maps(inputs);
    const training = isTraining(kwargs);
    return tf.tidy(() => {
      const mix = tf.softmax(this.variable<tf.Rank.R1>('mix'));
      const size = this.size(maps, this.config.scale);
      const each = maps.map((map, i) => {
        const logits = this.convolve(this.batchNorm(map, `norms.${i}`, training), `convs.${i}`);
        // Not tf.split, whose gradient fails where there is one part.
        return tf.mul<tf.Tensor4D>(this.resized(logits, size), tf.slice(mix, i, 1));
      });
      return sumOf(each);
    });
  }
}
