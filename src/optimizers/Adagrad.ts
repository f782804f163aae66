import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import { addWeightDecay } from './addWeightDecay.js';
import { PackedOptimizer, type PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link Adagrad}. */
export interface AdagradOptions {
  /** Step size, at least 0. Default 1e-2. */
  learningRate?: number;
  /** Step `t`, from 0, has the rate learningRate / (1 + t · learningRateDecay); at least 0. Default 0. */
  learningRateDecay?: number;
  /** Weight of an L2 penalty, added to the gradient; at least 0. Default 0. */
  weightDecay?: number;
  /** Where the sums of squares start, at least 0. Default 0. */
  initialAccumulatorValue?: number;
  /** Added to the root of the sum of squares; at least 1e-38. Default 1e-10. */
  eps?: number;
}

/**
 * Adagrad, with the defaults and the arithmetic of `torch.optim.Adagrad`.
 *
 * Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (2011).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Adagrad } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new Adagrad({ learningRate: 0.1 });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class Adagrad extends PackedOptimizer {
  static get className(): string {
    return 'DiffusionSslAdagrad';
  }
  protected readonly slotNames = ['sum'] as const;
  private readonly options: Required<Omit<AdagradOptions, 'learningRate'>>;

  /** @throws If an option is out of range. */
  constructor({
    learningRate = 1e-2,
    learningRateDecay = 0,
    weightDecay = 0,
    initialAccumulatorValue = 0,
    eps = 1e-10,
  }: AdagradOptions = {}) {
    super(learningRate);
    checkNumber(`${this.label}: learningRateDecay`, learningRateDecay, 0);
    checkNumber(`${this.label}: weightDecay`, weightDecay, 0);
    checkNumber(`${this.label}: initialAccumulatorValue`, initialAccumulatorValue, 0);
    checkNumber(`${this.label}: eps`, eps, 1e-38);
    this.options = { learningRateDecay, weightDecay, initialAccumulatorValue, eps };
  }

  protected override update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    [saved]: tf.Tensor1D[],
    step: number,
  ): PackedUpdate {
    const { learningRateDecay, weightDecay, initialAccumulatorValue, eps } = this.options;
    const gradient = addWeightDecay(gradients, parameters, weightDecay);
    const previous = step === 1 ? tf.fill(saved.shape, initialAccumulatorValue) : saved;
    const sum: tf.Tensor1D = tf.add(previous, tf.square(gradient));
    const rate = this.learningRate / (1 + (step - 1) * learningRateDecay);
    const change = tf.mul(tf.div(gradient, tf.add(tf.sqrt(sum), eps)), rate);
    return { parameters: tf.sub(parameters, change), slots: [sum] };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { learningRate: this.learningRate, ...this.options };
  }
}
