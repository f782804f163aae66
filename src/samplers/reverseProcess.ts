import * as tf from '@tensorflow/tfjs-core';
import { spaceTimesteps } from '../diffusion/spaceTimesteps.js';
import { argumentError } from '../internal/checks.js';
import { gaussianNoise } from './gaussianNoise.js';
import type { Denoiser, SampleOptions, StepOptions, StepResult } from './types.js';

/** A sampler's single step, its own options already bound. */
type Step = (xT: tf.Tensor, t: number, prediction: tf.Tensor, options: StepOptions) => StepResult;

/** The loop of every sampler: `step` over the spaced timesteps, with noise where `isNoisy`. */
export async function reverseProcess(
  functionName: string,
  denoiser: Denoiser,
  alphaBars: ArrayLike<number>,
  options: SampleOptions & { steps: number },
  isNoisy: boolean,
  step: Step,
): Promise<tf.Tensor> {
  const { predictionType, clip, seed = 0, noise = gaussianNoise(seed), onStep } = options;
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
  const timesteps = spaceTimesteps(alphaBars.length, options.steps, options);
  let xT = tf.tidy(() => tf.clone(draw(0)));
  for (const [i, t] of timesteps.entries()) {
    const isLast = i === timesteps.length - 1;
    let result: StepResult | undefined;
    try {
      result = tf.tidy(() =>
        step(xT, t, denoiser(xT, tf.fill([shape[0]], t, 'int32')), {
          previousT: isLast ? -1 : timesteps[i + 1],
          predictionType,
          clip,
          noise: isNoisy && !isLast ? draw(i + 1) : undefined,
        }),
      );
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
