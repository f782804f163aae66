import * as tf from '@tensorflow/tfjs-core';
import { AdamFamily, type AdamFamilyOptions } from './AdamFamily.js';
import { blend } from './blend.js';
import type { PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link Adamax}. */
export interface AdamaxOptions extends Omit<AdamFamilyOptions, 'decoupledWeightDecay'> {
  /** Default 2e-3. */
  learningRate?: number;
}

/**
 * Adam by the infinity norm, with the defaults and the arithmetic of `torch.optim.Adamax`.
 *
 * Kingma and Ba, "Adam" (2015), section 7.1.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Adamax } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new Adamax({ learningRate: 0.1 });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class Adamax extends AdamFamily {
  static get className(): string {
    return 'DiffusionSslAdamax';
  }
  protected readonly slotNames = ['exp_avg', 'exp_inf'] as const;

  /** @throws If an option is out of range. */
  constructor({ learningRate = 2e-3, ...options }: AdamaxOptions = {}) {
    super({ ...options, learningRate });
  }

  protected override update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    [average, norm]: tf.Tensor1D[],
    step: number,
  ): PackedUpdate {
    const [beta1, beta2] = this.betas;
    const [decayed, gradient] = this.decay(parameters, gradients);
    const first = blend(average, gradient, beta1);
    const largest: tf.Tensor1D = tf.maximum(tf.mul(norm, beta2), tf.add(tf.abs(gradient), this.eps));
    const change = tf.mul(tf.div(first, largest), this.learningRate / (1 - beta1 ** step));
    return { parameters: tf.sub(decayed, change), slots: [first, largest] };
  }
}
