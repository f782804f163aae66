import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule } from '../../src/diffusion/computeAlphaSchedule.js';
import { type BetaScheduleType, makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import { qSample } from '../../src/diffusion/qSample.js';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { guideDenoiser } from '../../src/samplers/guideDenoiser.js';
import { sampleDdim } from '../../src/samplers/sampleDdim.js';
import { sampleDdpm } from '../../src/samplers/sampleDdpm.js';
import { sampleHeun } from '../../src/samplers/sampleHeun.js';
import { diffusionLoss } from '../../src/training/diffusionLoss.js';
import { trainStep } from '../../src/training/trainStep.js';
import { normals, smallConfig } from '../models/smallModels.js';
import { startTestBackend } from '../support/backend.js';
import { alphaBars, linearDenoiser, makeBatch, valuesOf } from './linearDenoiser.js';

// What JavaScript lets through.
const step = trainStep as (...args: unknown[]) => Promise<unknown>;
const loss = diffusionLoss as (...args: unknown[]) => unknown;
const sample = qSample as (...args: unknown[]) => unknown;

type Parts = ReturnType<typeof parts>;

function parts() {
  const { model, denoiser, parameters } = linearDenoiser();
  const options = { optimizer: new AdamW({ learningRate: 0.1 }), parameters, alphaBars, step: 0 };
  return { model, denoiser, parameters, batch: makeBatch(2, 50), options };
}

/** What an argument is changed to, and what the error says of it. */
type Mistake = [name: string, change: (parts: Parts) => Record<string, unknown>, message: RegExp];

const betas = makeBetaSchedule(alphaBars.length);
const acceptedBars = String.raw`it must be ᾱ of each timestep, as in \{ alphaBars \} = computeAlphaSchedule\(betas\)`;

const inOptions: Mistake[] = [
  [
    "'epsilon'",
    () => ({ predictionType: 'epsilon' }),
    /predictionType is 'epsilon'; it must be one of 'noise', 'x0', 'v'/,
  ],
  ['no alphaBars', () => ({ alphaBars: undefined }), new RegExp(`alphaBars is undefined; ${acceptedBars}`)],
  [
    'the whole schedule',
    () => ({ alphaBars: computeAlphaSchedule(betas) }),
    new RegExp(`alphaBars is \\{ alphas, .*; ${acceptedBars}`),
  ],
  [
    'betas',
    () => ({ alphaBars: betas }),
    new RegExp(`alphaBars is \\[.*, …, .*\\]; ${acceptedBars}, which descends`),
  ],
  ['the name of a loss', () => ({ loss: 'mse' }), /loss is 'mse'; it must be a function/],
];

const inBatch: Mistake[] = [
  ['no noise', () => ({ noise: undefined }), /noise is undefined; it must be a tensor/],
  ['a chip as numbers', () => ({ x0: [[[1]]] }), /x0 is \[\[\[1\]\]\]; it must be a tensor/],
  ['no t', () => ({ t: undefined }), /t is undefined; it must be an Int32Array/],
  ['a list for t', () => ({ t: [0.5, 1] }), /t is \[0\.5, 1\]; it must be an Int32Array/],
  [
    't as a tensor',
    () => ({ t: tf.tensor1d([1, 2], 'int32') }),
    /t is int32 tensor \[2\]; it must be an Int32Array/,
  ],
];

const ofStep: Mistake[] = [
  ...inOptions,
  ['no step', () => ({ step: undefined }), /step is undefined; it must be the number of the first batch/],
  ['part of a step', () => ({ step: 0.5 }), /step is 0\.5; it must be an integer/],
  ['no optimizer', () => ({ optimizer: undefined }), /optimizer is undefined; it must be a tf\.Optimizer/],
  [
    'the name of an optimizer',
    () => ({ optimizer: 'adam' }),
    /optimizer is 'adam'; it must be a tf\.Optimizer/,
  ],
  [
    'no parameters',
    () => ({ parameters: undefined }),
    /parameters is undefined; it must be a list such as namedParameters/,
  ],
  [
    'an empty list of parameters',
    () => ({ parameters: [] }),
    /parameters is \[\]; it must be a list such as/,
  ],
  [
    'variables for parameters',
    ({ parameters }) => ({ parameters: parameters.map(({ variable }) => variable) }),
    /parameters\[0\] is float32 tensor .*; it must be \{ name, variable \}/,
  ],
  [
    "another model's parameters",
    () => ({ parameters: linearDenoiser().parameters }),
    /parameters is a list of 2, on none of which the loss depends/,
  ],
];

beforeAll(startTestBackend);

async function caught(body: () => unknown): Promise<Error> {
  try {
    await body();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

async function expectConfigError(body: () => unknown, begin: string, message: RegExp): Promise<void> {
  const error = await caught(body);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message.startsWith(`${begin}: `), error.message).toBe(true);
  expect(error.message).toMatch(message);
}

describe('trainStep', () => {
  it.each(ofStep)('says what is wrong with %s, and trains nothing', async (_, change, message) => {
    const all = parts();
    const before = await valuesOf(all.parameters);
    const changed = { ...all.options, ...change(all) };
    const tensors = tf.memory().numTensors;
    await expectConfigError(() => step(all.denoiser, [all.batch], changed), 'trainStep', message);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await valuesOf(all.parameters)).toEqual(before);
  });

  it.each(inBatch)('says what is wrong with %s', async (_, change, message) => {
    const all = parts();
    const { denoiser, batch, options } = all;
    const changed = { ...batch, ...change(all) };
    await expectConfigError(() => step(denoiser, [batch, changed], options), 'trainStep', message);
    await expectConfigError(
      () => step(denoiser, [batch, changed], options),
      'trainStep',
      /^trainStep: batches\[1\]\./,
    );
  });

  it('asks for a list of batches, a denoiser and options', async () => {
    const { model, denoiser, batch, options } = parts();
    await expectConfigError(
      () => step(denoiser, batch, options),
      'trainStep',
      /batches is \{ x0, .*; it must be a list of batches/,
    );
    await expectConfigError(() => step(denoiser, [], options), 'trainStep', /there is no batch/);
    await expectConfigError(() => step(denoiser, [batch]), 'trainStep', /options is undefined/);
    await expectConfigError(
      () => step(model, [batch], options),
      'trainStep',
      /denoiser is a tf\.LayersModel; it must be a function: write layersDenoiser\(model\)/,
    );
    await expectConfigError(
      () => step(undefined, [batch], options),
      'trainStep',
      /denoiser is undefined; it must be a function \(xT, t, condition, /,
    );
  });

  it('names a parameter that does not train, or is disposed', async () => {
    const model = unetAttD(smallConfig);
    const batch = {
      x0: normals([2, 32, 32, 2], 4),
      noise: normals([2, 32, 32, 2], 5),
      t: Int32Array.of(1, 7),
    };
    const all = namedParameters(model);
    const options = { optimizer: new AdamW(), alphaBars, step: 0 };
    const denoiser = layersDenoiser(model);
    await expectConfigError(
      () => step(denoiser, [batch], { ...options, parameters: all }),
      'trainStep',
      /parameters\[\d+\] is '.*running_mean'; it must be one that is trained, as in namedParameters\(model\)\.filter/,
    );
    model.dispose();
    await expectConfigError(
      () => step(denoiser, [batch], { ...options, parameters: all.filter(({ spec }) => spec.trainable) }),
      'trainStep',
      /parameters\[0\] is '.*'; it must be a variable that is not disposed/,
    );
  });
});

describe('diffusionLoss', () => {
  it.each(inOptions)('says what is wrong with %s', async (_, change, message) => {
    const all = parts();
    const changed = { alphaBars, ...change(all) };
    await expectConfigError(() => loss(all.denoiser, all.batch, changed), 'diffusionLoss', message);
  });

  it.each(inBatch)('says what is wrong with %s', async (_, change, message) => {
    const all = parts();
    const changed = { ...all.batch, ...change(all) };
    await expectConfigError(() => loss(all.denoiser, changed, { alphaBars }), 'diffusionLoss', message);
  });

  it('asks for one batch, a denoiser and options', async () => {
    const { model, denoiser, batch } = parts();
    await expectConfigError(
      () => loss(denoiser, [batch], { alphaBars }),
      'diffusionLoss',
      /batch is \[\{ x0, .*; it must be one batch/,
    );
    await expectConfigError(() => loss(denoiser, batch), 'diffusionLoss', /options is undefined/);
    await expectConfigError(
      () => loss(model, batch, { alphaBars }),
      'diffusionLoss',
      /denoiser is a tf\.LayersModel/,
    );
  });

  it.each([
    [
      'a promise',
      async (xT: tf.Tensor) => xT,
      /the denoiser's prediction is .*; it must be a tensor \[2,2,3,any\]/,
    ],
    [
      'another shape',
      (xT: tf.Tensor) => tf.mean(xT, 1),
      /prediction\.shape is \[2, 3, 2\]; it must be \[2,2,3,any\]/,
    ],
  ])('says what is wrong with a denoiser that returns %s', async (_, denoiser, message) => {
    const { batch } = parts();
    await expectConfigError(() => loss(denoiser, batch, { alphaBars }), 'diffusionLoss', message);
  });
});

describe('qSample and the samplers', () => {
  const bars = inOptions.filter(([, change]) => 'alphaBars' in change(undefined as unknown as Parts));

  it.each(bars)('say what is wrong with %s', async (_, change, message) => {
    const { batch } = parts();
    const { alphaBars: wrong } = change(parts());
    await expectConfigError(() => sample(batch.x0, batch.t, wrong, batch.noise), 'qSample', message);
    for (const [name, sampler] of Object.entries({ sampleDdim, sampleDdpm })) {
      const run = sampler as (...args: unknown[]) => unknown;
      await expectConfigError(() => run((xT: unknown) => xT, wrong, { shape: [1, 2] }), name, message);
    }
  });

  it.each(['linear', 'cosine', 'squaredcos_cap_v2', 'scaled_linear', 'sigmoid'] satisfies BetaScheduleType[])(
    'tell betas (%s) from ᾱ',
    async (type) => {
      const { batch } = parts();
      const schedule = makeBetaSchedule(100, { type });
      await expectConfigError(
        () => sample(batch.x0, batch.t, schedule, batch.noise),
        'qSample',
        /which descends/,
      );
      qSample(batch.x0, batch.t, computeAlphaSchedule(schedule).alphaBars, batch.noise).dispose();
      qSample(batch.x0, [0, 0], [0.3], batch.noise).dispose();
    },
  );

  it('say what is wrong with a model in place of a denoiser', async () => {
    const { model } = parts();
    const options = { shape: [1, 2, 2, 2] };
    for (const [name, sampler] of Object.entries({ sampleDdim, sampleDdpm, sampleHeun })) {
      const run = sampler as (...args: unknown[]) => unknown;
      await expectConfigError(() => run(model, alphaBars, options), name, /denoiser is a tf\.LayersModel/);
    }
    const guide = guideDenoiser as (...args: unknown[]) => unknown;
    await expectConfigError(() => guide(model, {}), 'guideDenoiser', /denoiser is a tf\.LayersModel/);
  });

  it('say what is wrong with tensors and timesteps', async () => {
    const { x0, t, noise } = makeBatch(2, 60);
    await expectConfigError(
      () => sample(x0, t, alphaBars),
      'qSample',
      /noise is undefined; it must be a tensor/,
    );
    await expectConfigError(
      () => sample([[1]], [0], alphaBars, noise),
      'qSample',
      /x0 is \[\[1\]\]; it must be a tensor/,
    );
    await expectConfigError(
      () => sample(x0, 5, alphaBars, noise),
      'qSample',
      /t is 5; it must be a list of timesteps/,
    );
    await expectConfigError(
      () => sample(x0, undefined, alphaBars, noise),
      'qSample',
      /t is undefined; it must be/,
    );
  });
});
