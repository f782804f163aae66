import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { type DropConditionOptions, dropCondition } from '../../src/training/dropCondition.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const BATCH = 4000;
const fields = () => ({
  season: tf.tensor1d(Int32Array.from({ length: BATCH }, (_, i) => i % 4)),
  place: tf.add(tf.zeros([BATCH, 2, 3]), 1),
});
type Fields = ReturnType<typeof fields>;
const PLACE = [-1, -2, -3, -4, -5, -6];
let none: { season: number; place: tf.Tensor };
beforeAll(() => {
  none = { season: 4, place: tf.tensor2d(PLACE, [2, 3]) };
});

/** Which samples have lost which field. */
async function lost(options: Partial<DropConditionOptions<Fields>>) {
  const own = tf.tidy(fields);
  const all = { unconditional: none, probability: {}, seed: 1, step: 5, ...options };
  const kept = await expectTensorsKept(2, () => dropCondition(own, all));
  expect(kept.season.dtype).toBe('int32');
  const [season, place] = [await kept.season.data(), await kept.place.data()];
  tf.dispose([own, kept]);
  return Array.from(season, (value, i) => {
    const values = Array.from(place.subarray(6 * i, 6 * i + 6));
    const isLost = values[0] === -1;
    // Whole samples are lost, and those that are not are as they were.
    expect(values).toEqual(isLost ? PLACE : [1, 1, 1, 1, 1, 1]);
    if (value !== 4) expect(value).toBe(i % 4);
    return { season: value === 4, place: isLost };
  });
}

type Lost = Awaited<ReturnType<typeof lost>>;
/** Expects a share of the samples within four standard deviations. */
function expectShare(samples: Lost, is: (sample: Lost[number]) => boolean, share: number): void {
  const found = samples.filter(is).length / BATCH;
  expect(Math.abs(found - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / BATCH) + 1e-9);
}

describe('dropCondition', () => {
  it('takes each field by its own probability, independently', async () => {
    const samples = await lost({ probability: { season: 0.3, place: 0.5 } });
    expectShare(samples, ({ season }) => season, 0.3);
    expectShare(samples, ({ place }) => place, 0.5);
    expectShare(samples, ({ season, place }) => season && place, 0.15);
    const all = await lost({ probability: 0.2 });
    expectShare(all, ({ season }) => season, 0.2);
    expectShare(all, ({ season, place }) => season && place, 0.04);
    expectShare(await lost({ probability: { place: 0.4 } }), ({ season }) => season, 0);
  });

  it('takes all fields at once by the probability for that', async () => {
    const samples = await lost({ probability: { season: 0.5 }, together: 0.2 });
    expectShare(samples, ({ place }) => place, 0.2);
    expectShare(samples, ({ place, season }) => place && !season, 0);
    expectShare(samples, ({ season }) => season, 1 - 0.5 * 0.8);
  });

  it('takes none and all at the ends', async () => {
    expectShare(await lost({ probability: 0 }), ({ season, place }) => season || place, 0);
    expectShare(await lost({ probability: 1 }), ({ season, place }) => season && place, 1);
    expectShare(await lost({ together: 1 }), ({ season, place }) => season && place, 1);
  });

  it('draws by seed and step, whatever the order of the fields', async () => {
    const options = { probability: 0.5 };
    const first = await lost(options);
    expect(await lost(options)).toEqual(first);
    expect(await lost({ ...options, step: 6 })).not.toEqual(first);
    expect(await lost({ ...options, seed: 2 })).not.toEqual(first);
    const { season, place } = fields();
    const options2 = { probability: 0.5, unconditional: none, seed: 1, step: 5 };
    const turned = await dropCondition({ place, season }, options2).season.data();
    expect(Array.from(turned, (value) => value === 4)).toEqual(first.map((sample) => sample.season));
  });

  it.each<[string, object, RegExp]>([
    [
      'a probability above 1',
      { probability: { season: 1.5 } },
      /probability\.season is 1\.5; it must be .* in \[0, 1\]/,
    ],
    [
      'a field that is not there',
      { probability: { saison: 0.5 } },
      /saison is 'saison'; it must be one of place, season/,
    ],
    [
      'nothing that stands for none',
      { unconditional: { place: 0 } },
      /unconditional\.season is undefined; .* a number/,
    ],
    ['a share together below 0', { together: -1 }, /together is -1/],
    ['no step', { step: undefined }, /step is undefined; it must be an integer/],
  ])('says what is wrong with %s', async (_, options, message) => {
    const own = fields();
    const all = { probability: 0.5, unconditional: none, seed: 0, step: 0, ...options };
    await expectTensorsKept(0, () => {
      expect(() => dropCondition(own, all as DropConditionOptions<Fields>)).toThrow(ConfigError);
      expect(() => dropCondition(own, all as DropConditionOptions<Fields>)).toThrow(message);
    });
  });

  it('takes NaN for none, but not of integers', async () => {
    const options = { probability: 1, seed: 0, step: 0 };
    const own = { gsd: tf.tensor2d([[1, 2]]), season: tf.tensor1d([3], 'int32') };
    const { gsd } = dropCondition(own, { ...options, unconditional: { gsd: Number.NaN, season: 4 } });
    expect([...(await gsd.data())]).toEqual([Number.NaN, Number.NaN]);
    const kept = dropCondition(own, {
      ...options,
      probability: { gsd: 0 },
      unconditional: { gsd: Number.NaN },
    });
    expect([...(await kept.gsd.data())]).toEqual([1, 2]);
    expect(() => dropCondition(own, { ...options, unconditional: { gsd: 0, season: Number.NaN } })).toThrow(
      /unconditional\.season is NaN; it must be a number/,
    );
  });

  it('says when batches or shapes disagree', () => {
    const other = { season: 1, place: tf.zeros([3]) };
    expect(() =>
      dropCondition(fields(), { probability: 0.5, unconditional: other, seed: 0, step: 0 }),
    ).toThrow(
      /unconditional\.place is float32 tensor \[3\]; it must be a number, or a tensor \[2,3\] as a sample's/,
    );
    const own = { ...fields(), season: tf.zeros([3]) };
    const all = { probability: 0.5, unconditional: none, seed: 0, step: 0 };
    expect(() => dropCondition(own, all)).toThrow(
      /season\.shape is \[3\]; it must be \[4000, …\] as place's/,
    );
  });
});
