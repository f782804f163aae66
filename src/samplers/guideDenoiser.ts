import * as tf from '@tensorflow/tfjs-core';
import { checkDenoiser } from '../diffusion/checkDenoiser.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { argumentError } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { type GuidanceOptions, guidedPrediction } from './guidedPrediction.js';

/** Options of {@link guideDenoiser}. */
export interface GuideDenoiserOptions<C> extends GuidanceOptions {
  /** What the samples are to follow. */
  condition: C;
  /** What stands for no condition (the class that training drops to, an empty caption), or what to avoid. */
  unconditional: C;
  /**
   * First and last timestep, both included, at which to guide; elsewhere the prediction is the conditional one.
   * Default: at all.
   */
  interval?: readonly [first: number, last: number];
  /** Which channels (last axis) to guide; the others keep the conditional prediction. Default: all. */
  channels?: readonly number[];
}

/**
 * A denoiser out of another one and two conditions: classifier-free guidance (Ho and Salimans 2022), rescaled (Lin et
 * al. 2024) and within an interval of timesteps (Kynkäänniemi et al. 2024) if asked. It calls the other one twice, and
 * has no condition of its own.
 *
 * @throws If the interval or a channel is none. What it returns throws as `guidedPrediction` does.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { guideDenoiser, sampleDpmPlusPlus2M } from 'diffusion-ssl/samplers';
 *
 * const toward = (xT: tf.Tensor, t: tf.Tensor1D, target: number) => tf.fill(xT.shape, target);
 * const guided = guideDenoiser(toward, { condition: 0.5, unconditional: 0, scale: 3 });
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const samples = await sampleDpmPlusPlus2M(guided, alphaBars, { shape: [1, 4], predictionType: 'x0', steps: 5 });
 * console.log(await samples.data()); // 1.5, 1.5, 1.5, 1.5
 * ```
 */
export function guideDenoiser<C>(denoiser: Denoiser<C>, options: GuideDenoiserOptions<C>): Denoiser {
  inFunction('guideDenoiser', () => checkDenoiser(denoiser));
  const { condition, unconditional, interval, channels } = options;
  if (interval !== undefined && !(interval[0] <= interval[1])) {
    throw argumentError('guideDenoiser: interval', interval, 'two ascending timesteps');
  }
  return (xT, t, _, call) =>
    tf.tidy(() => {
      const conditional = denoiser(xT, t, condition, call);
      const guided = guidedPrediction(denoiser(xT, t, unconditional, call), conditional, options);
      let chosen: tf.Tensor | undefined;
      if (interval !== undefined) {
        const inside = tf.logicalAnd(tf.greaterEqual(t, interval[0]), tf.lessEqual(t, interval[1]));
        chosen = tf.reshape(inside, [-1, ...xT.shape.slice(1).map(() => 1)]);
      }
      if (channels !== undefined) {
        const count = conditional.shape[conditional.rank - 1];
        if (!channels.every((channel) => Number.isInteger(channel) && channel >= 0 && channel < count)) {
          throw argumentError('guideDenoiser: channels', channels, `of 0 to ${count - 1}`);
        }
        const list = Array.from({ length: count }, (_, channel) => channels.includes(channel));
        const mask = tf.tensor(list, [...xT.shape.slice(1).map(() => 1), count], 'bool');
        chosen = chosen === undefined ? mask : tf.logicalAnd(chosen, mask);
      }
      if (chosen === undefined) return guided;
      return tf.where(tf.logicalAnd(chosen, tf.onesLike(tf.cast(conditional, 'bool'))), guided, conditional);
    });
}
