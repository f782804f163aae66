import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { resample2d } from '../ops/resample2d.js';
import { upsampleConv2d } from '../ops/upsampleConv2d.js';
import { applyConv } from './applyParameters.js';
import { applyWeight } from './applyWeight.js';
import { conv2dSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link Upsample2d}. */
export interface Upsample2dConfig extends SpecLayerConfig {
  channels: number;
}

/**
 * Doubles height and width by repeated pixels, and convolves: diffusers' `Upsample2D`.
 *
 * [batch, height, width, channels] → [batch, 2·height, 2·width, channels]. Called with a second image, it takes that
 * one's height and width instead. Torch names `conv.weight` and `conv.bias`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Upsample2d } from 'diffusion-ssl/layers';
 *
 * const layer = new Upsample2d({ name: 'up', channels: 8 });
 * console.log((layer.apply(tf.ones([1, 8, 8, 8])) as tf.Tensor).shape); // [1, 16, 16, 8]
 * ```
 */
export class Upsample2d extends SpecLayer {
  static readonly className = 'DiffusionSslUpsample2d';

  constructor(protected override readonly config: Upsample2dConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels } = this.config;
    return conv2dSpecs('conv', [3, channels, channels], { bias: true });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const shapes = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as tfl.Shape[];
    const [batch, height, width, channels] = shapes[0];
    if (shapes.length > 1) return [batch, shapes[1][1], shapes[1][2], channels];
    const twice = (side: number | null) => (side === null ? null : 2 * side);
    return [batch, twice(height), twice(width), channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, like] = (Array.isArray(inputs) ? inputs : [inputs]) as [tf.Tensor4D, tf.Tensor4D?];
    const doubled = [2 * x.shape[1], 2 * x.shape[2]] as const;
    const size = like ? ([like.shape[1], like.shape[2]] as const) : doubled;
    return tf.tidy(() => {
      const isDoubled = size.join() === doubled.join();
      if (!isDoubled) return applyConv(this, 'conv', resample2d(x, { size, mode: 'nearest' }));
      const product = (x: tf.Tensor4D, filter: tf.Tensor4D, bias?: tf.Tensor1D) =>
        upsampleConv2d(x, filter, bias ?? tf.zeros([filter.shape[3]]));
      return applyWeight(this, 'conv', x, product);
    });
  }
}
