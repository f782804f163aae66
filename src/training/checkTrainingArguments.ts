import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import { PREDICTION_TYPES } from '../diffusion/predictionType.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkOneOf } from '../internal/checks.js';
import type { DiffusionBatch, DiffusionLossOptions } from './diffusionLoss.js';
import type { TrainStepOptions } from './trainStep.js';

/** Says what is wrong with an argument, unless it is right. */
type Check = (isRight: unknown, argument: string, received: unknown, accepted: string) => void;

function checkOf(functionName: string): Check {
  return (isRight, argument, received, accepted) => {
    if (!isRight) throw argumentError(functionName, argument, received, accepted);
  };
}

/** Throws where what JavaScript lets through would fail further in, or train something else: for `diffusionLoss`. */
export function checkLossArguments(
  model: tfl.LayersModel,
  batch: DiffusionBatch,
  options: DiffusionLossOptions,
): void {
  const check = checkOf('diffusionLoss');
  checkModel('diffusionLoss', model, check);
  checkBatch('batch', batch, check);
  checkOptions('diffusionLoss', options, check);
}

/** The same for `trainStep`. */
export function checkStepArguments(
  model: tfl.LayersModel,
  batches: readonly DiffusionBatch[],
  options: TrainStepOptions,
): void {
  const check = checkOf('trainStep');
  checkModel('trainStep', model, check);
  check(Array.isArray(batches), 'batches', batches, 'a list of batches, also of one: [batch]');
  if (batches.length === 0) throw new ConfigError('trainStep: there is no batch.');
  batches.forEach((batch, i) => {
    checkBatch(`batches[${i}]`, batch, check);
  });
  checkOptions('trainStep', options, check);
  const { optimizer, parameters } = options;
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

function checkModel(functionName: string, model: tfl.LayersModel, check: Check): void {
  requireBackend(functionName);
  check(Array.isArray(model?.layers), 'model', model, 'a tf.LayersModel of [x, t], such as unetAttD()');
}

function checkBatch(where: string, batch: DiffusionBatch, check: Check): void {
  check(batch && !Array.isArray(batch), where, batch, 'one batch { x0, t, noise }');
  const { x0, noise, t } = batch;
  check(x0 instanceof tf.Tensor, `${where}.x0`, x0, 'a tensor [batch, height, width, channels]');
  check(noise instanceof tf.Tensor, `${where}.noise`, noise, "a tensor of x0's shape");
  check(
    Array.isArray(t) || t instanceof Int32Array,
    `${where}.t`,
    t,
    'an Int32Array of timesteps, one a sample',
  );
}

function checkOptions(functionName: string, options: DiffusionLossOptions, check: Check): void {
  check(options, 'options', options, 'an object with alphaBars');
  const { alphaBars, loss, predictionType = 'noise' } = options;
  checkAlphaBars(functionName, alphaBars);
  checkOneOf(functionName, 'predictionType', predictionType, PREDICTION_TYPES);
  check(
    loss === undefined || typeof loss === 'function',
    'loss',
    loss,
    "a function, such as mse or getLossFn('mse')",
  );
}
