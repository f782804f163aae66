import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import { AdamFamily, type AdamFamilyOptions } from './AdamFamily.js';
import { blend } from './blend.js';
import type { PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link NAdam}. */
export interface NAdamOptions extends AdamFamilyOptions {
  /** Default 2e-3. */
  learningRate?: number;
  /** How fast the momentum rises to β₁, at least 0. Default 4e-3. */
  momentumDecay?: number;
}

/**
 * Adam with Nesterov momentum, with the defaults and the arithmetic of `torch.optim.NAdam` (2.0 and later).
 *
 * The product of the momenta so far is a scalar of its state. Dozat, "Incorporating Nesterov Momentum into Adam"
 * (2016).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { NAdam } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new NAdam({ learningRate: 0.1 });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class NAdam extends AdamFamily {
  static get className(): string {
    return 'DiffusionSslNAdam';
  }
  protected readonly slotNames = ['exp_avg', 'exp_avg_sq'] as const;
  protected override readonly scalars = { mu_product: 1 };
  private readonly momentumDecay: number;

  /** @throws If an option is out of range. */
  constructor({ learningRate = 2e-3, momentumDecay = 4e-3, ...options }: NAdamOptions = {}) {
    super({ ...options, learningRate });
    checkNumber(`${this.label}: momentumDecay`, momentumDecay, 0);
    this.momentumDecay = momentumDecay;
  }

  protected override advance(step: number): void {
    this.scalars.mu_product *= this.mu(step);
  }

  /** The momentum of a step. */
  private mu(step: number): number {
    return this.betas[0] * (1 - 0.5 * 0.96 ** (step * this.momentumDecay));
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
    const denominator = tf.add(tf.sqrt(tf.div(second, 1 - beta2 ** step)), this.eps);
    const [mu, next, product] = [this.mu(step), this.mu(step + 1), this.scalars.mu_product];
    const direction = tf.add(
      tf.mul(gradient, (1 - mu) / (1 - product)),
      tf.mul(first, next / (1 - product * next)),
    );
    const change = tf.mul(tf.div(direction, denominator), this.learningRate);
    return { parameters: tf.sub(decayed, change), slots: [first, second] };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), momentumDecay: this.momentumDecay };
  }
}
