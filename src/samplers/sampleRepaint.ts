import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { argumentError, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { type RepaintTimestepsOptions, repaintTimesteps } from './repaintTimesteps.js';
import { solve } from './solve.js';
import { combine } from './stepTensors.js';
import type { SampleOptions } from './types.js';
import { xTSchedule } from './xTSchedule.js';

/** Options of {@link sampleRepaint}. `steps` is 250, or all timesteps where there are fewer, unless given. */
export interface SampleRepaintOptions<C = undefined>
  extends Pick<
      SampleOptions<C>,
      | 'condition'
      | 'predictionType'
      | 'clip'
      | 'dynamicThresholding'
      | 'steps'
      | 'seed'
      | 'noise'
      | 'onStep'
      | 'signal'
    >,
    RepaintTimestepsOptions {
  /** Clean images, of which the known pixels are kept; their shape is that of the samples. */
  image: tf.Tensor;
  /** 1 where the image is known, 0 where it is to be painted; of the image's shape or broadcast to it. */
  mask: tf.Tensor;
  /** Share of DDPM's noise that each step adds, in [0, 1]. Default 0. */
  eta?: number;
}

/**
 * Paints what a mask leaves open so that it fits what is known, without training for it (RePaint, Lugmayr et al. 2022,
 * algorithm 1; diffusers' `RePaintScheduler`): each step takes the known part from the noised image and the unknown one
 * from DDIM, both with the same noise, and jumps back up let the two come to agree. `noise` is asked with the steps 1,
 * 2, … in the order of the draws.
 *
 * @param denoiser any denoiser, such as a function of x_t and t.
 * @param alphaBars ᾱ of the schedule that the denoiser was trained with, descending.
 * @returns Samples of the image's shape, the caller's to dispose; no other tensor stays, also when it throws.
 * @throws {AbortError} (rejects) If `options.signal` is aborted.
 * @throws (rejects) If an option is out of range, a shape disagrees, or the denoiser, the noise source or `onStep`
 *   throws.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { sampleRepaint } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(100, { type: 'linear', betaEnd: 0.2 }));
 * const image = tf.ones([1, 8, 8, 4]);
 * const mask = tf.concat([tf.ones([1, 8, 4, 1]), tf.zeros([1, 8, 4, 1])], 2);
 * const painted = await sampleRepaint((xT) => tf.mul(xT, 0.5), alphaBars, { image, mask, steps: 10, jumpLength: 2 });
 * console.log(painted.shape); // [1, 8, 8, 4]
 * ```
 */
export async function sampleRepaint<C>(
  denoiser: Denoiser<C>,
  alphaBars: ArrayLike<number>,
  options: SampleRepaintOptions<C>,
): Promise<tf.Tensor> {
  const functionName = 'sampleRepaint';
  const xT = inFunction(functionName, () => xTSchedule(alphaBars));
  const { image, mask, eta = 0, steps = Math.min(250, alphaBars.length) } = options;
  checkNumber(`${functionName}: eta`, eta, 0, 1);
  const { shape } = image;
  const sides = mask.shape.map((side, i) => side === 1 || side === shape[image.rank - mask.rank + i]);
  if (mask.rank > image.rank || sides.includes(false)) {
    throw argumentError(`${functionName}: mask.shape`, mask.shape, `[${shape}] or broadcast to it`);
  }
  const stride = Math.floor(alphaBars.length / steps);
  const timesteps = Float64Array.from(repaintTimesteps(alphaBars.length, steps, options));
  const sigmas = Float64Array.of(...timesteps.map(xT.sigmaAt), 0);
  const schedule = { ...xT, levels: () => ({ timesteps, sigmas }) };
  const run = { functionName, family: 'ddim' as const, denoiser, schedule, options: { ...options, shape } };
  let draws = 0;
  return solve(run, ({ x, i, sigma, alphaBar, predict, toX0, toNoise, draw }) => {
    const [before, t] = [timesteps[i - 1], timesteps[i]];
    if (t > before) {
      // Back up by the forward process, trained timestep by trained timestep.
      let noisy = x;
      for (let s = before; s < before + stride; s++) {
        const alpha = alphaBars[s] / (alphaBars[s - 1] ?? 1);
        noisy = combine(Math.sqrt(alpha), noisy, Math.sqrt(1 - alpha), draw(++draws));
      }
      return { x: noisy };
    }
    const drawn = draw(++draws);
    const prediction = predict(x, sigma, t);
    const x0 = toX0(x, sigma, prediction);
    const nextAlphaBar = t < stride ? 1 : alphaBars[t - stride];
    const variance = eta ** 2 * ((1 - nextAlphaBar) / (1 - alphaBar)) * (1 - alphaBar / nextAlphaBar);
    const direction = Math.sqrt(Math.max(0, 1 - nextAlphaBar - variance));
    const mean = combine(Math.sqrt(nextAlphaBar), x0, direction, toNoise(x, sigma, prediction));
    const unknown = combine(1, mean, Math.sqrt(variance), drawn);
    const known = combine(Math.sqrt(nextAlphaBar), image, Math.sqrt(1 - nextAlphaBar), drawn);
    return { x: tf.add(tf.mul(known, mask), tf.mul(unknown, tf.sub(1, mask))), x0 };
  });
}
