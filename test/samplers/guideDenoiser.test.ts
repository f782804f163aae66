import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { guideDenoiser, guidedPrediction } from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const denoiser = (xT: tf.Tensor, _: tf.Tensor1D, condition: number) => tf.add(xT, condition);
const call = { training: false, step: 0 };
const xT = () =>
  tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);

it('guides from two conditions, and is the conditional one at scale 1', async () => {
  const at = async (scale: number) => {
    const guided = guideDenoiser(denoiser, { condition: 2, unconditional: 1, scale });
    return (
      await expectTensorsKept(3, () => guided(xT(), tf.tensor1d([5, 5], 'int32'), undefined, call))
    ).data();
  };
  expectClose(await at(3), [5, 6, 7, 8], { abs: 1e-6 });
  expectClose(await at(1), [3, 4, 5, 6], { abs: 1e-6 });
  expectClose(await at(0), [2, 3, 4, 5], { abs: 1e-6 });
});

it('guides within the interval and on the channels asked for alone', async () => {
  const own = { condition: 2, unconditional: 1, scale: 3 };
  const run = async (options: object) => {
    const guided = guideDenoiser(denoiser, { ...own, ...options });
    return (await guided(xT(), tf.tensor1d([5, 6], 'int32'), undefined, call)).data();
  };
  expectClose(await run({ interval: [6, 9] }), [3, 4, 7, 8], { abs: 1e-6 });
  expectClose(await run({ interval: [0, 5] }), [5, 6, 5, 6], { abs: 1e-6 });
  expectClose(await run({ channels: [1] }), [3, 6, 5, 8], { abs: 1e-6 });
  expectClose(await run({ channels: [0], interval: [6, 6] }), [3, 4, 7, 6], { abs: 1e-6 });
});

it('rescales each sample to the deviation of the conditional prediction; one without deviation stays', async () => {
  const conditional = tf.tensor2d([
    [0, 2],
    [1, 1],
  ]);
  const guided = guidedPrediction(tf.zerosLike(conditional), conditional, { scale: 4, rescale: 1 });
  expectClose(await guided.data(), [0, 2, 4, 4], { abs: 1e-6 });
});

it('refuses what it cannot read', () => {
  const own = { condition: 2, unconditional: 1, scale: 3 };
  expect(() => guideDenoiser(denoiser, { ...own, interval: [3, 2] })).toThrow(
    'guideDenoiser: interval is [3, 2]',
  );
  const t = tf.tensor1d([5, 5], 'int32');
  expect(() => guideDenoiser(denoiser, { ...own, channels: [2] })(xT(), t, undefined, call)).toThrow(
    'channels is [2]',
  );
  expect(() => guideDenoiser(denoiser, { ...own, rescale: 2 })(xT(), t, undefined, call)).toThrow(
    'rescale is 2',
  );
  expect(() => guidedPrediction(tf.zeros([2]), tf.zeros([3]), { scale: 1 })).toThrow(
    'unconditional.shape is [2]',
  );
});
