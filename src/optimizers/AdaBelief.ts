import * as tf from '@tensorflow/tfjs-core';
import { AdamFamily, type AdamFamilyOptions } from './AdamFamily.js';
import { blend } from './blend.js';
import type { PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link AdaBelief}. */
export interface AdaBeliefOptions extends AdamFamilyOptions {
  /** Added to the variance in every step, and to its root; at least 1e-38. Default 1e-16. */
  eps?: number;
}

/**
 * AdaBelief: Adam whose step is divided by the root of the gradient's variance about its moving average, so that
 * it is long where gradients are as expected.
 *
 * Zhuang et al., "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients" (2020), with
 * m = β₁m + (1-β₁)g, s = β₂s + (1-β₂)(g-m)² + ε, both corrected for their bias, and a step of m̂ / (√ŝ + ε). The
 * rectification that the authors' package adds is none of it.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { AdaBelief } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new AdaBelief({ learningRate: 0.1 });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class AdaBelief extends AdamFamily {
  static get className(): string {
    return 'DiffusionSslAdaBelief';
  }
  protected readonly slotNames = ['exp_avg', 'exp_avg_var'] as const;

  /** @throws If an option is out of range. */
  constructor({ eps = 1e-16, ...options }: AdaBeliefOptions = {}) {
    super({ ...options, eps });
  }

  protected override update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    [average, variance]: tf.Tensor1D[],
    step: number,
  ): PackedUpdate {
    const [beta1, beta2] = this.betas;
    const [decayed, gradient] = this.decay(parameters, gradients);
    const first = blend(average, gradient, beta1);
    const surprise: tf.Tensor1D = tf.squaredDifference(gradient, first);
    const second: tf.Tensor1D = tf.add(blend(variance, surprise, beta2), this.eps);
    const denominator = tf.add(tf.sqrt(tf.div(second, 1 - beta2 ** step)), this.eps);
    const change = tf.mul(tf.div(first, denominator), this.learningRate / (1 - beta1 ** step));
    return { parameters: tf.sub(decayed, change), slots: [first, second] };
  }
}
