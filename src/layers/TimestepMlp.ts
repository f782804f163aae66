import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { embedTimesteps, timestepFrequencies } from '../diffusion/embedTimesteps.js';
import { argumentError } from '../internal/checks.js';
import { type ActivationName, activate } from './activation.js';
import { applyLinear } from './applyParameters.js';
import { type Initialization, linearSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** The sinusoidal embedding of each number; see `getTimestepEmbedding`. */
export interface SinusoidConfig {
  dim: number;
  flipSinToCos: boolean;
  freqShift: number;
}

/** Configuration of {@link TimestepMlp}. */
export interface TimestepMlpConfig extends SpecLayerConfig {
  /** Features that the first linear layer takes. */
  inFeatures: number;
  /** Size of the result. */
  channels: number;
  /** Size between the two linear layers. Default `channels`. */
  hidden?: number;
  /** Names of the two linear layers. Default `['linear_1', 'linear_2']`. */
  names?: readonly [string, string];
  /** Of the matrices; the biases then begin with zeros. Default torch's. */
  initialization?: Initialization;
  /** Default `'silu'`. */
  activation?: ActivationName;
  /** How the numbers of the last input are embedded first. Default: they are taken as they are. */
  sinusoid?: SinusoidConfig;
}

/**
 * Numbers as one vector a sample: a sinusoidal embedding where asked for, linear layer, activation, linear layer;
 * diffusers' `TimestepEmbedding`.
 *
 * [batch, numbers] → [batch, channels]. Called with two inputs, the second alone is embedded, and joins the first, as
 * in the `text_time` embedding of SDXL. Torch names `linear_1.*` and `linear_2.*`, or as `names` says.
 *
 * @throws On a call, if the features are not `inFeatures`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { TimestepMlp } from 'diffusion-ssl/layers';
 *
 * const sinusoid = { dim: 32, flipSinToCos: true, freqShift: 0 };
 * const layer = new TimestepMlp({ name: 'time_embedding', inFeatures: 32, channels: 16, sinusoid });
 * console.log((layer.apply(tf.tensor2d([[0], [999]])) as tf.Tensor).shape); // [2, 16]
 * ```
 */
export class TimestepMlp extends SpecLayer {
  static readonly className = 'DiffusionSslTimestepMlp';

  constructor(protected override readonly config: TimestepMlpConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { inFeatures, channels, hidden = channels, initialization } = this.config;
    const [first, second] = this.names;
    return [
      ...linearSpecs(first, inFeatures, hidden, { initialization }),
      ...linearSpecs(second, hidden, channels, { initialization }),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return [(inputShape.flat() as tfl.Shape)[0], this.config.channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { inFeatures, activation = 'silu' } = this.config;
    const list = Array.isArray(inputs) ? inputs : [inputs];
    return tf.tidy(() => {
      const embedded = this.embed(list[list.length - 1]);
      const features = list.length > 1 ? tf.concat([list[0], embedded], 1) : embedded;
      if (features.shape[1] !== inFeatures) {
        throw argumentError(`${this.name}: the number of features`, features.shape[1], `${inFeatures}`);
      }
      const [first, second] = this.names;
      return applyLinear(this, second, activate(applyLinear(this, first, features), activation));
    });
  }

  private get names(): readonly [string, string] {
    return this.config.names ?? ['linear_1', 'linear_2'];
  }

  private embed(numbers: tf.Tensor): tf.Tensor {
    const { sinusoid } = this.config;
    const batch = numbers.shape[0];
    if (!sinusoid) return tf.reshape(numbers, [batch, numbers.size / batch]);
    const { dim, flipSinToCos, freqShift } = sinusoid;
    const frequencies = timestepFrequencies(Math.floor(dim / 2), 10_000, freqShift);
    const waves = embedTimesteps(tf.reshape(numbers, [numbers.size]), { dim, frequencies, flipSinToCos });
    return tf.reshape(waves, [batch, waves.size / batch]);
  }
}
