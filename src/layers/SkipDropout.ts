import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { checkNumber } from '../internal/checks.js';
import { randomStreams } from '../internal/streams.js';
import { customGradient } from '../ops/customGradient.js';
import { randomUniform } from '../ops/random.js';
import { isTraining, singleInput } from './layerCall.js';

/** Configuration of {@link SkipDropout}. */
export interface SkipDropoutConfig {
  name: string;
  /** Probability that a sample loses the whole activation, in [0, 1). */
  rate: number;
  /** Position among the skip connections of the model, which chooses the random stream. Default 0. */
  index?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * Sets the whole activation of random samples to zero in training: a skip connection that is not there for them.
 *
 * Any shape [batch, …], which stays. Activations that are kept are not scaled, as dropout would: what evaluation sees,
 * with every skip connection in place, is then what training has seen too. Outside training it changes nothing.
 *
 * The draw is by sample, as in Huang et al., "Deep networks with stochastic depth" (2016).
 *
 * @throws If the rate is not in [0, 1).
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { SkipDropout } from 'diffusion-ssl/layers';
 *
 * const layer = new SkipDropout({ name: 'skip_dropout_1', rate: 0.5 });
 * const y = layer.apply(tf.ones([8, 4, 4, 2]), { training: true }) as tf.Tensor;
 * console.log(y.shape); // [8, 4, 4, 2], some samples all zeros
 * ```
 */
export class SkipDropout extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslSkipDropout';
  /** Step of the next draw: counts the calls in training; set it to draw a step's samples again. */
  dropoutStep = 0;

  constructor(private readonly config: SkipDropoutConfig) {
    super({ name: config.name });
    checkNumber(`${config.name}: rate`, config.rate, 0, 1 - 2 ** -24);
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = singleInput(inputs);
    if (!isTraining(kwargs)) return tf.clone(x);
    const { rate, index = 0, seed = 0 } = this.config;
    const key = { seed, stream: randomStreams.skipDropout + index, step: this.dropoutStep++ };
    return customGradient(
      [x],
      (x) => {
        const draws = randomUniform([x.shape[0], ...new Array<number>(x.rank - 1).fill(1)], key);
        const kept: tf.Tensor = tf.cast(tf.greaterEqual(draws, rate), 'float32');
        return { value: tf.mul(x, kept), saved: [kept] };
      },
      (dy, kept) => [tf.mul(dy, kept)],
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.config as unknown as tf.serialization.ConfigDict) };
  }
}
