import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { edmFactors } from '../diffusion/edmFactors.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { argumentError } from '../internal/checks.js';
import { mse } from '../losses/mse.js';
import type { DiffusionLossFunction } from './diffusionLoss.js';

/** One batch of a step of EDM training. */
export interface EdmBatch<C = undefined> {
  /** Clean images, [batch, …]. */
  x0: tf.Tensor;
  /** Noise levels, one a sample, such as those of `logNormalSigmas`. */
  sigmas: ArrayLike<number>;
  /** Standard normal noise, of the shape of `x0`. */
  noise: tf.Tensor;
  /** What the denoiser is told besides, of whatever kind it takes. */
  condition?: C;
}

/** Options of {@link edmLoss}. */
export interface EdmLossOptions {
  /** Standard deviation of the data. Default 0.5. */
  sigmaData?: number;
  /** Default mean squared error. */
  loss?: DiffusionLossFunction;
  /** Whether batch norm uses and tracks the batch and dropout acts. Default false. */
  training?: boolean;
  /** The number of the batch within the run, by which dropout draws its masks in training. Default 0. */
  step?: number;
}

/**
 * Loss of a network trained as EDM (Karras et al. 2022, equation 8): λ(σ) · ‖D(x0 + σ · noise; σ) − x0‖² with the
 * preconditioning of `edmFactors`. Samplers over noise levels take the network with
 * `edmSchedule` of the same `sigmaData`.
 *
 * Taken of the raw network F and its target (σ/σ_data · x0 − σ_data · noise) / √(σ² + σ_data²), which is the same and
 * weighs every level by 1; a loss other than the squared error is of these two.
 *
 * @param denoiser F: it is given c_in · (x0 + σ · noise) and, as a float32 timestep, ln(σ) / 4.
 * @returns A scalar, the caller's to dispose.
 * @throws {ConfigError} If shapes disagree, or a level or option is out of range.
 * @throws {BackendError} If no backend is started.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { logNormalSigmas } from 'diffusion-ssl/diffusion';
 * import { edmLoss } from 'diffusion-ssl/training';
 *
 * const batch = {
 *   x0: tf.zeros([2, 8, 8, 4]),
 *   sigmas: logNormalSigmas(2, { seed: 1, stream: 0, step: 7 }),
 *   noise: tf.randomNormal([2, 8, 8, 4]),
 * };
 * console.log((await edmLoss((x: tf.Tensor) => tf.mul(x, -1), batch).data()).length); // 1
 * ```
 */
export function edmLoss<C = undefined>(
  denoiser: Denoiser<C>,
  batch: EdmBatch<C>,
  options: EdmLossOptions = {},
): tf.Scalar {
  const { x0, sigmas, noise, condition } = batch;
  const { sigmaData = 0.5, loss = mse, training = false, step = 0 } = options;
  requireBackend('edmLoss');
  if (!tf.util.arraysEqual(noise.shape, x0.shape)) {
    throw argumentError('edmLoss: noise.shape', noise.shape, `[${x0.shape}] as x0's`);
  }
  if (sigmas.length !== x0.shape[0]) {
    throw argumentError('edmLoss: sigmas.length', sigmas.length, `${x0.shape[0]}, one a sample`);
  }
  const levels = Array.from(sigmas, (sigma) => ({ sigma, ...edmFactors(sigma, sigmaData) }));
  type Factor = (level: (typeof levels)[number]) => number;
  return tf.tidy(() => {
    const column = (f: Factor) =>
      tf.tensor(levels.map(f), [levels.length, ...new Array(x0.rank - 1).fill(1)]);
    const combine = (ofX0: Factor, ofNoise: Factor) =>
      tf.add(tf.mul(column(ofX0), x0), tf.mul(column(ofNoise), noise));
    const input = combine(
      (level) => level.in,
      (level) => level.in * level.sigma,
    );
    const target = combine(
      (level) => (level.in * level.sigma) / sigmaData,
      (level) => -level.in * sigmaData,
    );
    const t = tf.tensor1d(levels.map((level) => level.noise));
    const prediction = denoiser(input, t, condition as C, { training, step });
    return loss(prediction, target) as tf.Scalar;
  });
}
