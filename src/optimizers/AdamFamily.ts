import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';
import { addWeightDecay } from './addWeightDecay.js';
import { PackedOptimizer } from './PackedOptimizer.js';

/** Options that every optimizer of Adam's family has. */
export interface AdamFamilyOptions {
  /** Step size, at least 0. Default 1e-3. */
  learningRate?: number;
  /** Decay rates of the two moments, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Keeps the denominator from zero; at least 1e-38. Default 1e-8. */
  eps?: number;
  /** Weight of an L2 penalty, added to the gradient; at least 0. Default 0. */
  weightDecay?: number;
  /**
   * Multiplies a parameter by 1 - learningRate · weightDecay, as AdamW does, in place of the penalty. Default false.
   */
  decoupledWeightDecay?: boolean;
}

/**
 * What the optimizers with two moments share: their options, their weight decay, and β₁ as `momentum`.
 *
 * Extend it to add one:
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { AdamFamily } from 'diffusion-ssl/optimizers';
 *
 * class Lion extends AdamFamily {
 *   static get className() {
 *     return 'Lion';
 *   }
 *   protected readonly slotNames = ['exp_avg'];
 *   constructor(learningRate: number) {
 *     super({ learningRate, betas: [0.9, 0.99] });
 *   }
 *   protected update(parameters: tf.Tensor1D, gradients: tf.Tensor1D, [average]: tf.Tensor1D[]) {
 *     const blend = (beta: number): tf.Tensor1D => tf.add(tf.mul(average, beta), tf.mul(gradients, 1 - beta));
 *     const step: tf.Tensor1D = tf.mul(tf.sign(blend(this.betas[0])), this.learningRate);
 *     return { parameters: tf.sub(parameters, step) as tf.Tensor1D, slots: [blend(this.betas[1])] };
 *   }
 * }
 * const x = tf.variable(tf.scalar(3));
 * new Lion(0.5).minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0]); // 2.5
 * ```
 */
export abstract class AdamFamily extends PackedOptimizer {
  protected betas: readonly [number, number];
  protected readonly eps: number;
  protected readonly decoupledWeightDecay: boolean;
  private decayed = 0;

  /** @throws If an option is out of range. */
  protected constructor({
    learningRate = 1e-3,
    betas = [0.9, 0.999],
    eps = 1e-8,
    weightDecay = 0,
    decoupledWeightDecay = false,
  }: AdamFamilyOptions) {
    super(learningRate);
    if (betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1)) {
      throw argumentError(`${this.label}: betas`, betas, 'two numbers in [0, 1)');
    }
    checkNumber(`${this.label}: eps`, eps, 1e-38);
    this.betas = [betas[0], betas[1]];
    this.eps = eps;
    this.weightDecay = weightDecay;
    this.decoupledWeightDecay = decoupledWeightDecay;
  }

  /** Weight of the penalty or of the decay, which a schedule may set between steps; at least 0. */
  get weightDecay(): number {
    return this.decayed;
  }

  set weightDecay(value: number) {
    checkNumber(`${this.label}: weightDecay`, value, 0);
    this.decayed = value;
  }

  /** β₁, which a schedule may set between steps; in [0, 1). */
  override get momentum(): number {
    return this.betas[0];
  }

  override set momentum(value: number) {
    if (!(value >= 0 && value < 1))
      throw argumentError(`${this.label}: momentum`, value, 'a number in [0, 1)');
    this.betas = [value, this.betas[1]];
  }

  /** The parameters and gradients after weight decay. */
  protected decay(parameters: tf.Tensor1D, gradients: tf.Tensor1D): [tf.Tensor1D, tf.Tensor1D] {
    if (!this.decoupledWeightDecay) {
      return [parameters, addWeightDecay(gradients, parameters, this.weightDecay)];
    }
    return [tf.mul(parameters, 1 - this.learningRate * this.weightDecay), gradients];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { learningRate, betas, eps, weightDecay, decoupledWeightDecay } = this;
    return { learningRate, betas: [...betas], eps, weightDecay, decoupledWeightDecay };
  }
}
