import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { pixelMean } from '../../src/ops/pixelMean.js';
import { startTestBackend } from '../support/backend.js';
import { randomTensor } from './referenceOps.js';

beforeAll(startTestBackend);

const SHAPE: [number, number, number, number] = [2, 3, 5, 7];

it('is the mean of the pixels, and spreads its gradient evenly over them', async () => {
  const { data } = randomTensor(SHAPE, 1);
  const weights = randomTensor([2, 1, 1, 7], 2).data;
  const x = tf.tensor4d(Float32Array.from(data), SHAPE);
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
    tf.sum(tf.mul(pixelMean(x as tf.Tensor4D), tf.tensor4d(Float32Array.from(weights), [2, 1, 1, 7]))),
  )(x);
  const mean = await pixelMean(x).data();
  let sum = 0;
  for (const [i, weight] of weights.entries()) {
    const [image, channel] = [Math.floor(i / 7), i % 7];
    const pixels = Array.from({ length: 15 }, (_, pixel) => data[(image * 15 + pixel) * 7 + channel]);
    const expected = pixels.reduce((total, pixel) => total + pixel / 15, 0);
    expect(mean[i]).toBeCloseTo(expected, 5);
    sum += expected * weight;
  }
  expect((await value.data())[0]).toBeCloseTo(sum, 4);
  for (const [i, slope] of (await grad.data()).entries()) {
    expect(slope).toBeCloseTo(weights[Math.floor(i / 105) * 7 + (i % 7)] / 15, 6);
  }
});
