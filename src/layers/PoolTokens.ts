import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { singleInput } from './layerCall.js';

/** Configuration of {@link PoolTokens}. */
export interface PoolTokensConfig {
  name: string;
  /** `'token'`: the first one; `'avg'`: the mean over those behind the first `prefix`. */
  pool: 'token' | 'avg';
  /** Default 0. */
  prefix?: number;
}

/**
 * A sequence of tokens as one vector.
 *
 * [batch, tokens, channels] → [batch, channels]. It has no parameters.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { PoolTokens } from 'diffusion-ssl/layers';
 *
 * const layer = new PoolTokens({ name: 'pool', pool: 'avg', prefix: 1 });
 * console.log((layer.apply(tf.ones([2, 5, 4])) as tf.Tensor).shape); // [2, 4]
 * ```
 */
export class PoolTokens extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslPoolTokens';

  constructor(private readonly config: PoolTokensConfig) {
    super({ name: config.name });
  }

  override computeOutputShape([batch, , channels]: tfl.Shape): tfl.Shape {
    return [batch, channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = singleInput(inputs) as tf.Tensor3D;
    const { pool, prefix = 0 } = this.config;
    const [batch, tokens, channels] = x.shape;
    return tf.tidy(() => {
      if (pool === 'token')
        return tf.reshape(tf.slice(x, [0, 0, 0], [batch, 1, channels]), [batch, channels]);
      return tf.mean(tf.slice(x, [0, prefix, 0], [batch, tokens - prefix, channels]), 1);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.config as unknown as tf.serialization.ConfigDict) };
  }
}
