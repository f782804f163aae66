import * as tf from '@tensorflow/tfjs-core';
import { isTraining } from '../layers/layerCall.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { concatChannels } from '../ops/concatChannels.js';
import { HeadLayer } from './HeadLayer.js';

/** All maps at the size of the largest, stacked, and two convolutions 3×3 with batch norm and ReLU; then 1×1. */
export class ConvSegmentationHead extends HeadLayer {
  static readonly className = 'DiffusionSslConvSegmentationHead';

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, classes, width } = this.config;
    const channels = inChannels.reduce((sum, count) => sum + count);
    return [
      ...this.normedSpecs('blocks.0', [3, channels, width]),
      ...this.normedSpecs('blocks.1', [3, width, width]),
      ...this.convolutionSpecs('classify', [1, width, classes]),
    ];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const maps = this.maps(inputs);
    const training = isTraining(kwargs);
    return tf.tidy(() => {
      const size = this.size(maps);
      const stacked = maps.map((map) => this.resized(map, size)).reduce(concatChannels);
      const inner = this.convolveNormed(stacked, 'blocks.0', training);
      const logits = this.convolve(this.convolveNormed(inner, 'blocks.1', training), 'classify');
      return this.resized(logits, this.size(maps, this.config.scale));
    });
  }
}
