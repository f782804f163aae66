import * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import { checkDenoiser } from '../diffusion/checkDenoiser.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { argumentError } from '../internal/checks.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { ddimStep } from './ddimStep.js';
import { gaussianNoise } from './gaussianNoise.js';
import { type RepaintTimestepsOptions, repaintTimesteps } from './repaintTimesteps.js';
import { combine } from './stepTensors.js';
import type { SampleOptions } from './types.js';

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
 * algorithm 1; diffusers' `RePaintScheduler`): each step takes the known part from the noised image and the unknown one from
 * DDIM, both with the same noise, and jumps back up let the two come to agree. `noise` is asked with the steps 1, 2, …
 * in the order of the draws.
 *
 * @param denoiser any denoiser, such as a function of x_t and t.
 * @param alphaBars ᾱ of the schedule that the denoiser was trained with, descending.
 * @returns Samples of the image's shape, the caller's to dispose; no other tensor stays, also when it throws.
 * @throws {AbortError} (rejects) If `options.signal` is aborted.
 * @throws (rejects) If an option is out of range, a shape disagrees, or the denoiser, the noise source or `onStep` throws.
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
  checkAlphaBars(functionName, alphaBars);
  requireBackend(functionName);
  checkDenoiser(functionName, denoiser);
  const { image, mask, eta = 0, steps = Math.min(250, alphaBars.length), seed = 0, onStep, signal } = options;
  const { noise = gaussianNoise(seed) } = options;
  const { shape } = image;
  const sides = mask.shape.map((side, i) => side === 1 || side === shape[image.rank - mask.rank + i]);
  if (mask.rank > image.rank || sides.includes(false)) {
    throw argumentError(functionName, 'mask.shape', mask.shape, `[${shape}] or broadcast to it`);
  }
  const stride = Math.floor(alphaBars.length / steps);
  const timesteps = repaintTimesteps(alphaBars.length, steps, options);
  let draws = 0;
  const draw = () => {
    const drawn = noise([...shape], draws++);
    if (!tf.util.arraysEqual(drawn.shape, shape)) {
      throw argumentError(functionName, 'noise(…).shape', drawn.shape, `[${shape}]`);
    }
    return drawn;
  };

  /** One step down: DDIM where unknown, the noised image where known. */
  const denoise = (xT: tf.Tensor, t: number) => {
    const previousT = Math.max(-1, t - stride);
    const drawn = draw();
    const ts = tf.fill([shape[0]], t, 'int32') as tf.Tensor1D;
    const prediction = denoiser(xT, ts, options.condition as C, { training: false, step: 0 });
    const step = { ...options, setAlphaToOne: true, previousT, eta, noise: eta > 0 ? drawn : undefined };
    const { previous, x0 } = ddimStep(xT, t, prediction, alphaBars, step);
    const alphaBar = previousT < 0 ? 1 : alphaBars[previousT];
    const known = combine(Math.sqrt(alphaBar), image, Math.sqrt(1 - alphaBar), drawn);
    return { next: tf.add(tf.mul(known, mask), tf.mul(previous, tf.sub(1, mask))), x0 };
  };

  /** One stride back up, by the forward process, trained timestep by trained timestep. */
  const undo = (xT: tf.Tensor, t: number) => {
    let next = xT;
    for (let i = t; i < t + stride; i++) {
      const alpha = alphaBars[i] / (i === 0 ? 1 : alphaBars[i - 1]);
      next = combine(Math.sqrt(alpha), next, Math.sqrt(1 - alpha), draw());
    }
    return { next, x0: undefined };
  };

  let xT = tf.tidy(() => tf.mul(draw(), 1));
  for (const [i, t] of timesteps.entries()) {
    let result: { next: tf.Tensor; x0: tf.Tensor | undefined } | undefined;
    try {
      if (signal) {
        await nextTurn();
        throwIfAborted(signal, `${functionName}: stopped before step ${i + 1} of ${timesteps.length}.`);
      }
      const isDown = i === 0 || t < timesteps[i - 1];
      result = tf.tidy(() => (isDown ? denoise(xT, t) : undo(xT, timesteps[i - 1])));
      if (result.x0) await onStep?.({ step: i + 1, t, xT, x0: result.x0 });
    } catch (error) {
      result?.next.dispose();
      throw error;
    } finally {
      xT.dispose();
      result?.x0?.dispose();
    }
    xT = result.next;
  }
  return xT;
}
