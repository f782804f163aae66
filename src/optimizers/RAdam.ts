import * as tf from '@tensorflow/tfjs-core';
import { AdamFamily, type AdamFamilyOptions } from './AdamFamily.js';
import { blend } from './blend.js';
import type { PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link RAdam}. */
export type RAdamOptions = AdamFamilyOptions;

/**
 * Rectified Adam, with the defaults and the arithmetic of `torch.optim.RAdam`: until the variance of the second moment
 * is tractable, a step follows the first moment alone.
 *
 * Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (2020).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { RAdam } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new RAdam({ learningRate: 0.1 });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class RAdam extends AdamFamily {
  static get className(): string {
    return 'DiffusionSslRAdam';
  }
  protected readonly slotNames = ['exp_avg', 'exp_avg_sq'] as const;

  /** @throws If an option is out of range. */
  constructor(options: RAdamOptions = {}) {
    super(options);
  }

  protected override update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    [average, squareAverage]: tf.Tensor1D[],
    step: number,
  ): PackedUpdate {
    const [beta1, beta2] = this.betas;
    const [decayed, gradient] = this.decay(parameters, gradients);
    const first = blend(average, gradient, beta1);
    const second = blend(squareAverage, tf.square(gradient), beta2);
    const rate = this.learningRate / (1 - beta1 ** step);
    const correction = 1 - beta2 ** step;
    const longest = 2 / (1 - beta2) - 1;
    const length = longest - (2 * step * beta2 ** step) / correction;
    if (length <= 5) return { parameters: tf.sub(decayed, tf.mul(first, rate)), slots: [first, second] };
    const rectified = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
    const factor = rate * Math.sqrt(rectified * correction);
    const change = tf.mul(tf.div(first, tf.add(tf.sqrt(second), this.eps)), factor);
    return { parameters: tf.sub(decayed, change), slots: [first, second] };
  }
}
