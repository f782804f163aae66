import * as tf from '@tensorflow/tfjs-core';
import { checkDenoiser } from '../diffusion/checkDenoiser.js';
import { checkPrediction } from '../diffusion/checkPrediction.js';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { argumentError, checkInteger } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { gaussianNoise } from './gaussianNoise.js';
import type { LevelFamily, NoiseLevels, NoiseSchedule } from './NoiseSchedule.js';
import type { SolverOptions } from './SolverOptions.js';
import { checkLimits, combine, limitX0, scale } from './stepTensors.js';

/** What a sampler's step is given. Its x is x̂ = x_t / √ᾱ_t, or x_t itself where the schedule is an `xTSchedule`. */
export interface SolverState extends NoiseLevels {
  /** x at the step's level. */
  x: tf.Tensor;
  /** Index of the step, from 0, and how many there are. */
  i: number;
  steps: number;
  /** σ of the step, and of the next one. */
  sigma: number;
  next: number;
  /** ᾱ of both, 1 / (σ² + 1). */
  alphaBar: number;
  nextAlphaBar: number;
  /** What the last step asked to remember, newest first or as it likes; empty before the first. */
  memory: tf.Tensor[];
  /** The denoiser's prediction for x at level σ, at that level's timestep unless another is given. */
  predict(x: tf.Tensor, sigma: number, t?: number): tf.Tensor;
  /** x0, within the limits, that a prediction for x at level σ implies. */
  toX0(x: tf.Tensor, sigma: number, prediction: tf.Tensor): tf.Tensor;
  /** The noise that it implies, whatever the limits of x0. */
  toNoise(x: tf.Tensor, sigma: number, prediction: tf.Tensor): tf.Tensor;
  /** A prediction and its x0 at once. */
  denoise(x: tf.Tensor, sigma: number): tf.Tensor;
  /** σ at a timestep that may be none of the run's. */
  sigmaAt(t: number): number;
  /** Standard normal noise; samplers that draw more than once a step number their draws. */
  draw(index?: number): tf.Tensor;
}

/**
 * What a step gives back: x at the next level, the estimate of x0 if it made one, and what the next step is to know.
 */
export interface SolverResult {
  x: tf.Tensor;
  x0?: tf.Tensor;
  memory?: tf.Tensor[];
}

/** What `solve` is to run, and over what. */
export interface Run<C> {
  functionName: string;
  family: LevelFamily;
  denoiser: Denoiser<C>;
  schedule: NoiseSchedule;
  options: SolverOptions<C>;
  /** How many times the channels of x (last axis) the denoiser predicts. Default 1. */
  outputs?: number;
}

/** The loop of all samplers: `step` from level to level, with what the options ask for around it. */
export async function solve<C>(run: Run<C>, step: (state: SolverState) => SolverResult): Promise<tf.Tensor> {
  try {
    return await walk(run, step);
  } catch (error) {
    return inFunction(run.functionName, () => {
      throw error;
    });
  }
}

async function walk<C>(run: Run<C>, step: (state: SolverState) => SolverResult): Promise<tf.Tensor> {
  const { functionName, family, denoiser, schedule, options, outputs = 1 } = run;
  const { initialImage, predictionType = 'noise', onStep, signal } = options;
  const { seed = 0, noise = gaussianNoise(seed) } = options;
  requireBackend(functionName);
  checkDenoiser(denoiser);
  checkLimits(options);
  const shape = [...options.shape];
  if (shape.length < 1 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw argumentError('shape', shape, '[batch, …] of positive integers');
  }
  const checkShape = (name: string, tensor: tf.Tensor) => {
    if (tf.util.arraysEqual(tensor.shape, shape)) return tensor;
    throw argumentError(`${name}.shape`, tensor.shape, `[${shape}]`);
  };
  if (initialImage !== undefined) checkShape('initialImage', initialImage);
  const request = { ...options, family };
  const levels = withoutFirst(schedule.levels(request), options);
  const { timesteps, sigmas } = levels;
  const steps = timesteps.length;
  const draw = (index: number) => checkShape('noise(…)', noise([...shape], index));

  const predicted = [...shape.slice(0, -1), outputs * shape[shape.length - 1]];
  const note = outputs === 1 ? " as xT's" : `, ${outputs} times xT's channels`;
  const predict = (x: tf.Tensor, sigma: number, given?: number) => {
    const t = given ?? timesteps[sigmas.indexOf(sigma)] ?? schedule.timestepAt(sigma);
    const told = tf.fill([shape[0]], t, Number.isInteger(t) ? 'int32' : 'float32') as tf.Tensor1D;
    const input = scale(x, schedule.inputScale(sigma));
    const prediction = denoiser(input, told, options.condition as C, { training: false, step: 0 });
    checkPrediction(prediction, predicted, note);
    return prediction;
  };
  const toX0 = (x: tf.Tensor, sigma: number, prediction: tf.Tensor) => {
    const [first, second] = schedule.factors('x0', predictionType, sigma);
    return limitX0(combine(first, x, second, prediction), options);
  };
  const toNoise = (x: tf.Tensor, sigma: number, prediction: tf.Tensor) => {
    const [first, second] = schedule.factors('noise', predictionType, sigma);
    return first === 0 ? scale(prediction, second) : combine(first, x, second, prediction);
  };

  let x = tf.tidy(() => {
    const [signal, deviation] = schedule.mixture(sigmas[0]);
    if (initialImage !== undefined) return combine(signal, initialImage, deviation, draw(0));
    return tf.mul(draw(0), schedule.startDeviation(sigmas[0], request));
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
          ...{ ...levels, x, i, steps, sigma, next, memory, predict, toX0, toNoise },
          alphaBar: 1 / (sigma ** 2 + 1),
          nextAlphaBar: 1 / (next ** 2 + 1),
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
      const { x0 } = result;
      try {
        if (onStep && xT && x0) await onStep({ step: i + 1, t: timesteps[i], xT, x0 });
      } finally {
        xT?.dispose();
        if (x0 && !kept.has(x0)) x0.dispose();
      }
    }
    return tf.tidy(() => tf.mul(x, schedule.outputScale(sigmas[steps])));
  } finally {
    for (const tensor of new Set([x, ...memory])) tensor.dispose();
  }
}

/** The levels but for those before `startStep`. */
function withoutFirst(
  levels: NoiseLevels,
  options: { startStep?: number; initialImage?: tf.Tensor },
): NoiseLevels {
  const { startStep = 0, initialImage } = options;
  checkInteger('startStep', startStep, 0, levels.timesteps.length - 1);
  if (initialImage === undefined && startStep > 0) {
    throw argumentError('startStep', startStep, '0 without an initialImage');
  }
  return { timesteps: levels.timesteps.subarray(startStep), sigmas: levels.sigmas.subarray(startStep) };
}
