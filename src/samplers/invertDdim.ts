import * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import { checkDenoiser } from '../diffusion/checkDenoiser.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { spaceTimesteps } from '../diffusion/spaceTimesteps.js';
import { argumentError } from '../internal/checks.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { checkLimits, combine, estimate } from './stepTensors.js';
import type { SampleOptions } from './types.js';

/** Options of {@link invertDdim}. `steps` is 50, or all timesteps where there are fewer, unless given. */
export type InvertDdimOptions<C = undefined> = Omit<
  SampleOptions<C>,
  'shape' | 'initialImage' | 'startStep' | 'seed' | 'noise' | 'timesteps'
>;

/**
 * DDIM backwards, from clean images to the noise that DDIM without η would make them of (Song et al. 2021, section 5.4;
 * diffusers' `DDIMInverseScheduler`): the timesteps are visited upwards, the denoiser is told the one that a step goes to.
 * The more steps, the closer `sampleDdim` comes back.
 *
 * @param denoiser any denoiser, such as a function of x_t and t.
 * @param alphaBars ᾱ of the schedule that the denoiser was trained with, descending.
 * @param images clean images, [batch, …].
 * @returns Noisy samples at the largest of the timesteps, the caller's to dispose; no other tensor stays, also when it
 *   throws.
 * @throws {AbortError} (rejects) If `options.signal` is aborted.
 * @throws (rejects) If an option is out of range, a shape disagrees, or the denoiser or `onStep` throws.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { invertDdim } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const noisy = await invertDdim((xT) => tf.mul(xT, 0.5), alphaBars, tf.ones([2, 8, 8, 4]), { steps: 10 });
 * console.log(noisy.shape); // [2, 8, 8, 4]
 * ```
 */
export async function invertDdim<C>(
  denoiser: Denoiser<C>,
  alphaBars: ArrayLike<number>,
  images: tf.Tensor,
  options: InvertDdimOptions<C> = {},
): Promise<tf.Tensor> {
  const functionName = 'invertDdim';
  checkAlphaBars(functionName, alphaBars);
  requireBackend(functionName);
  checkDenoiser(functionName, denoiser);
  checkLimits(functionName, options);
  if (images.rank < 1) throw argumentError(functionName, 'images.shape', images.shape, '[batch, …]');
  const { steps = Math.min(50, alphaBars.length), setAlphaToOne = true, onStep, signal } = options;
  const timesteps = spaceTimesteps(alphaBars.length, steps, options).reverse();
  let xT = tf.tidy(() => tf.mul(images, 1));
  for (const [i, t] of timesteps.entries()) {
    const alphaBar = i > 0 ? alphaBars[timesteps[i - 1]] : setAlphaToOne ? 1 : alphaBars[0];
    let result: { next: tf.Tensor; x0: tf.Tensor } | undefined;
    try {
      if (signal) {
        await nextTurn();
        throwIfAborted(signal, `${functionName}: stopped before step ${i + 1} of ${timesteps.length}.`);
      }
      result = tf.tidy(() => {
        const ts = tf.fill([images.shape[0]], t, 'int32') as tf.Tensor1D;
        const prediction = denoiser(xT, ts, options.condition as C, { training: false, step: 0 });
        if (!tf.util.arraysEqual(prediction.shape, xT.shape)) {
          throw argumentError(functionName, 'prediction.shape', prediction.shape, `[${xT.shape}] as xT's`);
        }
        const x0 = estimate(functionName, 'x0', xT, alphaBar, prediction, options);
        const noise = estimate(functionName, 'noise', xT, alphaBar, prediction, options);
        return { next: combine(Math.sqrt(alphaBars[t]), x0, Math.sqrt(1 - alphaBars[t]), noise), x0 };
      });
      await onStep?.({ step: i + 1, t, xT, x0: result.x0 });
    } catch (error) {
      result?.next.dispose();
      throw error;
    } finally {
      xT.dispose();
      result?.x0.dispose();
    }
    xT = result.next;
  }
  return xT;
}
