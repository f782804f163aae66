import * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import { checkDenoiser } from '../diffusion/checkDenoiser.js';
import { PREDICTION_TYPES } from '../diffusion/predictionType.js';
import { refuseNoiseAtZero } from '../diffusion/refuseNoiseAtZero.js';
import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import type { DiffusionBatch, DiffusionLossOptions } from './diffusionLoss.js';
import type { ObjectiveStepOptions, TrainStepOptions } from './trainStep.js';

/** Says what is wrong with an argument, unless it is right. */
function check(isRight: unknown, argument: string, received: unknown, accepted: string): void {
  if (!isRight) throw argumentError(argument, received, accepted);
}

/** Throws where what JavaScript lets through would fail further in, or train something else: for `diffusionLoss`. */
export function checkLossArguments(
  denoiser: unknown,
  batch: DiffusionBatch<unknown>,
  options: DiffusionLossOptions,
): void {
  checkDenoiser(denoiser);
  checkBatch('batch', batch);
  checkOptions(options);
}

/** The same for `trainStep`. */
export function checkStepArguments<C>(
  denoiser: unknown,
  batches: readonly DiffusionBatch<C>[],
  options: TrainStepOptions | ObjectiveStepOptions<C, DiffusionBatch<C>>,
): void {
  checkDenoiser(denoiser);
  check(Array.isArray(batches), 'batches', batches, 'a list of batches, also of one: [batch]');
  if (batches.length === 0) throw new ConfigError('there is no batch.');
  if (options && 'objective' in options) {
    const { objective } = options;
    check(
      typeof objective === 'function',
      'objective',
      objective,
      'a function (denoiser, batch, call) => loss',
    );
  } else {
    batches.forEach((batch, i) => {
      checkBatch(`batches[${i}]`, batch);
    });
    checkOptions(options);
  }
  const { optimizer, parameters, step } = options;
  check(step !== undefined, 'step', step, 'the number of the first batch within the run, from 0');
  checkInteger('step', step, 0, 2 ** 32 - batches.length);
  check(optimizer?.applyGradients, 'optimizer', optimizer, 'a tf.Optimizer, such as new AdamW()');
  const list = 'namedParameters(model).filter(({ spec }) => spec.trainable)';
  check(
    Array.isArray(parameters) && parameters.length > 0,
    'parameters',
    parameters,
    `a list such as ${list}`,
  );
  for (const [i, parameter] of parameters.entries()) {
    const where = `parameters[${i}]`;
    const { name, variable } = parameter ?? {};
    check(variable instanceof tf.Variable, where, parameter, `{ name, variable }, as in ${list}`);
    check(!variable.isDisposed, where, name, 'a variable that is not disposed');
    check(variable.trainable, where, name, `one that is trained, as in ${list}`);
  }
}

function checkBatch(where: string, batch: DiffusionBatch<unknown>): void {
  check(batch && !Array.isArray(batch), where, batch, 'one batch { x0, t, noise }');
  const { x0, noise, t } = batch;
  check(x0 instanceof tf.Tensor, `${where}.x0`, x0, 'a tensor [batch, …]');
  check(noise instanceof tf.Tensor, `${where}.noise`, noise, "a tensor of x0's shape");
  check(
    t instanceof Int32Array || t instanceof Float32Array,
    `${where}.t`,
    t,
    'an Int32Array of timesteps, one a sample (a Float32Array: also between two)',
  );
}

function checkOptions(options: DiffusionLossOptions): void {
  check(options, 'options', options, 'an object with alphaBars');
  const { alphaBars, loss, predictionType = 'noise' } = options;
  checkAlphaBars('alphaBars', alphaBars);
  checkOneOf('predictionType', predictionType, PREDICTION_TYPES);
  refuseNoiseAtZero(alphaBars, predictionType);
  check(
    loss === undefined || typeof loss === 'function',
    'loss',
    loss,
    "a function, such as mse or getLossFn('mse')",
  );
}
