import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { argumentError } from '../internal/checks.js';
import { applyConv } from './applyParameters.js';
import { channelsLast, singleInput } from './layerCall.js';
import { conv2dSpecs, type ParameterSpec, withoutPrefix } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link Conv2d}. */
export interface Conv2dConfig extends SpecLayerConfig {
  inChannels: number;
  outChannels: number;
  /** Side of the filter, odd. Default 3. */
  kernelSize?: number;
  /** Whether values in [0, 1] are first mapped to [-1, 1]. Default false. */
  center?: boolean;
  /** Height and width must be multiples of this. Default 1. */
  sizeMultiple?: number;
}

/**
 * Convolution with bias that keeps height and width.
 *
 * [batch, height, width, inChannels] → [batch, height, width, outChannels]. Torch names `weight` and `bias`.
 *
 * @throws On a call, if the channels are not `inChannels` or a side is no multiple of `sizeMultiple`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Conv2d } from 'diffusion-ssl/layers';
 *
 * const layer = new Conv2d({ name: 'conv_in', inChannels: 4, outChannels: 8 });
 * console.log((layer.apply(tf.ones([1, 16, 16, 4])) as tf.Tensor).shape); // [1, 16, 16, 8]
 * ```
 */
export class Conv2d extends SpecLayer {
  static readonly className = 'DiffusionSslConv2d';

  constructor(protected override readonly config: Conv2dConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { kernelSize = 3, inChannels, outChannels } = this.config;
    return withoutPrefix(conv2dSpecs('', [kernelSize, inChannels, outChannels], { bias: true }));
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return channelsLast(inputShape, this.config.outChannels);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = singleInput(inputs) as tf.Tensor4D;
    const { inChannels, sizeMultiple = 1, center = false } = this.config;
    const [, height, width, channels] = x.shape;
    if (height % sizeMultiple !== 0 || width % sizeMultiple !== 0 || channels !== inChannels) {
      const accepted = `[batch, height, width, ${inChannels}] with height and width multiples of ${sizeMultiple}`;
      throw argumentError(`${this.name}: the input shape`, x.shape, accepted);
    }
    return tf.tidy(() => {
      const centred = center ? tf.sub<tf.Tensor4D>(tf.mul(x, 2), 1) : x;
      return applyConv(this, '', centred);
    });
  }
}
