import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser, DenoiserCall } from '../diffusion/Denoiser.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { inFunction } from '../internal/inFunction.js';
import { clipByGlobalNorm } from '../optimizers/clipByGlobalNorm.js';
import type { NamedVariable } from '../optimizers/PackedOptimizer.js';
import { averageGradients } from './averageGradients.js';
import { checkStepArguments } from './checkTrainingArguments.js';
import { type DiffusionBatch, type DiffusionLossOptions, diffusionLoss } from './diffusionLoss.js';
import { NonFiniteLossError } from './NonFiniteLossError.js';
import { isSam, perturbedGradients } from './perturbedGradients.js';

/** What a step needs to know whatever the loss is. */
export interface TrainStepBaseOptions {
  optimizer: tf.Optimizer;
  /**
   * The number of the first batch within the run, from 0: batch i is called with `step + i`, by which the denoiser's
   * dropout draws the same masks in a resumed run.
   */
  step: number;
  /** The parameters to train, such as those of `namedParameters(model)` whose `spec.trainable` is true. */
  parameters: readonly NamedVariable[];
  /** Largest common L2 norm of the gradients that the optimizer applies. Default: no clipping. */
  maxGradientNorm?: number;
  /**
   * Whether batch norm uses and tracks the batch and dropout acts. Default true. With false at the end of a run the
   * weights settle on the running statistics that the network predicts with.
   */
  training?: boolean;
  /**
   * Ends the step before its next batch, with an `AbortError`. With it, the event loop has a turn before each batch.
   */
  signal?: AbortSignal;
}

/** Options of {@link trainStep} by `diffusionLoss`. */
export interface TrainStepOptions
  extends Omit<DiffusionLossOptions, 'training' | 'step'>,
    TrainStepBaseOptions {}

/**
 * A loss of one's own for {@link trainStep}: of a batch of whatever kind, for a denoiser that is to be called as `call`
 * says. `edmLoss` is one; `(denoiser, batch, call) => learnedVarianceLoss(denoiser, batch, { alphaBars, ...call })`
 * another.
 */
export type Objective<C, B> = (denoiser: Denoiser<C>, batch: B, call: DenoiserCall) => tf.Scalar;

/** Options of {@link trainStep} by another loss. */
export interface ObjectiveStepOptions<C, B> extends TrainStepBaseOptions {
  /** In place of `diffusionLoss`. */
  objective: Objective<C, B>;
}

/** What {@link trainStep} returns. */
export interface TrainStepResult {
  /** Mean loss over the batches, before the update. */
  loss: number;
  /** L2 norm of the gradients before clipping; with SAM, of those that make the step. */
  gradientNorm: number;
}

/**
 * One optimizer step on one or more batches, whose gradients are averaged (gradient accumulation).
 *
 * With `SAM` there are two passes over the same batches, called with the same steps and so with the same dropout masks:
 * the first gives the loss, the running statistics of batch norm and the direction of the perturbation, which clipping
 * does not concern; the second, at the perturbed weights, the gradients that are clipped and applied. Variables that
 * are not trained, of whatever network, are as the first has left them.
 *
 * Loss, gradients and the signal are looked at before the weights are touched: where one stops the step these stay as
 * they were (batch norm's running statistics, which the forward pass updates, do not). Every tensor the step makes is
 * released; the batches stay the caller's.
 *
 * @param denoiser Any function from noisy images, timesteps and a condition to a prediction; `layersDenoiser(model)`.
 * @throws {ConfigError} If an argument is none that can train: a model in place of a denoiser, parameters that are not
 * trained or on which the loss does not depend, no `step`, betas for `alphaBars`, one batch without a list.
 * @throws {BackendError} If no backend is started.
 * @throws {AbortError} If `options.signal` is aborted.
 * @throws {NonFiniteLossError} If a loss, or the norm of the gradients, is NaN or infinite.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { layersDenoiser, namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { AdamW } from 'diffusion-ssl/optimizers';
 * import { trainStep } from 'diffusion-ssl/training';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
 * const model = unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] });
 * const parameters = namedParameters(model).filter(({ spec }) => spec.trainable);
 * const noise = tf.randomNormal([2, 32, 32, 4]) as tf.Tensor4D;
 * const batch = { x0: tf.zeros([2, 32, 32, 4]) as tf.Tensor4D, t: Int32Array.of(10, 900), noise };
 * const options = { optimizer: new AdamW(), parameters, alphaBars, step: 0 };
 * const { loss } = await trainStep(layersDenoiser(model), [batch], options);
 * console.log(loss > 0); // true
 * ```
 */
export async function trainStep<C>(
  denoiser: Denoiser<C>,
  batches: readonly DiffusionBatch<C>[],
  options: TrainStepOptions,
): Promise<TrainStepResult>;
export async function trainStep<C, B>(
  denoiser: Denoiser<C>,
  batches: readonly B[],
  options: ObjectiveStepOptions<C, B>,
): Promise<TrainStepResult>;
export async function trainStep<C>(
  denoiser: Denoiser<C>,
  batches: readonly DiffusionBatch<C>[],
  options: TrainStepOptions | ObjectiveStepOptions<C, DiffusionBatch<C>>,
): Promise<TrainStepResult> {
  requireBackend('trainStep');
  inFunction('trainStep', () => checkStepArguments(denoiser, batches, options));
  const { optimizer, maxGradientNorm = Number.MAX_VALUE } = options;
  const lossOf = (batch: DiffusionBatch<C>, call: DenoiserCall) =>
    'objective' in options
      ? options.objective(denoiser, batch, call)
      : diffusionLoss(denoiser, batch, { ...options, ...call });
  const pass = () => averageGradients(lossOf, batches, options);
  let gradients: tf.NamedTensorMap = {};
  try {
    const first = await pass();
    const { loss } = first;
    gradients = first.gradients;
    if (isSam(optimizer)) gradients = await perturbedGradients(optimizer, gradients, pass);
    const clipped = clipByGlobalNorm(gradients, maxGradientNorm);
    tf.dispose(gradients);
    gradients = clipped.gradients;
    const [gradientNorm] = await clipped.norm.data();
    clipped.norm.dispose();
    if (!Number.isFinite(gradientNorm)) throw new NonFiniteLossError(loss, gradientNorm);
    optimizer.applyGradients(gradients);
    return { loss, gradientNorm };
  } finally {
    tf.dispose(gradients);
  }
}
