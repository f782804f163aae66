import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { posteriorTable } from '../diffusion/posteriorTable.js';
import { qSample } from '../diffusion/qSample.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { argumentError, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { withoutGradient } from '../ops/withoutGradient.js';
import { type BoundOptions, boundTerm, checkBoundOptions, splitVariance } from './boundTerm.js';
import { checkLossArguments } from './checkTrainingArguments.js';
import { type DiffusionBatch, type DiffusionLossOptions, diffusionLoss } from './diffusionLoss.js';

/** Options of {@link learnedVarianceLoss}. */
export interface LearnedVarianceLossOptions
  extends DiffusionLossOptions,
    Pick<BoundOptions, 'clip' | 'decoder'> {
  /** Factor of the variational bound, which is the sum over all T timesteps. Default 0.001. */
  boundWeight?: number;
}

/**
 * Loss of a denoiser that learns the variance of the reverse steps too: L_hybrid = L_simple + λ · L_vlb (Nichol and
 * Dhariwal 2021, "Improved denoising diffusion probabilistic models", equation 16).
 *
 * The denoiser returns twice the channels: its prediction, and v in [−1, 1], between ln β̃ and ln β. The first part of
 * the loss is `diffusionLoss` of the prediction; the bound, in bits per dimension as guided-diffusion has it, trains v
 * alone: the gradient of its mean is stopped.
 *
 * @param denoiser Such as `layersDenoiser(unetAttD({ inChannels: 4, outChannels: 8 }))`.
 * @returns A scalar, the caller's to dispose.
 * @throws What `diffusionLoss` throws, and `ConfigError` if the output has not twice the channels or a timestep
 * lies between two of the schedule.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { learnedVarianceLoss } from 'diffusion-ssl/training';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
 * const denoiser = (xT: tf.Tensor) => tf.concat([xT, tf.zerosLike(xT)], -1);
 * const batch = { x0: tf.zeros([2, 8, 8, 4]), t: Int32Array.of(10, 900), noise: tf.randomNormal([2, 8, 8, 4]) };
 * console.log((await learnedVarianceLoss(denoiser, batch, { alphaBars }).data()).length); // 1
 * ```
 */
export function learnedVarianceLoss<C>(
  denoiser: Denoiser<C>,
  batch: DiffusionBatch<C>,
  options: LearnedVarianceLossOptions,
): tf.Scalar {
  const name = 'learnedVarianceLoss';
  const { boundWeight = 0.001, ...others } = options;
  requireBackend(name);
  inFunction(name, () => {
    checkLossArguments(denoiser, batch, others);
    checkBoundOptions(others);
    checkNumber('boundWeight', boundWeight, 0);
  });
  const { alphaBars, predictionType, training = false, step = 0 } = others;
  const { x0, t, noise, condition } = batch;
  if (!(t instanceof Int32Array)) {
    throw argumentError(`${name}: t`, t, 'an Int32Array: the bound has no terms between two timesteps');
  }
  const table = inFunction(name, () => posteriorTable(alphaBars));
  return tf.tidy(() => {
    const xT = qSample(x0, t, alphaBars, noise);
    const output = denoiser(xT, tf.tensor1d(t, 'int32'), condition as C, { training, step });
    const [prediction, v] = splitVariance(name, output, x0.shape);
    const simple = diffusionLoss(() => prediction, batch, others);
    const parts = { x0, xT, steps: t, table };
    const mean = withoutGradient(() => prediction);
    const bound = tf.mean(boundTerm(mean, v, parts, { ...others, predictionType }));
    return tf.add(simple, tf.mul(bound, boundWeight * alphaBars.length)) as tf.Scalar;
  });
}
