import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { embedTimesteps, timestepFrequencies } from '../diffusion/embedTimesteps.js';
import { singleInput } from './layerCall.js';
import type { SinusoidConfig } from './TimestepMlp.js';

/** Configuration of {@link SinusoidalEmbedding}. */
export interface SinusoidalEmbeddingConfig extends SinusoidConfig {
  name: string;
}

/**
 * The sinusoidal embedding of timesteps, `getTimestepEmbedding`, and nothing more: U-ViT's without an MLP.
 *
 * [batch] or [batch, 1] → [batch, dim]. It has no parameters.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { SinusoidalEmbedding } from 'diffusion-ssl/layers';
 *
 * const layer = new SinusoidalEmbedding({ name: 'time', dim: 16, flipSinToCos: true, freqShift: 0 });
 * console.log((layer.apply(tf.tensor2d([[0], [999]])) as tf.Tensor).shape); // [2, 16]
 * ```
 */
export class SinusoidalEmbedding extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslSinusoidalEmbedding';

  constructor(private readonly config: SinusoidalEmbeddingConfig) {
    super({ name: config.name });
  }

  override computeOutputShape([batch]: tfl.Shape): tfl.Shape {
    return [batch, this.config.dim];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { dim, flipSinToCos, freqShift } = this.config;
    const frequencies = timestepFrequencies(Math.floor(dim / 2), 10_000, freqShift);
    return tf.tidy(() =>
      embedTimesteps(tf.reshape(singleInput(inputs), [-1]), { dim, frequencies, flipSinToCos }),
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.config as unknown as tf.serialization.ConfigDict) };
  }
}
