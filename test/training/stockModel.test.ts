import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { namedParameters } from '../../src/models/namedParameters.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { checkGradients } from '../layers/finiteDifferences.js';
import { startTrainingBackend } from '../support/backend.js';
import { ownErrors, ownModel } from './ownNetwork.js';

beforeAll(startTrainingBackend);

describe('a model of stock conv2d, depthwiseConv2d, norms, embedding and dense', () => {
  it('has the gradients of its loss', async () => {
    const model = ownModel(1);
    const variables = namedParameters(model).filter(({ spec }) => spec.trainable);
    await checkGradients(
      () => ownErrors(model, 0),
      variables.map(({ variable }) => variable),
      2 ** -6,
    );
  });

  it('trains', async () => {
    const model = ownModel(1);
    const trained = namedParameters(model).filter(({ spec }) => spec.trainable);
    const before = await Promise.all(trained.map(async ({ variable }) => (await variable.data()).slice()));
    const optimizer = new AdamW({ learningRate: 3e-2 });
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) {
      const variables = trained.map(({ variable }) => variable);
      const loss = optimizer.minimize(() => tf.mean(ownErrors(model, step % 2)), true, variables)!;
      losses.push((await loss.data())[0]);
      loss.dispose();
    }
    // Who answers zero is wrong by the noise's variance, 1/3.
    expect(Math.max(...losses.slice(-2))).toBeLessThan(0.27);
    expect(losses[0]).toBeGreaterThan(0.3);
    for (const [i, { name, variable }] of trained.entries())
      expect(await variable.data(), name).not.toEqual(before[i]);
  });
});
