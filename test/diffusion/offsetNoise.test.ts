import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { offsetNoise } from '../../src/diffusion/index.js';
import { randomNormal } from '../../src/internal/philox.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const key = { seed: 3, stream: 12, step: 5 };
const values = (shape: [number, number, number, number]) =>
  tf.tensor4d(randomNormal(tf.util.sizeFromShape(shape), { seed: 1, stream: 2, step: 3 }), shape);

describe('offsetNoise', () => {
  it('adds one number to each channel of each sample', async () => {
    const noise = values([3, 4, 5, 2]);
    const shifted = await expectTensorsKept(1, () => offsetNoise(noise, { strength: 0.3, key }));
    expect(shifted.shape).toEqual(noise.shape);
    const difference = tf.sub(shifted, noise);
    const offsets = randomNormal(6, key);
    const expected = Array.from({ length: noise.size }, (_, i) => {
      const [sample, channel] = [Math.floor(i / 40), i % 2];
      return 0.3 * offsets[2 * sample + channel];
    });
    expectClose(await difference.data(), expected, { abs: 1e-6 });
  });

  it('has the variance 1 + strength², half of which is of whole channels where strength is 1', async () => {
    const noise = values([512, 8, 8, 2]);
    const shifted = offsetNoise(noise, { strength: 1, key });
    const variance = async (x: tf.Tensor) => (await tf.moments(x).variance.data())[0];
    expect(Math.abs((await variance(shifted)) - 2)).toBeLessThan(0.2);
    // 64 pixels share an offset: their mean has the variance 1 + 1/64. 1,024 means: 4 deviations are 0.18.
    expect(Math.abs((await variance(tf.mean(shifted, [1, 2]))) - (1 + 1 / 64))).toBeLessThan(0.19);
  });

  it('draws by key, 0.1 unless told', async () => {
    const noise = tf.zeros([2, 3, 3, 2]);
    const of = (options: Parameters<typeof offsetNoise>[1]) => offsetNoise(noise, options).data();
    expect(await of({ key })).toEqual(await of({ key, strength: 0.1 }));
    expect(await of({ key })).not.toEqual(await of({ key: { ...key, step: 6 } }));
    expect(await of({ key, strength: 0 })).toEqual(await noise.data());
  });

  it('refuses what it cannot use', () => {
    const noise = tf.zeros([2, 3]);
    expect(() => offsetNoise(tf.zeros([2]), { key })).toThrow(
      /^offsetNoise: noise is float32 tensor \[2\]; it must be a tensor \[batch, …, channels\]\.$/,
    );
    expect(() => offsetNoise(noise, { key, strength: -1 })).toThrow(/^offsetNoise: strength is -1/);
    expect(() => offsetNoise(noise, { key: { ...key, seed: -1 } })).toThrow(/^RandomKey: seed is -1/);
  });
});
