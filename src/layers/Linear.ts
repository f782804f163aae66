import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { applyLinear } from './applyParameters.js';
import { singleInput } from './layerCall.js';
import { type Initialization, linearSpecs, type ParameterSpec, withoutPrefix } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link Linear}. */
export interface LinearConfig extends SpecLayerConfig {
  inFeatures: number;
  outFeatures: number;
  /** Of the matrix; the bias then begins with zeros. Default torch's of both. */
  initialization?: Initialization;
  /** Whether there is a bias. Default true. */
  bias?: boolean;
}

/**
 * A matrix and mostly a bias over the last axis, with torch's initial values.
 *
 * [..., inFeatures] → [..., outFeatures]. Torch names `weight` and `bias`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Linear } from 'diffusion-ssl/layers';
 *
 * const layer = new Linear({ name: 'projection', inFeatures: 4, outFeatures: 8 });
 * console.log((layer.apply(tf.ones([2, 5, 4])) as tf.Tensor).shape); // [2, 5, 8]
 * ```
 */
export class Linear extends SpecLayer {
  static readonly className = 'DiffusionSslLinear';

  constructor(protected override readonly config: LinearConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { inFeatures, outFeatures, initialization, bias } = this.config;
    return withoutPrefix(linearSpecs('', inFeatures, outFeatures, { initialization, bias }));
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return [...inputShape.slice(0, -1), this.config.outFeatures];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => applyLinear(this, '', singleInput(inputs)));
  }
}
