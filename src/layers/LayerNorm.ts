import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { layerNorm } from '../ops/layerNorm.js';
import { singleInput } from './layerCall.js';
import { normSpecs, type ParameterSpec, withoutPrefix } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link LayerNorm}. */
export interface LayerNormConfig extends SpecLayerConfig {
  channels: number;
  /** Added to the variance. Default 1e-5. */
  epsilon?: number;
}

/**
 * Layer normalisation over the last axis.
 *
 * [..., channels] → the same shape. Torch names `weight` and `bias`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { LayerNorm } from 'diffusion-ssl/layers';
 *
 * const layer = new LayerNorm({ name: 'norm', channels: 4 });
 * console.log((layer.apply(tf.ones([2, 5, 4])) as tf.Tensor).shape); // [2, 5, 4]
 * ```
 */
export class LayerNorm extends SpecLayer {
  static readonly className = 'DiffusionSslLayerNorm';

  constructor(protected override readonly config: LayerNormConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    return withoutPrefix(normSpecs('', this.config.channels));
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [weight, bias] = [this.variable<tf.Rank.R1>('weight'), this.variable<tf.Rank.R1>('bias')];
    return tf.tidy(() => layerNorm(singleInput(inputs), { weight, bias, epsilon: this.config.epsilon }));
  }
}
