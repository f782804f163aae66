import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { embedTimesteps, timestepFrequencies } from '../diffusion/embedTimesteps.js';
import { argumentError } from '../internal/checks.js';
import { type ActivationName, activate } from './activation.js';
import { applyLinear } from './applyParameters.js';
import { singleInput } from './layerCall.js';
import { linearSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';
import type { SinusoidConfig } from './TimestepMlp.js';

/** Configuration of {@link MetadataEmbedding}. */
export interface MetadataEmbeddingConfig extends SpecLayerConfig {
  /** How many numbers a sample has. */
  numbers: number;
  /** Size of the result. */
  channels: number;
  /** How each number is embedded first. */
  sinusoid: SinusoidConfig;
  /** Default `'silu'`. */
  activation?: ActivationName;
}

/**
 * Numbers that go with an image as one vector a sample: each through a sinusoidal embedding, a linear layer, an
 * activation and a linear layer of its own, all added up, as in DiffusionSat. A NaN stands for a number that is not
 * known: it adds nothing.
 *
 * [batch, numbers] → [batch, channels]. Torch names `<number>.linear_1.*` and `<number>.linear_2.*`.
 *
 * @throws On a call, if a sample has not as many numbers.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { MetadataEmbedding } from 'diffusion-ssl/layers';
 *
 * const sinusoid = { dim: 32, flipSinToCos: true, freqShift: 0 };
 * const layer = new MetadataEmbedding({ name: 'metadata_embedding', numbers: 2, channels: 16, sinusoid });
 * console.log((layer.apply(tf.tensor2d([[500, NaN]])) as tf.Tensor).shape); // [1, 16]
 * ```
 */
export class MetadataEmbedding extends SpecLayer {
  static readonly className = 'DiffusionSslMetadataEmbedding';

  constructor(protected override readonly config: MetadataEmbeddingConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { numbers, channels, sinusoid } = this.config;
    return Array.from({ length: numbers }, (_, i) => [
      ...linearSpecs(`${i}.linear_1`, sinusoid.dim, channels),
      ...linearSpecs(`${i}.linear_2`, channels, channels),
    ]).flat();
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return [inputShape[0], this.config.channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { numbers, activation = 'silu', sinusoid } = this.config;
    const { dim, flipSinToCos, freqShift } = sinusoid;
    return tf.tidy(() => {
      const values = singleInput(inputs) as tf.Tensor2D;
      if (values.rank !== 2 || values.shape[1] !== numbers) {
        throw argumentError(`${this.name}: metadata.shape`, values.shape, `[batch, ${numbers}]`);
      }
      const unknown = tf.isNaN(values);
      const given = tf.where(unknown, tf.zerosLike(values), values);
      const isKnown = tf.cast(tf.logicalNot(unknown), 'float32');
      const frequencies = timestepFrequencies(Math.floor(dim / 2), 10_000, freqShift);
      const terms = Array.from({ length: numbers }, (_, i) => {
        const column = (of: tf.Tensor2D) => tf.slice(of, [0, i], [-1, 1]);
        const waves = embedTimesteps(tf.reshape(column(given), [-1]), { dim, frequencies, flipSinToCos });
        const hidden = activate(applyLinear(this, `${i}.linear_1`, waves), activation);
        return tf.mul(applyLinear(this, `${i}.linear_2`, hidden), column(isKnown as tf.Tensor2D));
      });
      return tf.addN(terms);
    });
  }
}
