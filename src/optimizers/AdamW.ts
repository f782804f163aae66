import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';
import { PackedOptimizer } from './PackedOptimizer.js';

/** Options of {@link AdamW}. */
export interface AdamWOptions {
  /** Step size, at least 0. Default 1e-3. */
  learningRate?: number;
  /** Decay rates of the two moments, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the second moment. Default 1e-8. */
  eps?: number;
  /** Decoupled decay: a parameter is first multiplied by 1 - learningRate · weightDecay. Default 1e-2. */
  weightDecay?: number;
}

/**
 * Adam with decoupled weight decay, with the defaults and the arithmetic of `torch.optim.AdamW`.
 *
 * A `tf.Optimizer`: works in `minimize`, `applyGradients` and `model.compile`. Set `learningRate` between steps to
 * follow a schedule. Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { AdamW } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new AdamW({ learningRate: 0.1 });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class AdamW extends PackedOptimizer {
  static get className(): string {
    return 'DiffusionSslAdamW';
  }
  protected readonly slotNames = ['exp_avg', 'exp_avg_sq'] as const;
  private readonly betas: readonly [number, number];
  private readonly eps: number;
  private readonly weightDecay: number;

  /** @throws If an option is out of range. */
  constructor({
    learningRate = 1e-3,
    betas = [0.9, 0.999],
    eps = 1e-8,
    weightDecay = 1e-2,
  }: AdamWOptions = {}) {
    super(learningRate);
    checkNumber('AdamW', 'learningRate', learningRate, 0);
    if (betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1)) {
      throw argumentError('AdamW', 'betas', betas, 'two numbers in [0, 1)');
    }
    checkNumber('AdamW', 'eps', eps, 0);
    checkNumber('AdamW', 'weightDecay', weightDecay, 0);
    this.betas = betas;
    this.eps = eps;
    this.weightDecay = weightDecay;
  }

  protected override update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    [average, squareAverage]: tf.Tensor1D[],
    step: number,
  ): { parameters: tf.Tensor1D; slots: tf.Tensor1D[] } {
    const [beta1, beta2] = this.betas;
    const blend = (old: tf.Tensor1D, value: tf.Tensor1D, beta: number): tf.Tensor1D =>
      tf.add(tf.mul(old, beta), tf.mul(value, 1 - beta));
    const first = blend(average, gradients, beta1);
    const second = blend(squareAverage, tf.square(gradients), beta2);
    const denominator = tf.add(tf.div(tf.sqrt(second), Math.sqrt(1 - beta2 ** step)), this.eps);
    const change = tf.mul(tf.div(first, denominator), this.learningRate / (1 - beta1 ** step));
    const decayed = tf.mul(parameters, 1 - this.learningRate * this.weightDecay);
    return { parameters: tf.sub(decayed, change), slots: [first, second] };
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { learningRate, betas, eps, weightDecay } = this;
    return { learningRate, betas: [...betas], eps, weightDecay };
  }
}
