import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { upload } from '../../ops/checkOp.js';
import { type HostTensor, randomTensor, zeros } from '../../ops/referenceOps.js';
import { expectAgreement, startKernels } from './checkKernel.js';

beforeAll(startKernels);

const IGNORED = 3;

/** Losses, weights and gradients by the logits, in float64. */
function reference(logits: HostTensor, labels: Int32Array, factors: Float32Array, smoothing: number) {
  const classes = factors.length;
  const [losses, weights] = [new Float64Array(labels.length), new Float64Array(labels.length)];
  const slopes = zeros(logits.shape);
  for (const [row, label] of labels.entries()) {
    if (label === IGNORED) continue;
    const values = logits.data.subarray(row * classes, (row + 1) * classes);
    const top = Math.max(...values);
    const sum = values.reduce((all, value) => all + Math.exp(value - top), 0);
    const target = Float64Array.from(factors, (factor, k) => {
      return (smoothing / classes + Number(k === label) * (1 - smoothing)) * factor;
    });
    const all = target.reduce((a, b) => a + b);
    weights[row] = factors[label];
    for (let k = 0; k < classes; k++) {
      losses[row] += target[k] * (Math.log(sum) + top - values[k]);
      slopes.data[row * classes + k] = (all * Math.exp(values[k] - top)) / sum - target[k];
    }
  }
  return [losses, weights, slopes.data];
}

async function check([rows, classes]: readonly [number, number], scale: number, smoothing: number) {
  const logits = randomTensor([rows, classes], 1);
  logits.data = logits.data.map((value) => Math.fround(value * scale));
  const labels = Int32Array.from({ length: rows }, (_, i) => (i * i + 1) % classes);
  const factors = Float32Array.from({ length: classes }, (_, k) => 0.25 + (k % 3));
  const inputs = {
    logits: upload(logits),
    labels: tf.tensor1d(labels, 'int32'),
    factors: tf.tensor1d(factors),
  };
  const before = tf.memory().numTensors;
  const attributes = { ignoring: 1, ignored: IGNORED, smoothing };
  const results = tf
    .engine()
    .runKernel('DiffusionSslCrossEntropy', inputs, attributes) as unknown as tf.Tensor[];
  const expected = reference(logits, labels, factors, smoothing);
  const names = ['losses', 'weights', 'slopes'];
  for (const [i, name] of names.entries()) expectAgreement(await results[i].data(), expected[i], name);
  tf.dispose(results);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(inputs);
}

describe('cross-entropy of labels', () => {
  it.each([
    [1, 2],
    [3, 5],
    [8000, 6],
    [4099, 8],
    [70, 255],
  ])('%i rows of %i classes', async (rows, classes) => {
    await check([rows, classes], 5, 0);
    await check([rows, classes], 60, 0.1);
  });

  it('any size', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 2, max: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, classes, smoothing) => check([rows, classes], 10, smoothing),
      ),
      { numRuns: 20 },
    ));

  it('has no slope too small to be a normal number', async () => {
    const logits = tf.tensor2d([[0, -60, -86.9, -1000]]);
    const inputs = { logits, labels: tf.tensor1d([0], 'int32'), factors: tf.ones([4]) };
    const [, , slopes] = tf.engine().runKernel('DiffusionSslCrossEntropy', inputs) as unknown as tf.Tensor[];
    expect([...(await slopes.data())]).toEqual([0, 0, 0, 0]);
  });
});
