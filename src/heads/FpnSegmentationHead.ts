import * as tf from '@tensorflow/tfjs-core';
import { isTraining } from '../layers/layerCall.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { HeadLayer, sumOf } from './HeadLayer.js';

/**
 * Feature pyramid (Lin et al. 2017; as a segmentation head, Kirillov et al. 2019): 1×1 to one width for each map, from
 * the smallest to the largest each added to the next, then 3×3 with batch norm and ReLU; their sum at the size of the
 * largest, and 1×1.
 */
export class FpnSegmentationHead extends HeadLayer {
  static readonly className = 'DiffusionSslFpnSegmentationHead';

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, classes, width } = this.config;
    const ofMap = (channels: number, i: number) => [
      ...this.convolutionSpecs(`laterals.${i}`, [1, channels, width]),
      ...this.normedSpecs(`blocks.${i}`, [3, width, width]),
    ];
    return [...inChannels.flatMap(ofMap), ...this.convolutionSpecs('classify', [1, width, classes])];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const maps = this.maps(inputs);
    const training = isTraining(kwargs);
    const area = ({ shape }: tf.Tensor4D) => shape[1] * shape[2];
    const upwards = [...maps.keys()].sort((a, b) => area(maps[a]) - area(maps[b]));
    return tf.tidy(() => {
      const size = this.size(maps);
      const levels: tf.Tensor4D[] = [];
      let above: tf.Tensor4D | undefined;
      for (const i of upwards) {
        const lateral = this.convolve(maps[i], `laterals.${i}`);
        const [, height, width] = lateral.shape;
        above = above ? tf.add<tf.Tensor4D>(lateral, this.resized(above, [height, width])) : lateral;
        levels.push(this.resized(this.convolveNormed(above, `blocks.${i}`, training), size));
      }
      return this.resized(this.convolve(sumOf(levels), 'classify'), this.size(maps, this.config.scale));
    });
  }
}
