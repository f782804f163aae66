import * as tf from '@tensorflow/tfjs-core';
import { checkDenoiser } from '../diffusion/checkDenoiser.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { spaceTimesteps } from '../diffusion/spaceTimesteps.js';
import { argumentError, checkInteger } from '../internal/checks.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { gaussianNoise } from './gaussianNoise.js';
import { combine } from './stepTensors.js';
import type { SampleOptions, StepOptions, StepResult } from './types.js';

/** A sampler's single step, its own options already bound. */
type Step = (xT: tf.Tensor, t: number, prediction: tf.Tensor, options: StepOptions) => StepResult;

/** The loop of every sampler: `step` over the spaced timesteps, with noise where `isNoisy`. */
export async function reverseProcess<C>(
  functionName: string,
  denoiser: Denoiser<C>,
  alphaBars: ArrayLike<number>,
  options: SampleOptions<C> & { steps: number },
  isNoisy: boolean,
  step: Step,
): Promise<tf.Tensor> {
  const { predictionType, clip, dynamicThresholding, setAlphaToOne = true } = options;
  const { initialImage, startStep = 0, seed = 0, noise = gaussianNoise(seed), onStep, signal } = options;
  requireBackend(functionName);
  checkDenoiser(functionName, denoiser);
  const shape = [...options.shape];
  if (shape.length < 1 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw argumentError(functionName, 'shape', shape, '[batch, …] of positive integers');
  }
  const draw = (index: number) => {
    const drawn = noise([...shape], index);
    if (!tf.util.arraysEqual(drawn.shape, shape)) {
      throw argumentError(functionName, 'noise(…).shape', drawn.shape, `[${shape}]`);
    }
    return drawn;
  };
  const spaced = Int32Array.from(
    options.timesteps ?? spaceTimesteps(alphaBars.length, options.steps, options),
  );
  if (options.timesteps !== undefined) checkTimesteps(functionName, options.timesteps, alphaBars.length);
  checkInteger(functionName, 'startStep', startStep, 0, spaced.length - 1);
  if (initialImage === undefined && startStep > 0) {
    throw argumentError(functionName, 'startStep', startStep, '0 without an initialImage');
  }
  if (initialImage !== undefined && !tf.util.arraysEqual(initialImage.shape, shape)) {
    throw argumentError(functionName, 'initialImage.shape', initialImage.shape, `[${shape}]`);
  }
  const timesteps = spaced.subarray(startStep);
  let xT = tf.tidy(() => {
    if (initialImage === undefined) return tf.clone(draw(0));
    const alphaBar = alphaBars[timesteps[0]];
    return combine(Math.sqrt(alphaBar), initialImage, Math.sqrt(1 - alphaBar), draw(0));
  });
  for (const [i, t] of timesteps.entries()) {
    const isLast = i === timesteps.length - 1;
    const addsNoise = isNoisy && !(isLast && (setAlphaToOne || t === 0));
    let result: StepResult | undefined;
    try {
      if (signal) {
        await nextTurn();
        throwIfAborted(signal, `${functionName}: stopped before step ${i + 1} of ${timesteps.length}.`);
      }
      result = tf.tidy(() => {
        const ts = tf.fill([shape[0]], t, 'int32') as tf.Tensor1D;
        const prediction = denoiser(xT, ts, options.condition as C, { training: false, step: 0 });
        return step(xT, t, prediction, {
          previousT: isLast ? -1 : timesteps[i + 1],
          predictionType,
          clip,
          dynamicThresholding,
          setAlphaToOne,
          noise: addsNoise ? draw(i + 1) : undefined,
        });
      });
      await onStep?.({ step: i + 1, t, xT, x0: result.x0 });
    } catch (error) {
      result?.previous.dispose();
      throw error;
    } finally {
      xT.dispose();
      result?.x0.dispose();
    }
    xT = result.previous;
  }
  return xT;
}

/** Throws unless timesteps of the caller's own are descending integers of the schedule. */
function checkTimesteps(functionName: string, timesteps: ArrayLike<number>, length: number): void {
  const list = Array.from(timesteps);
  const descends = list.every(
    (t, i) => Number.isInteger(t) && t >= 0 && t < (i === 0 ? length : list[i - 1]),
  );
  if (list.length === 0 || !descends) {
    throw argumentError(functionName, 'timesteps', list, `descending integers from 0 to ${length - 1}`);
  }
}
