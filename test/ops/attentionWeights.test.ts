import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention } from '../../src/ops/attention.js';
import { attentionWeights } from '../../src/ops/attentionWeights.js';
import { resizePositions } from '../../src/ops/resizePositions.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const tokens = (shape: [number, number, number], seed: number) =>
  tf.randomNormal<tf.Rank.R3>(shape, 0, 1, 'float32', seed);

describe('attentionWeights', () => {
  it('are what attention weighs the values with', async () => {
    const [q, k, v] = [tokens([2, 3, 6], 1), tokens([2, 5, 6], 2), tokens([2, 5, 4], 3)];
    const weights = await expectTensorsKept(1, () => attentionWeights(q, k, 2));
    expect(weights.shape).toEqual([2, 2, 3, 5]);
    const values = tf.transpose(tf.reshape(v, [2, 5, 2, 2]), [0, 2, 1, 3]);
    const weighed = tf.reshape(tf.transpose(tf.matMul(weights, values), [0, 2, 1, 3]), [2, 3, 4]);
    expectClose(await weighed.data(), await attention(q, k, v, { heads: 2 }).data(), { abs: 1e-5 });
  });

  it('refuse what does not fit', () => {
    expect(() => attentionWeights(tokens([1, 3, 6], 1), tokens([1, 3, 4], 1), 2)).toThrow(/the shape of k/);
    expect(() => attentionWeights(tokens([1, 3, 6], 1), tokens([1, 3, 6], 1), 4)).toThrow(/heads is 4/);
  });
});

describe('resizePositions', () => {
  it.each(['timm', 'dino'] as const)(
    'has the gradient of what it computes, by the rule of %s',
    async (rule) => {
      const options = { from: [3, 4], to: [5, 3], prefix: 2, rule } as const;
      const positions = tokens([1, 14, 2], 4);
      const resize = (x: tf.Tensor) => resizePositions(x as tf.Tensor3D, options);
      const dy = tokens([1, 17, 2], 5);
      const [gradient] = tf.grads((x) => tf.sum(tf.mul(resize(x), dy)) as tf.Scalar)([positions]);
      // It is linear: what a change moves is the change's own image.
      const change = tokens([1, 14, 2], 6);
      const moved = tf.sum(tf.mul(resize(change), dy));
      const told = tf.sum(tf.mul(change, gradient));
      expectClose(await told.data(), await moved.data(), { abs: 1e-4 });
      expect(Math.abs((await moved.data())[0])).toBeGreaterThan(0.05);
    },
  );

  it('leaves positions of the same grid alone, and refuses those of another', async () => {
    const positions = tokens([1, 13, 2], 4);
    const same = resizePositions(positions, { from: [3, 4], to: [3, 4], prefix: 1 });
    expect(await same.data()).toEqual(await positions.data());
    expect(() => resizePositions(positions, { from: [3, 3], to: [4, 4], prefix: 1 })).toThrow(
      /the shape of positions is \[1, 13, 2\]; it must be \[1, 10, 2\]/,
    );
    expect(() =>
      resizePositions(positions, { from: [3, 4], to: [4, 4], prefix: 1, rule: 'x' as 'timm' }),
    ).toThrow(/rule is 'x'/);
  });
});
