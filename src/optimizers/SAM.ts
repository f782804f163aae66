import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../internal/checks.js';
import { globalNorm } from './globalNorm.js';
import { holdOtherVariables } from './holdOtherVariables.js';
import { holdVariables } from './holdVariables.js';
import { PackedOptimizer, type PackedUpdate } from './PackedOptimizer.js';
import { registeredVariable } from './registeredVariable.js';

/** Options of {@link SAM}. */
export interface SAMOptions {
  /** Length of the step to the perturbed point, at least 0. Default 0.05. */
  rho?: number;
  /**
   * Scales the perturbation with the parameters. `true`: |w|·g / ‖|w|·g‖, as the PyTorch tutorial does; `'asam'`:
   * w²·g / ‖|w|·g‖, as published. Default false: g / ‖g‖.
   */
  adaptive?: boolean | 'asam';
}

/**
 * Sharpness-aware minimization over any optimizer of this package: the base optimizer's step, with the gradient of a
 * point at distance `rho` uphill.
 *
 * `trainStep` and `minimize` evaluate the loss twice a step; in the second evaluation nothing but the gradient counts:
 * the running statistics of batch norm, and every other variable, are as the first left them. `minimize` does not know
 * of random numbers that the loss draws: have it draw the same twice (`trainStep` does). `model.fit` works without
 * metrics. Its state is that of the base optimizer, which must not be stepped or saved itself. Foret et al.,
 * "Sharpness-Aware Minimization for Efficiently Improving Generalization" (2021); `adaptive` after Kwon et al., "ASAM"
 * (2021).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { AdamW, SAM } from 'diffusion-ssl/optimizers';
 *
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new SAM(new AdamW({ learningRate: 0.1 }), { rho: 0.1 });
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await x.data())[0] < 3); // true
 * ```
 */
export class SAM extends PackedOptimizer {
  static get className(): string {
    return 'DiffusionSslSAM';
  }
  protected readonly slotNames: readonly string[];
  protected override readonly scalars: Record<string, number>;
  private readonly rule: ReturnType<typeof PackedOptimizer.ruleOf>;
  private readonly rho: number;
  private readonly adaptive: boolean | 'asam';

  /**
   * @param base Makes the step. Its `learningRate` and `momentum` are read and set through this optimizer too.
   * @throws If an option is out of range, or `base` is a SAM itself or has made a step.
   */
  constructor(
    private readonly base: PackedOptimizer,
    { rho = 0.05, adaptive = false }: SAMOptions = {},
  ) {
    super(base.learningRate);
    checkNumber(`${this.label}: rho`, rho, 0);
    if (![true, false, 'asam'].includes(adaptive)) {
      throw argumentError(`${this.label}: adaptive`, adaptive, "true, false or 'asam'");
    }
    if (base.getClassName() === this.getClassName() || base.step > 0) {
      const received = `a ${base.getClassName()} of ${base.step} steps`;
      throw argumentError(`${this.label}: base`, received, 'another optimizer, which made no step yet');
    }
    this.rule = PackedOptimizer.ruleOf(base);
    this.slotNames = this.rule.slotNames;
    this.scalars = this.rule.scalars;
    this.rho = rho;
    this.adaptive = adaptive;
  }

  override get learningRate(): number {
    return this.base.learningRate;
  }

  override set learningRate(value: number) {
    this.base.learningRate = value;
  }

  override get momentum(): number | undefined {
    return this.base.momentum;
  }

  override set momentum(value: number) {
    this.base.momentum = value;
  }

  /**
   * Moves the variables uphill, to where the gradients of the step are to be taken. Then come: those gradients, the
   * function returned, and `applyGradients` with them.
   *
   * @param gradients Gradients by the variables' names; they stay the caller's.
   * @returns A function that puts the variables back, to be called once.
   */
  perturb(gradients: tf.NamedTensorMap): () => void {
    const moved = Object.entries(gradients).map(([name, gradient]) => ({
      variable: registeredVariable('perturb', name),
      gradient,
    }));
    const putBack = holdVariables(moved.map(({ variable }) => variable));
    tf.tidy(() => {
      const scaled = moved.map(({ variable, gradient }) =>
        this.adaptive ? tf.mul(gradient, tf.abs(variable)) : gradient,
      );
      const factor = tf.div(this.rho, tf.add(globalNorm(scaled), 1e-12));
      moved.forEach(({ variable }, i) => {
        const step = tf.mul(scaled[i], factor);
        const published = this.adaptive === 'asam';
        variable.assign(tf.add(variable, published ? tf.mul(step, tf.abs(variable)) : step));
      });
    });
    return putBack;
  }

  override minimize(f: () => tf.Scalar, returnCost = false, varList?: tf.Variable[]): tf.Scalar | null {
    const value = tf.tidy(() => {
      const here = this.computeGradients(f, varList);
      const putBack = [holdOtherVariables(here.grads), this.perturb(here.grads)];
      try {
        const uphill = this.computeGradients(f, varList).grads;
        for (const back of putBack.splice(0)) back();
        this.applyGradients(uphill);
      } finally {
        for (const back of putBack) back();
      }
      return here.value;
    });
    if (returnCost) return value;
    value.dispose();
    return null;
  }

  protected override advance(step: number): void {
    this.rule.advance(step);
  }

  protected override update(...args: Parameters<PackedOptimizer['update']>): PackedUpdate {
    return this.rule.update(...args);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const base = { className: this.base.getClassName(), config: this.base.getConfig() };
    return { base, rho: this.rho, adaptive: this.adaptive };
  }
}
