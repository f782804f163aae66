import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { isTraining } from '../layers/layerCall.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { concatChannels } from '../ops/concatChannels.js';
import { maxPool2d } from '../ops/maxPool2d.js';
import { HeadLayer } from './HeadLayer.js';

/** How often a side is halved. */
const HALVINGS = 3;

/**
 * All maps at the size of the largest, stacked, and a U-Net (Ronneberger et al. 2015): twice a convolution 3×3 with
 * batch norm and ReLU at each of four sizes, maxima of 2×2 between; on the way up bilinear interpolation, stacked onto
 * what was there. Then 1×1.
 */
export class UnetSegmentationHead extends HeadLayer {
  static readonly className = 'DiffusionSslUnetSegmentationHead';

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, classes, width } = this.config;
    const stacked = inChannels.reduce((sum, count) => sum + count);
    const at = (level: number) => width * 2 ** level;
    const twice = (prefix: string, from: number, to: number) => [
      ...this.normedSpecs(`${prefix}.0`, [3, from, to]),
      ...this.normedSpecs(`${prefix}.1`, [3, to, to]),
    ];
    const down = Array.from({ length: HALVINGS + 1 }, (_, i) =>
      twice(`down.${i}`, i === 0 ? stacked : at(i - 1), at(i)),
    );
    const up = Array.from({ length: HALVINGS }, (_, i) => {
      const level = HALVINGS - 1 - i;
      return twice(`up.${i}`, at(level + 1) + at(level), at(level));
    });
    return [...down.flat(), ...up.flat(), ...this.convolutionSpecs('classify', [1, width, classes])];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const maps = this.maps(inputs);
    const size = this.size(maps);
    if (size.some((side) => side % 2 ** HALVINGS !== 0)) {
      throw argumentError(
        `${this.name}: the largest map`,
        size,
        `of sides that are multiples of ${2 ** HALVINGS}`,
      );
    }
    const training = isTraining(kwargs);
    const twice = (x: tf.Tensor4D, prefix: string) =>
      this.convolveNormed(this.convolveNormed(x, `${prefix}.0`, training), `${prefix}.1`, training);
    return tf.tidy(() => {
      let y = twice(maps.map((map) => this.resized(map, size)).reduce(concatChannels), 'down.0');
      const skips: tf.Tensor4D[] = [];
      for (let i = 1; i <= HALVINGS; i++) {
        skips.push(y);
        y = twice(maxPool2d(y), `down.${i}`);
      }
      for (let i = 0; i < HALVINGS; i++) {
        const skip = skips.pop()!;
        const [, height, width] = skip.shape;
        y = twice(concatChannels(this.resized(y, [height, width]), skip), `up.${i}`);
      }
      return this.resized(this.convolve(y, 'classify'), this.size(maps, this.config.scale));
    });
  }
}
