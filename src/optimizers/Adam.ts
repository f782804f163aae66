import * as tf from '@tensorflow/tfjs-core';
import { runKernel } from '../ops/runKernel.js';
import { AdamFamily, type AdamFamilyOptions } from './AdamFamily.js';
import { blend } from './blend.js';
import type { PackedUpdate } from './PackedOptimizer.js';

/** Options of {@link Adam}. */
export interface AdamOptions extends AdamFamilyOptions {
  /** Divides by the largest second moment so far. Default false. */
  amsgrad?: boolean;
}

/**
 * Adam, with the defaults and the arithmetic of `torch.optim.Adam`.
 *
 * Set `learningRate` or `momentum` (β₁) between steps to follow a schedule. Kingma and Ba, "Adam" (2015); `amsgrad`
 * after Reddi et al., "On the Convergence of Adam and Beyond" (2018).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Adam } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new Adam({ learningRate: 0.1, amsgrad: true });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class Adam extends AdamFamily {
  static get className(): string {
    return 'DiffusionSslAdam';
  }
  protected readonly slotNames: readonly string[];
  private readonly amsgrad: boolean;

  /** @throws If an option is out of range. */
  constructor({ amsgrad = false, ...options }: AdamOptions = {}) {
    super(options);
    this.amsgrad = amsgrad;
    this.slotNames = ['exp_avg', 'exp_avg_sq', ...(amsgrad ? ['max_exp_avg_sq'] : [])];
  }

  protected override update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    [average, squareAverage, largest]: tf.Tensor1D[],
    step: number,
  ): PackedUpdate {
    const [beta1, beta2] = this.betas;
    const rate = this.learningRate / (1 - beta1 ** step);
    const root = Math.sqrt(1 - beta2 ** step);
    if (!this.amsgrad) {
      const inputs = { parameters, gradients, first: average, second: squareAverage };
      const keep = this.decoupledWeightDecay ? 1 - this.learningRate * this.weightDecay : 1;
      const penalty = this.decoupledWeightDecay ? 0 : this.weightDecay;
      const attributes = { beta1, beta2, rate, root, epsilon: this.eps, keep, penalty };
      const updated = runKernel<tf.Tensor1D>('DiffusionSslAdam', inputs, attributes);
      // The kernel has changed the moments in place.
      if (updated) return { parameters: updated, slots: [tf.clone(average), tf.clone(squareAverage)] };
    }
    const [decayed, gradient] = this.decay(parameters, gradients);
    const first = blend(average, gradient, beta1);
    const second = blend(squareAverage, tf.square(gradient), beta2);
    const maximum = this.amsgrad ? [tf.maximum<tf.Tensor1D>(largest, second)] : [];
    const moment = maximum[0] ?? second;
    const denominator = tf.add(tf.div(tf.sqrt(moment), root), this.eps);
    const change = tf.mul(tf.div(first, denominator), rate);
    return { parameters: tf.sub(decayed, change), slots: [first, second, ...maximum] };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), amsgrad: this.amsgrad };
  }
}
