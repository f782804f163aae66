import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { ddimStep } from '../../src/samplers/ddimStep.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

it('useClippedModelOutput takes the noise from the clipped x0', async () => {
  // x0 = (2 - 0.6 · 1) / 0.8 = 1.75, clipped to 1; the noise that then makes x_t is (2 - 0.8 · 1) / 0.6 = 2.
  const step = (useClippedModelOutput: boolean) =>
    ddimStep(tf.tensor1d([2]), 1, tf.tensor1d([1]), [0.96, 0.64], { clip: [0, 1], useClippedModelOutput })
      .previous;
  const [a, s] = [Math.sqrt(0.96), Math.sqrt(0.04)];
  expectClose(await step(true).data(), [a * 1 + s * 2], { abs: 1e-6 });
  expectClose(await step(false).data(), [a * 1 + s * 1], { abs: 1e-6 });
  expect((await step(true).data())[0]).not.toBeCloseTo((await step(false).data())[0], 3);
});
