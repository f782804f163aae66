import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Denoiser } from '../../src/diffusion/Denoiser.js';
import { AbortError } from '../../src/errors/AbortError.js';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { l1 } from '../../src/losses/l1.js';
import { randomNormal } from '../../src/ops/random.js';
import { type ConditionEffectOptions, conditionEffect } from '../../src/training/conditionEffect.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const alphaBars = Float64Array.from({ length: 20 }, (_, t) => 0.99 - 0.04 * t);
const options: ConditionEffectOptions = { alphaBars, predictionType: 'x0', bins: 4 };
const SAMPLES = 8;

type Fields = { value: tf.Tensor; place: tf.Tensor; idle: tf.Tensor };

/** A batch whose images are what two of the fields say: `value`, and at late timesteps `place` too. */
function makeBatch(step: number) {
  const key = (stream: number) => ({ seed: 3, stream, step });
  const t = Int32Array.from({ length: SAMPLES }, (_, i) => (3 * i + step) % 20);
  const condition = {
    value: randomNormal([SAMPLES], key(1)),
    place: randomNormal([SAMPLES, 2], key(2)),
    idle: randomNormal([SAMPLES, 1], key(3)),
  };
  const x0 = tf.tidy(() => images(tf.tensor1d(t, 'int32'), condition));
  return { x0, t, noise: randomNormal([SAMPLES, 2], key(4)), condition };
}

const images = (t: tf.Tensor1D, { value, place }: Fields) => {
  const isLate = tf.cast(tf.greaterEqual(tf.reshape(t, [-1, 1]), 10), 'float32');
  return tf.add(tf.reshape(value, [-1, 1]), tf.mul(place, isLate));
};

const denoiser: Denoiser<Fields> = (_, t, condition) => images(t, condition);

