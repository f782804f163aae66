import * as tf from '@tensorflow/tfjs-core';
import { checkPrediction } from '../diffusion/checkPrediction.js';
import { computeSnr } from '../diffusion/computeSnr.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { getVelocity } from '../diffusion/getVelocity.js';
import { minSnrWeights } from '../diffusion/minSnrWeights.js';
import type { PredictionType } from '../diffusion/predictionType.js';
import { qSample } from '../diffusion/qSample.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { alphaBarsAt } from '../diffusion/timesteps.js';
import { argumentError, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { mse } from '../losses/mse.js';
import type { LossOptions } from '../losses/reduceLoss.js';
import { checkLossArguments } from './checkTrainingArguments.js';

/** One batch of a diffusion training step. */
export interface DiffusionBatch<C = undefined> {
  /** Clean images, [batch, height, width, channels], or what else the denoiser takes, [batch, …]. */
  x0: tf.Tensor;
  /**
   * Timesteps, one a sample, each from 0 to T − 1; those of a `Float32Array` may lie between two, where σ = √((1 − ᾱ) /
   * ᾱ) is interpolated. The denoiser gets them as int32 or float32.
   */
  t: Int32Array | Float32Array;
  /** Standard normal noise, of the shape of `x0`. */
  noise: tf.Tensor;
  /** What the denoiser is told besides, of whatever kind it takes. */
  condition?: C;
}

/**
 * From a prediction and its target to a scalar, such as `mse` of `diffusion-ssl/losses`. With `minSnrGamma` or
 * `snrPower` it is called with `{ reduction: 'none' }` and returns one value a sample, as every loss of that folder
 * does.
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
  /** What the denoiser predicts. Default `'noise'`. */
  predictionType?: PredictionType;
  /**
   * Weigh each sample by its timestep, with this γ of `minSnrWeights` (the paper's is 5), whatever the loss; the mean
   * is still one over all samples. Default: all weigh the same.
   */
  minSnrGamma?: number;
  /**
   * Weigh each sample by this power of its timestep's signal-to-noise ratio as well. From 0 to 1 the squared error of
   * x0 becomes that of the noise it implies: more weight on little noise, where details form. Default 0.
   */
  snrPower?: number;
  /** Whether batch norm uses and tracks the batch and dropout acts. Default false. */
  training?: boolean;
  /** The number of the batch within the run, by which dropout draws its masks in training. Default 0. */
  step?: number;
}

/**
 * Loss of a denoiser on one batch: noise the clean images to their timesteps, predict, compare.
 *
 * Algorithm 1 of Ho et al., "Denoising Diffusion Probabilistic Models" (2020); the velocity target is that of Salimans
 * and Ho, "Progressive Distillation" (2022).
 *
 * @param denoiser Any function from noisy images, timesteps and a condition to a prediction; `layersDenoiser(model)`.
 * @returns A scalar, the caller's to dispose.
 * @throws {ConfigError} If an argument is none that it can use, such as betas for `alphaBars`, a model or a list of
 * batches.
 * @throws {BackendError} If no backend is started.
 * @throws What `qSample`, the denoiser, `minSnrWeights` and the loss throw; with weights, if the loss does not
 * return one value a sample.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { layersDenoiser, unetAttD } from 'diffusion-ssl/models';
 * import { diffusionLoss } from 'diffusion-ssl/training';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
 * const denoiser = layersDenoiser(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const [x0, noise]: tf.Tensor4D[] = [tf.zeros([1, 32, 32, 4]), tf.randomNormal([1, 32, 32, 4])];
 * const batch = { x0, t: Int32Array.of(500), noise };
 * console.log((await diffusionLoss(denoiser, batch, { alphaBars }).data()).length); // 1
 * ```
 */
export function diffusionLoss<C>(
  denoiser: Denoiser<C>,
  batch: DiffusionBatch<C>,
  options: DiffusionLossOptions,
): tf.Scalar {
  requireBackend('diffusionLoss');
  inFunction('diffusionLoss', () => checkLossArguments(denoiser, batch, options));
  const { x0, t, noise, condition } = batch;
  const { alphaBars, loss = mse, predictionType = 'noise', training = false, step = 0 } = options;
  const weights = sampleWeights(t, options);
  return tf.tidy(() => {
    const xT = qSample(x0, t, alphaBars, noise);
    const target = { noise: () => noise, x0: () => x0, v: () => getVelocity(x0, t, alphaBars, noise) }[
      predictionType
    ]();
    const ts = tf.tensor1d(t, t instanceof Float32Array ? 'float32' : 'int32');
    const prediction = denoiser(xT, ts, condition as C, { training, step });
    // A learned variance doubles the channels.
    inFunction('diffusionLoss', () => checkPrediction(prediction, [...x0.shape.slice(0, -1), null]));
    if (!weights) return loss(prediction, target) as tf.Scalar;
    const losses = loss(prediction, target, { reduction: 'none' });
    if (!tf.util.arraysEqual(losses.shape, [t.length])) {
      throw argumentError(
        "diffusionLoss: the loss's shape with reduction 'none'",
        losses.shape,
        `[${t.length}]`,
      );
    }
    return tf.mean(tf.mul(losses, tf.tensor1d(weights)));
  });
}

/** The weight of each sample, by its timestep; undefined if all weigh the same. */
function sampleWeights(t: DiffusionBatch['t'], options: DiffusionLossOptions): Float32Array | undefined {
  const { alphaBars, predictionType, minSnrGamma, snrPower = 0 } = options;
  checkNumber('diffusionLoss: snrPower', snrPower, 0);
  if (minSnrGamma === undefined && snrPower === 0) return undefined;
  const levels = inFunction('diffusionLoss', () => alphaBarsAt(alphaBars, t));
  const clipped =
    minSnrGamma === undefined ? undefined : minSnrWeights(levels, { gamma: minSnrGamma, predictionType });
  if (snrPower === 0 && clipped) return Float32Array.from(clipped);
  return Float32Array.from(computeSnr(levels), (snr, i) => snr ** snrPower * (clipped?.[i] ?? 1));
}
