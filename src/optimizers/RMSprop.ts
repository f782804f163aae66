import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import { addWeightDecay } from './addWeightDecay.js';
import { blend } from './blend.js';
import { changedMomentum } from './changedMomentum.js';
import { PackedOptimizer, type PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link RMSprop}. */
export interface RMSpropOptions {
  /** Step size, at least 0. Default 1e-2. */
  learningRate?: number;
  /** Decay rate of the mean square, in [0, 1]. Default 0.99. */
  alpha?: number;
  /** Added to the root of the mean square; at least 1e-38. Default 1e-8. */
  eps?: number;
  /** Weight of an L2 penalty, added to the gradient; at least 0. Default 0. */
  weightDecay?: number;
  /** Share of the last step that a step keeps, at least 0. Default 0. */
  momentum?: number;
  /** Divides by the standard deviation of the gradient rather than its root mean square. Default false. */
  centered?: boolean;
}

/**
 * RMSprop, with the defaults and the arithmetic of `torch.optim.RMSprop`.
 *
 * A variance that rounding makes negative (torch: NaN) counts as 0. Hinton, "Neural Networks for Machine Learning",
 * lecture 6 (2012); `centered` after Graves, "Generating Sequences With Recurrent Neural Networks" (2013).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { RMSprop } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new RMSprop({ learningRate: 0.1, momentum: 0.9, centered: true });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class RMSprop extends PackedOptimizer {
  static get className(): string {
    return 'DiffusionSslRMSprop';
  }
  protected readonly slotNames: readonly string[];
  private coefficient: number;
  private readonly options: Required<Omit<RMSpropOptions, 'learningRate' | 'momentum'>>;

  /** @throws If an option is out of range. */
  constructor({
    learningRate = 1e-2,
    alpha = 0.99,
    eps = 1e-8,
    weightDecay = 0,
    momentum = 0,
    centered = false,
  }: RMSpropOptions = {}) {
    super(learningRate);
    checkNumber(`${this.label}: alpha`, alpha, 0, 1);
    checkNumber(`${this.label}: eps`, eps, 1e-38);
    checkNumber(`${this.label}: weightDecay`, weightDecay, 0);
    checkNumber(`${this.label}: momentum`, momentum, 0);
    this.coefficient = momentum;
    this.options = { alpha, eps, weightDecay, centered };
    this.slotNames = [
      'square_avg',
      ...(centered ? ['grad_avg'] : []),
      ...(momentum > 0 ? ['momentum_buffer'] : []),
    ];
  }

  /** May be set between steps to another value above 0, where it was above 0 from the start. */
  override get momentum(): number {
    return this.coefficient;
  }

  override set momentum(value: number) {
    this.coefficient = changedMomentum(this.label, this.coefficient, value);
  }

  protected override update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    [square, ...others]: tf.Tensor1D[],
  ): PackedUpdate {
    const { alpha, eps, weightDecay, centered } = this.options;
    const gradient = addWeightDecay(gradients, parameters, weightDecay);
    const squareAverage = blend(square, tf.square(gradient), alpha);
    const slots = [squareAverage];
    let variance = squareAverage;
    if (centered) {
      const mean = blend(others[0], gradient, alpha);
      slots.push(mean);
      variance = tf.relu(tf.sub<tf.Tensor1D>(squareAverage, tf.square(mean)));
    }
    let direction: tf.Tensor1D = tf.div(gradient, tf.add(tf.sqrt(variance), eps));
    if (this.coefficient > 0) {
      const buffer = others[others.length - 1];
      direction = tf.add(tf.mul(buffer, this.coefficient), direction);
      slots.push(direction);
    }
    return { parameters: tf.sub(parameters, tf.mul(direction, this.learningRate)), slots };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { learningRate: this.learningRate, momentum: this.momentum, ...this.options };
  }
}
