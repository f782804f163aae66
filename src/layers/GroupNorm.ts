import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ActivationName } from './activation.js';
import { normalize } from './applyParameters.js';
import { singleInput } from './layerCall.js';
import { normSpecs, type ParameterSpec, withoutPrefix } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link GroupNorm}. */
export interface GroupNormConfig extends SpecLayerConfig {
  channels: number;
  groups: number;
  /** Added to the variance. Default 1e-5. */
  epsilon?: number;
  /** What follows. Default nothing. */
  activation?: ActivationName;
}

/**
 * Group normalisation, with an activation behind it if asked for.
 *
 * [batch, height, width, channels] → the same shape. Torch names `weight` and `bias`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { GroupNorm } from 'diffusion-ssl/layers';
 *
 * const layer = new GroupNorm({ name: 'conv_norm_out', channels: 8, groups: 4, activation: 'silu' });
 * console.log((layer.apply(tf.ones([1, 16, 16, 8])) as tf.Tensor).shape); // [1, 16, 16, 8]
 * ```
 */
export class GroupNorm extends SpecLayer {
  static readonly className = 'DiffusionSslGroupNorm';

  constructor(protected override readonly config: GroupNormConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    return withoutPrefix(normSpecs('', this.config.channels));
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = singleInput(inputs) as tf.Tensor4D;
    const { groups, epsilon = 1e-5, activation } = this.config;
    const parameters = [this.variable<tf.Rank.R1>('weight'), this.variable<tf.Rank.R1>('bias')] as const;
    return tf.tidy(() => normalize(x, parameters, { groups, epsilon, activation }));
  }
}
