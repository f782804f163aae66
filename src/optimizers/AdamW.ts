import { Adam, type AdamOptions } from './Adam.js';

/** Options of {@link AdamW}. */
export interface AdamWOptions extends Omit<AdamOptions, 'decoupledWeightDecay'> {
  /** Decoupled decay: a parameter is first multiplied by 1 - learningRate · weightDecay. Default 1e-2. */
  weightDecay?: number;
}

/**
 * Adam with decoupled weight decay, with the defaults and the arithmetic of `torch.optim.AdamW`.
 *
 * A `tf.Optimizer`: works in `minimize`, `applyGradients` and `model.compile`. Set `learningRate` or `momentum` (β₁)
 * between steps to follow a schedule. Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019).
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
export class AdamW extends Adam {
  static override get className(): string {
    return 'DiffusionSslAdamW';
  }

  /** @throws If an option is out of range. */
  constructor({ weightDecay = 1e-2, ...options }: AdamWOptions = {}) {
    super({ ...options, weightDecay, decoupledWeightDecay: true });
  }
}
