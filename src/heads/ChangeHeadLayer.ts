import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { argumentError } from '../internal/checks.js';
import { isTraining } from '../layers/layerCall.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { absoluteDifference } from '../losses/absoluteDifference.js';
import { HeadLayer, sumOf } from './HeadLayer.js';

/**
 * Change between two dates: for each map 1×1 and 3×3 with batch norm and ReLU, of both dates by the same weights, then
 * |A − B|; the differences' sum at the size of the largest, 3×3 with batch norm and ReLU, and 1×1 (after ddpm-cd).
 */
export class ChangeHeadLayer extends HeadLayer {
  static readonly className = 'DiffusionSslChangeHead';

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, classes, width } = this.config;
    const ofMap = (channels: number, i: number) => [
      ...this.normedSpecs(`maps.${i}.0`, [1, channels, width]),
      ...this.normedSpecs(`maps.${i}.1`, [3, width, width]),
    ];
    return [
      ...inChannels.flatMap(ofMap),
      ...this.normedSpecs('block', [3, width, width]),
      ...this.convolutionSpecs('classify', [1, width, classes]),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, ...others] = super.computeOutputShape(inputShape);
    return [batch === null ? null : batch / 2, ...others];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const maps = this.maps(inputs);
    const training = isTraining(kwargs);
    const [images] = maps[0].shape;
    if (images % 2 !== 0) {
      throw argumentError(
        `${this.name}: the batch`,
        images,
        'even: all images of one date, then those of the other',
      );
    }
    return tf.tidy(() => {
      const size = this.size(maps);
      const differences = maps.map((map, i) => {
        const inner = this.convolveNormed(map, `maps.${i}.0`, training);
        const [before, after] = tf.split(this.convolveNormed(inner, `maps.${i}.1`, training), 2);
        return this.resized(absoluteDifference(before, after) as tf.Tensor4D, size);
      });
      const mixed = this.convolveNormed(sumOf(differences), 'block', training);
      return this.resized(this.convolve(mixed, 'classify'), this.size(maps, this.config.scale));
    });
  }
}
