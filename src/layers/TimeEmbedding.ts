import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { embedTimesteps, timestepFrequencies } from '../diffusion/embedTimesteps.js';
import { applyWeight } from './applyWeight.js';
import { singleInput } from './layerCall.js';
import { linearSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link TimeEmbedding}. */
export interface TimeEmbeddingConfig extends SpecLayerConfig {
  /** Size of the sinusoidal embedding. */
  embeddingDim: number;
  /** Size of the result. */
  channels: number;
}

/**
 * Timesteps as one vector a sample: sinusoidal embedding, linear layer, ReLU.
 *
 * Timesteps [batch] or [batch, 1] → [batch, channels]. Torch names `0.weight` and `0.bias`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { TimeEmbedding } from 'diffusion-ssl/layers';
 *
 * const layer = new TimeEmbedding({ name: 'time_mlp', embeddingDim: 32, channels: 16 });
 * console.log((layer.apply(tf.tensor1d([0, 999], 'int32')) as tf.Tensor).shape); // [2, 16]
 * ```
 */
export class TimeEmbedding extends SpecLayer {
  static readonly className = 'DiffusionSslTimeEmbedding';

  constructor(protected override readonly config: TimeEmbeddingConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    return linearSpecs('0', this.config.embeddingDim, this.config.channels);
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return [inputShape[0], this.config.channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const t = tf.reshape(singleInput(inputs), [-1]) as tf.Tensor1D;
      const dim = this.config.embeddingDim;
      const embedding = embedTimesteps(t, { dim, frequencies: timestepFrequencies(Math.floor(dim / 2)) });
      const product = (x: tf.Tensor2D, weight: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D => {
        const y: tf.Tensor2D = tf.matMul(x, weight);
        return bias ? tf.add(y, bias) : y;
      };
      return tf.relu(applyWeight(this, '0', embedding, product));
    });
  }
}
