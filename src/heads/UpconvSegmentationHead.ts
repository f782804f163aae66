import * as tf from '@tensorflow/tfjs-core';
import { isTraining } from '../layers/layerCall.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { concatChannels } from '../ops/concatChannels.js';
import { HeadLayer } from './HeadLayer.js';

/** How often it is enlarged. */
const STEPS = 4;

/**
 * All maps at the size of the largest, stacked, and four times a convolution 3×3 with batch norm and ReLU and bilinear
 * interpolation, to the size of the output in four equal ratios: twofold of tokens whose patches are 16 pixels. Then
 * 1×1. Of width 64 the convolutions have 256, 128, 64 and 32 channels.
 */
export class UpconvSegmentationHead extends HeadLayer {
  static readonly className = 'DiffusionSslUpconvSegmentationHead';

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, classes } = this.config;
    const widths = this.widths();
    const stacked = inChannels.reduce((sum, count) => sum + count);
    return [
      ...widths.flatMap((to, i) => this.normedSpecs(`up.${i}`, [3, i === 0 ? stacked : widths[i - 1], to])),
      ...this.convolutionSpecs('classify', [1, widths[STEPS - 1], classes]),
    ];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const maps = this.maps(inputs);
    const training = isTraining(kwargs);
    const { scale } = this.config;
    return tf.tidy(() => {
      const [height, width] = this.size(maps);
      let y = maps.map((map) => this.resized(map, [height, width])).reduce(concatChannels);
      for (let i = 0; i < STEPS; i++) {
        const factor = scale ** ((i + 1) / STEPS);
        const size = [Math.round(height * factor), Math.round(width * factor)] as const;
        y = this.resized(this.convolveNormed(y, `up.${i}`, training), size);
      }
      return this.convolve(y, 'classify');
    });
  }

  private widths(): number[] {
    return Array.from({ length: STEPS }, (_, i) => Math.max(1, Math.round(this.config.width * 2 ** (2 - i))));
  }
}
