import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { computeSnr } from '../diffusion/computeSnr.js';
import { gatherSchedule } from '../diffusion/gatherSchedule.js';
import { getVelocity } from '../diffusion/getVelocity.js';
import { minSnrWeights } from '../diffusion/minSnrWeights.js';
import type { PredictionType } from '../diffusion/predictionType.js';
import { qSample } from '../diffusion/qSample.js';
import { argumentError, checkNumber } from '../internal/checks.js';
import { mse } from '../losses/mse.js';
import type { LossOptions } from '../losses/reduceLoss.js';
import { checkLossArguments } from './checkTrainingArguments.js';

/** One batch of a diffusion training step. */
export interface DiffusionBatch {
  /** Clean images, [batch, height, width, channels]. */
  x0: tf.Tensor4D;
  /** Timesteps, one a sample, each in [0, T). */
  t: Int32Array;
  /** Standard normal noise, of the shape of `x0`. */
  noise: tf.Tensor4D;
}

/**
 * From a prediction and its target to a scalar, such as `mse` of `diffusion-ssl/losses`. With `minSnrGamma` or
 * `snrPower` it is called with `{ reduction: 'none' }` and returns one value a sample, as every loss of that folder does.
 */
export type DiffusionLossFunction = (
  prediction: tf.Tensor,
  target: tf.Tensor,
  options?: LossOptions,
) => tf.Tensor;

/** Options of {@link diffusionLoss}. */
export interface DiffusionLossOptions {
  /** ᾱ of each timestep, as `computeAlphaSchedule` gives it. */
  alphaBars: ArrayLike<number>;
  /** Default mean squared error. */
  loss?: DiffusionLossFunction;
  /** What the model predicts. Default `'noise'`. */
  predictionType?: PredictionType;
  /**
   * Weigh each sample by its timestep, with this γ of `minSnrWeights` (the paper's is 5), whatever the loss; the mean is
   * still one over all samples. Default: all weigh the same.
   */
  minSnrGamma?: number;
  /**
   * Weigh each sample by this power of its timestep's signal-to-noise ratio as well. From 0 to 1 the squared error of x0
   * becomes that of the noise it implies: more weight on little noise, where details form. Default 0.
   */
  snrPower?: number;
  /** Whether batch norm uses and tracks the batch and dropout acts. Default false. */
  training?: boolean;
}

/**
 * Loss of a denoiser on one batch: noise the clean images to their timesteps, predict, compare.
 *
 * Algorithm 1 of Ho et al., "Denoising Diffusion Probabilistic Models" (2020); the velocity target is that of Salimans
 * and Ho, "Progressive Distillation" (2022).
 *
 * @param model A model of `[x, t]`, such as `unetAttD`.
 * @returns A scalar, the caller's to dispose.
 * @throws {ConfigError} If an argument is none that it can use, such as betas for `alphaBars` or a list of batches.
 * @throws {BackendError} If no backend is started.
 * @throws What `qSample`, the model, `minSnrWeights` and the loss throw; with weights, if the loss does not
 * return one value a sample.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { unetAttD } from 'diffusion-ssl/models';
 * import { diffusionLoss } from 'diffusion-ssl/training';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
 * const model = unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] });
 * const batch = { x0: tf.zeros([1, 32, 32, 4]) as tf.Tensor4D, t: Int32Array.of(500), noise: tf.randomNormal([1, 32, 32, 4]) as tf.Tensor4D };
 * console.log((await diffusionLoss(model, batch, { alphaBars }).data()).length); // 1
 * ```
 */
export function diffusionLoss(
  model: tfl.LayersModel,
  batch: DiffusionBatch,
  options: DiffusionLossOptions,
): tf.Scalar {
  checkLossArguments(model, batch, options);
  const { x0, t, noise } = batch;
  const { alphaBars, loss = mse, predictionType = 'noise', training = false } = options;
  const weights = timestepWeights(options);
  return tf.tidy(() => {
    const xT = qSample(x0, t, alphaBars, noise);
    const target = { noise: () => noise, x0: () => x0, v: () => getVelocity(x0, t, alphaBars, noise) }[
      predictionType
    ]();
    const prediction = model.apply([xT, tf.tensor1d(t, 'int32')], { training }) as tf.Tensor4D;
    if (!weights) return loss(prediction, target) as tf.Scalar;
    const losses = loss(prediction, target, { reduction: 'none' });
    if (!tf.util.arraysEqual(losses.shape, [t.length])) {
      throw argumentError(
        'diffusionLoss',
        "the loss's shape with reduction 'none'",
        losses.shape,
        `[${t.length}]`,
      );
    }
    return tf.mean(tf.mul(losses, gatherSchedule(weights, t)));
  });
}

/** The weight of each timestep; undefined if all weigh the same. */
function timestepWeights(options: DiffusionLossOptions): Float64Array | undefined {
  const { alphaBars, predictionType, minSnrGamma, snrPower = 0 } = options;
  checkNumber('diffusionLoss', 'snrPower', snrPower, 0);
  const clipped =
    minSnrGamma === undefined ? undefined : minSnrWeights(alphaBars, { gamma: minSnrGamma, predictionType });
  if (snrPower === 0) return clipped;
  return computeSnr(alphaBars).map((snr, t) => snr ** snrPower * (clipped?.[t] ?? 1));
}
