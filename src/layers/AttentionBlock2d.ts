import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { attention } from '../ops/attention.js';
import { applyGroupNorm, applyLinear } from './applyParameters.js';
import { singleInput } from './layerCall.js';
import { linearSpecs, normSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link AttentionBlock2d}. */
export interface AttentionBlock2dConfig extends SpecLayerConfig {
  channels: number;
  heads: number;
  /** Channels of a head. Default `channels` / `heads`. */
  headChannels?: number;
  /** Groups of the norm before it. Default: there is none. */
  groups?: number;
  /** Added to the norm's variance. Default 1e-5. */
  epsilon?: number;
  /** What the sum of both ways is divided by. Default 1. */
  outputScaleFactor?: number;
}

/**
 * Attention of each pixel to all pixels, behind a group norm and with a way around: what the attention blocks of
 * diffusers' `UNet2DModel` and `AutoencoderKL` have.
 *
 * [batch, height, width, channels] → the same shape. Torch names `group_norm`, `to_q`, `to_k`, `to_v` and `to_out.0`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { AttentionBlock2d } from 'diffusion-ssl/layers';
 *
 * const layer = new AttentionBlock2d({ name: 'attention', channels: 8, heads: 2, groups: 4 });
 * console.log((layer.apply(tf.ones([1, 16, 16, 8])) as tf.Tensor).shape); // [1, 16, 16, 8]
 * ```
 */
export class AttentionBlock2d extends SpecLayer {
  static readonly className = 'DiffusionSslAttentionBlock2d';

  constructor(protected override readonly config: AttentionBlock2dConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels, heads, headChannels = channels / heads, groups } = this.config;
    const inner = heads * headChannels;
    return [
      ...(groups ? normSpecs('group_norm', channels) : []),
      ...['to_q', 'to_k', 'to_v'].flatMap((name) => linearSpecs(name, channels, inner)),
      ...linearSpecs('to_out.0', inner, channels),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = singleInput(inputs) as tf.Tensor4D;
    const { heads, groups, epsilon = 1e-5, outputScaleFactor = 1 } = this.config;
    const [batch, height, width, channels] = x.shape;
    return tf.tidy(() => {
      const normed = groups ? applyGroupNorm(this, 'group_norm', x, { groups, epsilon }) : x;
      const tokens: tf.Tensor3D = tf.reshape(normed, [batch, height * width, channels]);
      const [q, k, v] = ['to_q', 'to_k', 'to_v'].map((name) => applyLinear(this, name, tokens));
      const around = tf.reshape(x, tokens.shape);
      const sum = tf.reshape(applyLinear(this, 'to_out.0', attention(q, k, v, { heads }), around), x.shape);
      return outputScaleFactor === 1 ? sum : tf.div(sum, outputScaleFactor);
    });
  }
}
