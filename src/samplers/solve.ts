import * as tf from '@tensorflow/tfjs-core';
import { checkDenoiser } from '../diffusion/checkDenoiser.js';
import { checkPrediction } from '../diffusion/checkPrediction.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { argumentError, checkInteger } from '../internal/checks.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { gaussianNoise } from './gaussianNoise.js';
import type { LevelRule, NoiseLevels, NoiseSchedule } from './NoiseSchedule.js';
import type { SolverOptions } from './SolverOptions.js';
import { checkLimits, combine, limitX0 } from './stepTensors.js';
import { vpSchedule } from './vpSchedule.js';

/** What a sampler's step is given. All of it is in x̂ = x0 + σ · noise, whatever scale the network works at. */
export interface SolverState extends NoiseLevels {
  /** x̂ at the step's level. */
  x: tf.Tensor;
  /** Index of the step, from 0, and how many there are. */
  i: number;
  steps: number;
  /** σ of the step, and of the next one. */
  sigma: number;
  next: number;
  /** What the last step asked to remember, newest first or as it likes; empty before the first. */
  memory: tf.Tensor[];
  /** The denoiser's prediction for x̂ at level σ, at that level's timestep unless another is given. */
  predict(x: tf.Tensor, sigma: number, t?: number): tf.Tensor;
  /** x0, within the limits, that a prediction for x̂ at level σ implies. */
  toX0(x: tf.Tensor, sigma: number, prediction: tf.Tensor): tf.Tensor;
  /** Both at once: x0 of x̂ at level σ. */
  denoise(x: tf.Tensor, sigma: number): tf.Tensor;
  /** σ at a timestep that may be none of the run's. */
  sigmaAt(t: number): number;
  /** Standard normal noise; samplers that draw more than once a step number their draws. */
  draw(index?: number): tf.Tensor;
}

/** What a step gives back: x̂ at the next level, the estimate of x0, and what the next step needs to remember. */
export interface SolverResult {
  x: tf.Tensor;
  x0: tf.Tensor;
  memory?: tf.Tensor[];
}

/** What `solve` is to run, and over what. */
export interface Run<C> extends LevelRule {
  functionName: string;
  denoiser: Denoiser<C>;
  /** ᾱ of each timestep, or another kind of schedule. */
  schedule: ArrayLike<number> | NoiseSchedule;
  options: SolverOptions<C>;
  /** Replaces the starting deviation of the schedule: DPM-Solver's x_t starts with deviation 1. */
  unitStart?: boolean;
}

/** The loop of the samplers over noise levels: `step` from level to level, in x̂, with what the options ask for around it. */
export async function solve<C>(run: Run<C>, step: (state: SolverState) => SolverResult): Promise<tf.Tensor> {
  const { functionName, denoiser, options, unitStart = false } = run;
  const { initialImage, seed = 0, noise = gaussianNoise(seed), onStep, signal } = options;
  requireBackend(functionName);
  checkDenoiser(functionName, denoiser);
  checkLimits(functionName, options);
  const shape = [...options.shape];
  if (shape.length < 1 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw argumentError(functionName, 'shape', shape, '[batch, …] of positive integers');
  }
  if (initialImage !== undefined && !tf.util.arraysEqual(initialImage.shape, shape)) {
    throw argumentError(functionName, 'initialImage.shape', initialImage.shape, `[${shape}]`);
  }
  const schedule = 'levels' in run.schedule ? run.schedule : vpSchedule(functionName, run.schedule);
  const levels = chooseLevels(run, schedule);
  const { timesteps, sigmas } = levels;
  const steps = timesteps.length;
  const draw = (index: number) => {
    const drawn = noise([...shape], index);
    if (!tf.util.arraysEqual(drawn.shape, shape)) {
      throw argumentError(functionName, 'noise(…).shape', drawn.shape, `[${shape}]`);
    }
    return drawn;
  };
  const predict = (x: tf.Tensor, sigma: number, given?: number) => {
    const index = sigmas.indexOf(sigma);
    const t = given ?? timesteps[index] ?? schedule.timestepAt(sigma);
    const input = tf.mul(x, schedule.inputScale(sigma));
    const ts = tf.fill([shape[0]], t, Number.isInteger(t) ? 'int32' : 'float32') as tf.Tensor1D;
    const prediction = denoiser(input, ts, options.condition as C, { training: false, step: 0 });
    checkPrediction(functionName, prediction, shape);
    return prediction;
  };
  const toX0 = (x: tf.Tensor, sigma: number, prediction: tf.Tensor) => {
    const [first, second] = schedule.x0Factors(options.predictionType ?? 'noise', sigma);
    return limitX0(combine(first, x, second, prediction), options);
  };
  let x = tf.tidy(() => {
    const sigma = sigmas[0];
    if (initialImage !== undefined) return tf.add(initialImage, tf.mul(draw(0), sigma));
    const deviation =
      unitStart && !('levels' in run.schedule)
        ? 1 / schedule.inputScale(sigma)
        : schedule.startDeviation(sigma, options);
    return tf.mul(draw(0), deviation);
  });
  let memory: tf.Tensor[] = [];
  try {
    for (let i = 0; i < steps; i++) {
      if (signal) {
        await nextTurn();
        throwIfAborted(signal, `${functionName}: stopped before step ${i + 1} of ${steps}.`);
      }
      const [sigma, next] = [sigmas[i], sigmas[i + 1]];
      const { xT, ...result } = tf.tidy(() => ({
        ...step({
          ...{ ...levels, x, i, steps, sigma, next, memory, predict, toX0 },
          denoise: (at, level) => toX0(at, level, predict(at, level)),
          sigmaAt: schedule.sigmaAt,
          draw: (index = i + 1) => draw(index),
        }),
        xT: onStep && tf.mul(x, schedule.inputScale(sigma)),
      }));
      const old = [x, ...memory];
      x = result.x;
      memory = result.memory ?? [];
      const kept = new Set([x, ...memory]);
      for (const tensor of old) if (!kept.has(tensor)) tensor.dispose();
      try {
        if (onStep && xT) await onStep({ step: i + 1, t: timesteps[i], xT, x0: result.x0 });
      } finally {
        xT?.dispose();
        if (!kept.has(result.x0)) result.x0.dispose();
      }
    }
    return tf.tidy(() => tf.mul(x, schedule.outputScale(sigmas[steps])));
  } finally {
    for (const tensor of new Set([x, ...memory])) tensor.dispose();
  }
}

/** The levels of the run, those before `startStep` left out. */
function chooseLevels<C>({ functionName, options, omitLast }: Run<C>, schedule: NoiseSchedule): NoiseLevels {
  const { steps = Math.min(20, schedule.maxSteps), startStep = 0, initialImage } = options;
  const { timesteps, sigmas } = schedule.levels(functionName, steps, { ...options, omitLast });
  checkInteger(functionName, 'startStep', startStep, 0, timesteps.length - 1);
  if (initialImage === undefined && startStep > 0) {
    throw argumentError(functionName, 'startStep', startStep, '0 without an initialImage');
  }
  return { timesteps: timesteps.subarray(startStep), sigmas: sigmas.subarray(startStep) };
}
