import * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { refuseNoiseAtZero } from '../diffusion/refuseNoiseAtZero.js';
import { argumentError } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { type EstimateX0Options, estimateX0 } from './estimateX0.js';

/** What {@link selfConditionSampling} returns. */
export interface SelfConditionedSampler<C> {
  /** For one run of a sampler: it remembers the last estimate. */
  denoiser: Denoiser<C>;
  /** Forgets it, before another run and at the end. */
  reset(): void;
}

/**
 * A denoiser for samplers of a network that was trained by `selfConditionTraining`: each call is given the estimate of
 * the last one, the first zeros. Call `reset` between two runs.
 *
 * Guidance belongs inside, `selfConditionSampling(guideDenoiser(network, …), …)`, so that what is fed back is the
 * guided estimate.
 *
 * @param denoiser From [batch, …, 2 · channels] to a prediction [batch, …, channels].
 * @throws {ConfigError} If `alphaBars` is none. The denoiser throws if images of another shape come without `reset`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { sampleDdim } from 'diffusion-ssl/samplers';
 * import { selfConditionSampling } from 'diffusion-ssl/training';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const network = (both: tf.Tensor) => tf.slice(both, [0, 0], [-1, 3]);
 * const { denoiser, reset } = selfConditionSampling(network, { alphaBars });
 * const samples = await sampleDdim(denoiser, alphaBars, { shape: [2, 3], steps: 5 });
 * reset();
 * console.log(samples.shape); // [2, 3]
 * ```
 */
export function selfConditionSampling<C>(
  denoiser: Denoiser<C>,
  options: EstimateX0Options,
): SelfConditionedSampler<C> {
  inFunction('selfConditionSampling', () => {
    checkAlphaBars('alphaBars', options.alphaBars);
    refuseNoiseAtZero(options.alphaBars, options.predictionType);
  });
  let last: tf.Tensor | undefined;
  const reset = () => {
    last?.dispose();
    last = undefined;
  };
  return {
    reset,
    denoiser: (xT, t, condition, call) =>
      tf.tidy(() => {
        if (last && !tf.util.arraysEqual(last.shape, xT.shape)) {
          const accepted = `[${last.shape}] as before, or call reset() first`;
          throw argumentError('selfConditionSampling: xT.shape', xT.shape, accepted);
        }
        const both = tf.concat([xT, last ?? tf.zerosLike(xT)], -1);
        const prediction = denoiser(both, t, condition, call);
        const estimate = estimateX0(xT, t, prediction, options);
        reset();
        last = tf.keep(estimate);
        return prediction;
      }),
  };
}