describe('conditionEffect', () => {
  it('finds which fields act, and where', async () => {
    const batches = Array.from({ length: 6 }, (_, step) => makeBatch(step));
    const effect = await expectTensorsKept(0, () => conditionEffect(denoiser, batches, options));
    const { fields, together } = effect;
    expect(effect.loss).toBeLessThan(1e-12);
    expect(effect.samples).toBe(48);
    expect(effect.bins.map(({ from, to }) => [from, to])).toEqual([
      [0, 4],
      [5, 9],
      [10, 14],
      [15, 19],
    ]);
    expect(effect.bins.reduce((sum, { samples }) => sum + samples, 0)).toBe(48);
    // The difference of two independent values has variance 2, the mean of so many squares is near it.
    expect(fields.value.increase).toBeGreaterThan(1);
    expect(fields.value.increase).toBeLessThan(4);
    expect(fields.value.increase).toBeGreaterThan(3 * fields.value.standardError);
    for (const bin of fields.value.bins) expect(bin.increase).toBeGreaterThan(0.1);
    expect(fields.idle).toMatchObject({ loss: effect.loss, increase: 0, standardError: 0 });
    const [early, alsoEarly, late, alsoLate] = fields.place.bins;
    expect([early.increase, alsoEarly.increase]).toEqual([0, 0]);
    expect(Math.min(late.increase, alsoLate.increase)).toBeGreaterThan(0.3);
    expect(together.increase).toBeGreaterThan(fields.value.increase);
  });

  it('is mean, difference and standard error of the losses, by hand', async () => {
    const value = tf.tensor1d([0, 1, 3]);
    const batch = {
      x0: tf.reshape(value, [3, 1]),
      t: Int32Array.of(0, 0, 19),
      noise: tf.zeros([3, 1]),
      condition: { value },
    };
    const biased: Denoiser<{ value: tf.Tensor }> = (xT, _, told) =>
      tf.add(tf.reshape(told.value, xT.shape), 1);
    const { loss, bins, fields, together } = await conditionEffect(biased, [batch], { ...options, loss: l1 });
    expect(loss).toBe(1);
    expect(bins.map(({ samples }) => samples)).toEqual([2, 1]);
    expect(bins[1]).toMatchObject({ from: 15, to: 19, loss: 1 });
    // Two rings through three samples: 0 ← 1 ← 3 ← 0 or the other way.
    const rings = [
      [1 + 1, 2 + 1, Math.abs(0 - 3 + 1)],
      [3 + 1, Math.abs(0 - 1 + 1), Math.abs(1 - 3 + 1)],
    ];
    const expected = rings.map((losses) => {
      const mean = losses.reduce((a, b) => a + b) / 3;
      const variance = losses.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2;
      return [mean, mean - 1, Math.sqrt(variance / 3)];
    });
    const { loss: shuffled, increase, standardError } = fields.value;
    const found = expected.find(([mean]) => Math.abs(mean - shuffled) < 1e-6);
    expect(found).toBeDefined();
    expect(increase).toBeCloseTo(found![1], 6);
    expect(standardError).toBeCloseTo(found![2], 6);
    expect(fields.value.bins[1].standardError).toBe(Number.POSITIVE_INFINITY);
    expect(together).toEqual(fields.value);
  });

  it('swaps with another sample always, in an order by the seed', async () => {
    const value = tf.range(0, 50);
    const batch = {
      x0: tf.zeros([50, 1]),
      t: new Int32Array(50),
      noise: tf.zeros([50, 1]),
      condition: { value },
    };
    const orders: number[][] = [];
    const watch: Denoiser<{ value: tf.Tensor }> = (xT, _, told) => {
      orders.push(Array.from(told.value.dataSync()));
      return tf.zerosLike(xT);
    };
    for (const seed of [0, 0, 1]) await conditionEffect(watch, [batch], { ...options, seed });
    const [own, swapped, , again, , other] = orders;
    expect(own).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(swapped.filter((index, i) => index === i)).toEqual([]);
    expect([...swapped].sort((a, b) => a - b)).toEqual(own);
    expect(again).toEqual(swapped);
    expect(other).not.toEqual(swapped);
  });

  it('takes batches one after the other, and stops at its signal', async () => {
    const controller = new AbortController();
    async function* batches() {
      for (let step = 0; step < 3; step++) {
        if (step === 2) controller.abort();
        const batch = makeBatch(step);
        yield batch;
        tf.dispose([batch.x0, batch.noise, batch.condition]);
      }
    }
    const all = await expectTensorsKept(0, () => conditionEffect(denoiser, batches(), options));
    expect(all.samples).toBe(24);
    const stopped = conditionEffect(denoiser, batches(), { ...options, signal: controller.signal });
    await expect(stopped).rejects.toThrow(AbortError);
  });

  it.each<[string, (batch: ReturnType<typeof makeBatch>) => unknown[], object, RegExp]>([
    ['no batch', () => [], {}, /batches is \[\]; it must be at least one/],
    [
      'no condition',
      ({ condition: _, ...batch }) => [batch],
      {},
      /condition of batch 0 is undefined; .* an object of tensors/,
    ],
    [
      'another condition',
      (batch) => [batch, { ...batch, condition: { value: batch.condition.value } }],
      {},
      /condition of batch 1 is .*; it must be an object of tensors idle,place,value, as the first batch's/,
    ],
    ['no bins', (batch) => [batch], { bins: 0 }, /bins is 0/],
    ['betas', (batch) => [batch], { alphaBars: [0.1, 0.2] }, /alphaBars is .*which descends/],
    [
      'a loss of one value',
      (batch) => [batch],
      { loss: (a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.sub(a, b)) },
      /the loss's shape with reduction 'none'/,
    ],
  ])('says what is wrong with %s', async (_, batchesOf, changed, message) => {
    const batches = batchesOf(makeBatch(0)) as ReturnType<typeof makeBatch>[];
    await expectTensorsKept(0, async () => {
      const run = conditionEffect(denoiser, batches, { ...options, ...changed });
      await expect(run).rejects.toThrow(ConfigError);
      await expect(conditionEffect(denoiser, batches, { ...options, ...changed })).rejects.toThrow(message);
    });
  });

  it('refuses a batch of one sample', async () => {
    const { condition, ...batch } = makeBatch(0);
    const one = {
      x0: tf.slice(batch.x0, 0, 1),
      noise: tf.slice(batch.noise, 0, 1),
      t: batch.t.slice(0, 1),
      condition: { ...condition, value: tf.slice(condition.value, 0, 1) },
    };
    await expect(conditionEffect(denoiser, [one], options)).rejects.toThrow(
      /samples of batch 0 is 1; .* at least 2/,
    );
  });
});
