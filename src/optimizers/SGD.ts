import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';
import { addWeightDecay } from './addWeightDecay.js';
import { changedMomentum } from './changedMomentum.js';
import { PackedOptimizer, type PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** Step size, at least 0. Default 1e-3. */
  learningRate?: number;
  /** Share of the last direction that a step keeps, at least 0. Default 0: the step is the gradient. */
  momentum?: number;
  /** A step adds 1 - dampening of the gradient to its momentum. Default 0. */
  dampening?: number;
  /** Weight of an L2 penalty, added to the gradient; at least 0. Default 0. */
  weightDecay?: number;
  /** Nesterov momentum; needs momentum above 0 and no dampening. Default false. */
  nesterov?: boolean;
}

/**
 * Gradient descent with momentum, with the defaults and the arithmetic of `torch.optim.SGD`.
 *
 * Set `learningRate` and, where it was made with momentum, `momentum` between steps to follow a schedule. Sutskever et
 * al., "On the importance of initialization and momentum in deep learning" (2013), with torch's learning rate outside
 * the momentum.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { SGD } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class SGD extends PackedOptimizer {
  static get className(): string {
    return 'DiffusionSslSGD';
  }
  protected readonly slotNames: readonly string[];
  private coefficient: number;
  private readonly options: Required<Omit<SGDOptions, 'learningRate' | 'momentum'>>;

  /** @throws If an option is out of range. */
  constructor({
    learningRate = 1e-3,
    momentum = 0,
    dampening = 0,
    weightDecay = 0,
    nesterov = false,
  }: SGDOptions = {}) {
    super(learningRate);
    checkNumber(`${this.label}: momentum`, momentum, 0);
    checkNumber(`${this.label}: dampening`, dampening);
    checkNumber(`${this.label}: weightDecay`, weightDecay, 0);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw argumentError(`${this.label}: nesterov`, nesterov, 'false without momentum or with dampening');
    }
    this.coefficient = momentum;
    this.options = { dampening, weightDecay, nesterov };
    this.slotNames = momentum > 0 ? ['momentum_buffer'] : [];
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
    [buffer]: tf.Tensor1D[],
    step: number,
  ): PackedUpdate {
    const { dampening, weightDecay, nesterov } = this.options;
    const gradient = addWeightDecay(gradients, parameters, weightDecay);
    const descend = (direction: tf.Tensor1D): tf.Tensor1D =>
      tf.sub(parameters, tf.mul(direction, this.learningRate));
    if (!buffer) return { parameters: descend(gradient), slots: [] };
    // torch's buffer starts as the first gradient, undamped.
    const velocity: tf.Tensor1D = tf.add(
      tf.mul(buffer, this.coefficient),
      tf.mul(gradient, step === 1 ? 1 : 1 - dampening),
    );
    const direction: tf.Tensor1D = nesterov ? tf.add(gradient, tf.mul(velocity, this.coefficient)) : velocity;
    return { parameters: descend(direction), slots: [velocity] };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { learningRate: this.learningRate, momentum: this.momentum, ...this.options };
  }
}
