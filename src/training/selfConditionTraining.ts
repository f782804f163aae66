import * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { refuseNoiseAtZero } from '../diffusion/refuseNoiseAtZero.js';
import { checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { randomUniform } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';
import { withoutGradient } from '../ops/withoutGradient.js';
import { type EstimateX0Options, estimateX0 } from './estimateX0.js';

/** Options of {@link selfConditionTraining}. */
export interface SelfConditionTrainingOptions extends EstimateX0Options {
  /** Share of the steps in which the network sees its own estimate. Default 0.5. */
  probability?: number;
  /** Seed of which steps those are, an integer in [0, 2^53). Default 0. */
  seed?: number;
}

/**
 * A denoiser to train by self-conditioning (Chen et al. 2023, "Analog bits"): the network sees, behind the noisy
 * image's channels, an estimate of the clean one, in half of the steps its own, in the others zeros.
 *
 * Its own is what it predicts with zeros there; no gradient goes through it. Which steps those are depends on the seed
 * and the step's number alone. Outside training the estimate is always its own: two calls of the network.
 * `selfConditionSampling` is for samplers.
 *
 * @param denoiser From [batch, …, 2 · channels] to a prediction [batch, …, channels], such as
 * `layersDenoiser(unetAttD({ inChannels: 8, outChannels: 4 }))`.
 * @returns A denoiser of [batch, …, channels].
 * @throws {ConfigError} If an option is out of range.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { diffusionLoss, selfConditionTraining } from 'diffusion-ssl/training';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
 * const network = (both: tf.Tensor) => tf.slice(both, [0, 0], [-1, 3]);
 * const denoiser = selfConditionTraining(network, { alphaBars });
 * const batch = { x0: tf.zeros([2, 3]), t: Int32Array.of(10, 900), noise: tf.randomNormal([2, 3]) };
 * const loss = diffusionLoss(denoiser, batch, { alphaBars, training: true, step: 7 });
 * ```
 */
export function selfConditionTraining<C>(
  denoiser: Denoiser<C>,
  options: SelfConditionTrainingOptions,
): Denoiser<C> {
  const { probability = 0.5, seed = 0, ...estimation } = options;
  inFunction('selfConditionTraining', () => {
    checkAlphaBars('alphaBars', estimation.alphaBars);
    refuseNoiseAtZero(estimation.alphaBars, estimation.predictionType);
  });
  checkNumber('selfConditionTraining: probability', probability, 0, 1);
  return (xT, t, condition, call) =>
    tf.tidy(() => {
      const given = (estimate: tf.Tensor) => denoiser(tf.concat([xT, estimate], -1), t, condition, call);
      const { training, step } = call;
      const [draw] = randomUniform(1, { seed, stream: randomStreams.selfCondition, step });
      const nothing = tf.zerosLike(xT);
      if (training && draw >= probability) return given(nothing);
      return given(withoutGradient(() => estimateX0(xT, t, given(nothing), estimation)));
    });
}
