import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { conv2d } from '../ops/conv2d.js';
import { applyWeight } from './applyWeight.js';
import { channelsLast, singleInput } from './layerCall.js';
import { conv2dSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link Conv1x1}. */
export interface Conv1x1Config extends SpecLayerConfig {
  inChannels: number;
  outChannels: number;
}

/**
 * Convolution 1×1 with bias: [batch, height, width, inChannels] → [batch, height, width, outChannels].
 *
 * Torch names `weight` and `bias`, as of `torch.nn.Conv2d(inChannels, outChannels, 1)`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Conv1x1 } from 'diffusion-ssl/layers';
 *
 * const layer = new Conv1x1({ name: 'output_conv', inChannels: 8, outChannels: 4 });
 * console.log((layer.apply(tf.ones([1, 16, 16, 8])) as tf.Tensor).shape); // [1, 16, 16, 4]
 * ```
 */
export class Conv1x1 extends SpecLayer {
  static readonly className = 'DiffusionSslConv1x1';

  constructor(protected override readonly config: Conv1x1Config) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    return conv2dSpecs('', [1, this.config.inChannels, this.config.outChannels], { bias: true }).map(
      (spec) => ({
        ...spec,
        name: spec.name.slice(1),
      }),
    );
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return channelsLast(inputShape, this.config.outChannels);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => applyWeight(this, '', singleInput(inputs) as tf.Tensor4D, conv2d));
  }
}
