import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import { addWeightDecay } from './addWeightDecay.js';
import { blend } from './blend.js';
import { PackedOptimizer, type PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link Adadelta}. */
export interface AdadeltaOptions {
  /** Factor of the step, at least 0. Default 1. */
  learningRate?: number;
  /** Decay rate of the two mean squares, in [0, 1]. Default 0.9. */
  rho?: number;
  /** Added to the mean squares under their roots; at least 1e-38. Default 1e-6. */
  eps?: number;
  /** Weight of an L2 penalty, added to the gradient; at least 0. Default 0. */
  weightDecay?: number;
}

/**
 * Adadelta, with the defaults and the arithmetic of `torch.optim.Adadelta`.
 *
 * Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Adadelta } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new Adadelta();
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class Adadelta extends PackedOptimizer {
  static get className(): string {
    return 'DiffusionSslAdadelta';
  }
  protected readonly slotNames = ['square_avg', 'acc_delta'] as const;
  private readonly options: Required<Omit<AdadeltaOptions, 'learningRate'>>;

  /** @throws If an option is out of range. */
  constructor({ learningRate = 1, rho = 0.9, eps = 1e-6, weightDecay = 0 }: AdadeltaOptions = {}) {
    super(learningRate);
    checkNumber(`${this.label}: rho`, rho, 0, 1);
    checkNumber(`${this.label}: eps`, eps, 1e-38);
    checkNumber(`${this.label}: weightDecay`, weightDecay, 0);
    this.options = { rho, eps, weightDecay };
  }

  protected override update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    [square, squareStep]: tf.Tensor1D[],
  ): PackedUpdate {
    const { rho, eps, weightDecay } = this.options;
    const gradient = addWeightDecay(gradients, parameters, weightDecay);
    const root = (meanSquare: tf.Tensor1D) => tf.sqrt(tf.add(meanSquare, eps));
    const squareAverage = blend(square, tf.square(gradient), rho);
    const change: tf.Tensor1D = tf.mul(tf.div(root(squareStep), root(squareAverage)), gradient);
    return {
      parameters: tf.sub(parameters, tf.mul(change, this.learningRate)),
      slots: [squareAverage, blend(squareStep, tf.square(change), rho)],
    };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { learningRate: this.learningRate, ...this.options };
  }
}
