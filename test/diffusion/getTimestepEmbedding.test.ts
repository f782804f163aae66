import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { getTimestepEmbedding } from '../../src/diffusion/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

const fixture = readFixture<{
  tolerance: Tolerance;
  cases: { dim: number; t: number[]; embedding: FixtureArray }[];
}>('timestep_embedding.json');

beforeAll(startTestBackend);

describe('getTimestepEmbedding equals the reference', () => {
  for (const { dim, t, embedding } of fixture.cases) {
    it(`dim ${dim}`, async () => {
      const inputs = [t, Int32Array.from(t), tf.tensor1d(t, 'int32'), tf.tensor1d(t, 'float32')];
      for (const input of inputs) {
        const result = await expectTensorsKept(1, () => getTimestepEmbedding(input, dim));
        expect(result.shape).toEqual(embedding.shape);
        expectClose(await result.data(), fixtureValues(embedding), fixture.tolerance);
      }
    });
  }
});

describe('getTimestepEmbedding', () => {
  it('equals float64 sines and cosines to float32 rounding on the host', async () => {
    const f = 100 ** -0.5;
    const expected = [999, 999 * f].map(Math.sin).concat([999, 999 * f].map(Math.cos), 0);
    const result = getTimestepEmbedding([999], 5, { maxPeriod: 100 });
    expectClose(await result.data(), expected, { abs: 6e-8 });
    const onDevice = getTimestepEmbedding(tf.tensor1d([999]), 5, { maxPeriod: 100 });
    expectClose(await onDevice.data(), expected, { abs: 1e-4 });
  });

  it('refuses bad arguments by name, and then keeps no tensor', async () => {
    const t = tf.zeros([2, 1], 'int32');
    await expectTensorsKept(0, () => {
      expect(() => getTimestepEmbedding([0], 0)).toThrow('getTimestepEmbedding: dim is 0');
      expect(() => getTimestepEmbedding([0], 4, { maxPeriod: 0 })).toThrow(
        'getTimestepEmbedding: maxPeriod is 0',
      );
      expect(() => getTimestepEmbedding([0, Number.NaN], 4)).toThrow('getTimestepEmbedding: t[1] is NaN');
      expect(() => getTimestepEmbedding(t, 4)).toThrow("getTimestepEmbedding: t is 'int32 tensor [2,1]'");
    });
  });
});
