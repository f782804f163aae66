import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { readCheckpointState } from '../../src/training/readCheckpointState.js';
import { restoreCheckpoint } from '../../src/training/restoreCheckpoint.js';
import { trainStep } from '../../src/training/trainStep.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { alphaBars } from './linearDenoiser.js';

beforeAll(startTestBackend);

const filterConfig = [2, 2, 3, 2, 4, 70];

/** A run in miniature: a network with a variable on each side of the optimizer's packing. */
function makeRun(seed: number) {
  const model = unetAttD({ inChannels: 1, filterConfig, timeEmbeddingDim: 4, dropoutRate: 0, seed });
  const parameters = namedParameters(model);
  return { model, parameters, optimizer: new AdamW(), ema: new ExponentialMovingAverage(parameters, 0.9) };
}

async function step({ model, parameters, optimizer, ema }: ReturnType<typeof makeRun>, seed: number) {
  const images = (k: number) => tf.randomNormal([2, 32, 32, 1], 0, 1, 'float32', k) as tf.Tensor4D;
  const batch = { x0: images(seed), noise: images(seed + 100), t: Int32Array.of(seed % 10, 7) };
  const trainable = parameters.filter(({ spec }) => spec.trainable);
  const options = { optimizer, parameters: trainable, alphaBars, step: seed };
  const { loss } = await trainStep(layersDenoiser(model), [batch], options);
  ema.update();
  return loss;
}

const everything = async ({ parameters, optimizer, ema }: ReturnType<typeof makeRun>) => ({
  weights: await toTorchStateDict(parameters),
  optimizer: await optimizer.state(parameters),
  ema: { step: ema.step, values: await ema.values() },
});

describe('encodeCheckpoint and restoreCheckpoint', () => {
  it('a restored run goes on bit for bit', async () => {
    const whole = makeRun(1);
    for (const seed of [1, 2]) await step(whole, seed);
    const state = { epoch: 1, name: 'run "ä"', rates: [0.1, null] };
    const bytes = await expectTensorsKept(0, () => encodeCheckpoint(whole, state));
    expect(readCheckpointState(bytes)).toEqual(state);
    const resumed = makeRun(2);
    expect(await restoreCheckpoint(bytes, resumed)).toEqual(state);
    expect(await everything(resumed)).toEqual(await everything(whole));
    expect(await step(resumed, 3)).toBe(await step(whole, 3));
    expect(await everything(resumed)).toEqual(await everything(whole));
  });

  it('holds a run before its first step', async () => {
    const [first, second] = [makeRun(1), makeRun(2)];
    await restoreCheckpoint(await encodeCheckpoint(first, {}), second);
    expect(await everything(second)).toEqual(await everything(first));
    expect(await step(second, 1)).toBe(await step(first, 1));
    expect(await everything(second)).toEqual(await everything(first));
  });

  it('gives the same bytes for the same run', async () => {
    const run = makeRun(1);
    await step(run, 1);
    expect(await encodeCheckpoint(run, { a: 1 })).toEqual(await encodeCheckpoint(run, { a: 1 }));
  });

  it('restores the weights alone', async () => {
    const [first, second] = [makeRun(1), makeRun(2)];
    await step(first, 1);
    await restoreCheckpoint(await encodeCheckpoint(first, {}), { parameters: second.parameters });
    expect(await toTorchStateDict(second.parameters)).toEqual(await toTorchStateDict(first.parameters));
    expect(second.optimizer.step).toBe(0);
  });

  it('refuses a part that is not there, another network, and a file of weights', async () => {
    const run = makeRun(1);
    const weights = await encodeCheckpoint({ parameters: run.parameters }, {});
    const { parameters, optimizer, ema } = run;
    await expect(restoreCheckpoint(weights, { parameters, ema })).rejects.toThrow(
      /restoreCheckpoint: .*no moving average/,
    );
    await expect(restoreCheckpoint(weights, { parameters, optimizer })).rejects.toThrow(/no optimizer state/);
    const other = namedParameters(unetAttD({ inChannels: 2, filterConfig, timeEmbeddingDim: 4 }));
    await expect(restoreCheckpoint(weights, { parameters: other })).rejects.toThrow(/wrong shape: encoder_1/);
    const plain = writeSafetensors(await toTorchStateDict(parameters));
    await expect(restoreCheckpoint(plain, { parameters })).rejects.toThrow(/no checkpoint of a run/);
    expect(() => readCheckpointState(plain)).toThrow(/no checkpoint of a run/);
    await expect(restoreCheckpoint(weights.slice(0, -4), { parameters })).rejects.toThrow(/readSafetensors/);
  });
});
