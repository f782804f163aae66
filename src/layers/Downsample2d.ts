import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { downsampleConv2d } from '../ops/downsampleConv2d.js';
import { applyWeight } from './applyWeight.js';
import { singleInput } from './layerCall.js';
import { conv2dSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link Downsample2d}. */
export interface Downsample2dConfig extends SpecLayerConfig {
  channels: number;
  /** Where the image gets a line of zeros: around it, or only after its last row and column. Default `'around'`. */
  padding?: 'around' | 'after';
}

/**
 * Halves height and width by a convolution 3×3 of stride 2: diffusers' `Downsample2D`.
 *
 * [batch, height, width, channels] → [batch, height / 2, width / 2, channels]. Torch names `conv.weight` and
 * `conv.bias`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Downsample2d } from 'diffusion-ssl/layers';
 *
 * const layer = new Downsample2d({ name: 'down', channels: 8 });
 * console.log((layer.apply(tf.ones([1, 16, 16, 8])) as tf.Tensor).shape); // [1, 8, 8, 8]
 * ```
 */
export class Downsample2d extends SpecLayer {
  static readonly className = 'DiffusionSslDownsample2d';

  constructor(protected override readonly config: Downsample2dConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels } = this.config;
    return conv2dSpecs('conv', [3, channels, channels], { bias: true });
  }

  override computeOutputShape([batch, height, width, channels]: tfl.Shape): tfl.Shape {
    const round = this.config.padding === 'after' ? Math.floor : Math.ceil;
    const half = (side: number | null) => (side === null ? null : round(side / 2));
    return [batch, half(height), half(width), channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { padding } = this.config;
    const downsample = (x: tf.Tensor4D, filter: tf.Tensor4D, bias?: tf.Tensor1D) =>
      downsampleConv2d(x, filter, bias ?? tf.zeros([filter.shape[3]]), { padding });
    return tf.tidy(() => applyWeight(this, 'conv', singleInput(inputs) as tf.Tensor4D, downsample));
  }
}
