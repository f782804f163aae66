import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BetaScheduleType,
  computeAlphaSchedule,
  gatherSchedule,
  getVelocity,
  makeBetaSchedule,
  type PredictionType,
  predictNoise,
  predictV,
  predictX0,
  qSample,
  rescaleZeroTerminalSnr,
} from '../../src/diffusion/index.js';
import type { Timesteps } from '../../src/diffusion/timesteps.js';
import { vpSchedule } from '../../src/samplers/vpSchedule.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

interface Fixture {
  tolerance: Record<'with_alpha_bar_at_t' | 'with_own_schedule' | 'recon_x0', Tolerance>;
  cases: {
    scheduler_type: BetaScheduleType;
    timesteps: number;
    beta_start: number;
    beta_end: number;
    t: number[];
    alpha_bar_at_t: FixtureArray;
    x0: FixtureArray;
    noise: FixtureArray;
    x_t: FixtureArray;
    pred_noise: FixtureArray;
    recon_x0: FixtureArray;
  }[];
}
const fixture = readFixture<Fixture>('q_sample.json');
const tensor = (array: FixtureArray) => tf.tensor(Float32Array.from(fixtureValues(array)), array.shape);

beforeAll(startTestBackend);

describe('qSample and predictX0 equal the reference', () => {
  for (const c of fixture.cases) {
    const name = `${c.scheduler_type}, T ${c.timesteps}, ${c.beta_start}…${c.beta_end}`;
    const { alphaBars } = computeAlphaSchedule(
      makeBetaSchedule(c.timesteps, { type: c.scheduler_type, betaStart: c.beta_start, betaEnd: c.beta_end }),
    );
    const given = new Float64Array(c.timesteps).fill(0.5);
    const known = fixtureValues(c.alpha_bar_at_t);
    c.t.forEach((t, i) => {
      given[t] = known[i];
    });

    for (const kind of ['host integers', 'an int32 tensor'] as const) {
      const timesteps = () => (kind === 'host integers' ? c.t : tf.tensor1d(c.t, 'int32'));
      it(`${name}: x_t with t as ${kind}`, async () => {
        const expected = fixtureValues(c.x_t);
        const own = qSample(tensor(c.x0), timesteps(), alphaBars, tensor(c.noise));
        expectClose(await own.data(), expected, fixture.tolerance.with_own_schedule);
        const fromGiven = qSample(tensor(c.x0), timesteps(), given, tensor(c.noise));
        expectClose(await fromGiven.data(), expected, fixture.tolerance.with_alpha_bar_at_t);
      });

      it(`${name}: x0 from the predicted noise with t as ${kind}`, async () => {
        const x0 = predictX0(tensor(c.x_t), timesteps(), tensor(c.pred_noise), { alphaBars: given });
        const limited = tf.clipByValue(x0, 0, 1);
        expectClose(await limited.data(), fixtureValues(c.recon_x0), fixture.tolerance.recon_x0);
      });
    }
  }
});

describe('conversions between noise, x0 and v', () => {
  const shape = [3, 2, 2, 2];
  const t = [0, 50, 99];
  const { alphaBars } = computeAlphaSchedule(
    makeBetaSchedule(100, { type: 'linear', betaStart: 0.01, betaEnd: 0.04 }),
  );
  const make = () => {
    const x0 = tf.randomUniform(shape, -1, 1, 'float32', 1);
    const noise = tf.randomNormal(shape, 0, 1, 'float32', 2);
    const v = getVelocity(x0, t, alphaBars, noise);
    return { x0, noise, v, xT: qSample(x0, t, alphaBars, noise) };
  };
  const functions = { x0: predictX0, noise: predictNoise, v: predictV };
  const names = ['noise', 'x0', 'v'] as const;

  it('getVelocity equals its formula elementwise', async () => {
    const { x0, noise, v } = make();
    const [a, b] = [await x0.data(), await noise.data()];
    const expected = Array.from(a, (x, i) => {
      const alphaBar = alphaBars[t[Math.floor(i / 8)]];
      return Math.sqrt(alphaBar) * b[i] - Math.sqrt(1 - alphaBar) * x;
    });
    expectClose(await v.data(), expected, { abs: 1e-6 });
  });

  it.each(names.flatMap((from) => names.map((to) => [from, to] as [PredictionType, PredictionType])))(
    'from %s to %s',
    async (from, to) => {
      const all = make();
      const expected = await all[to].data();
      const options = { alphaBars, predictionType: from };
      const host = functions[to](all.xT, t, all[from], options);
      expectClose(await host.data(), expected, { abs: 1e-5 });
      const onDevice = functions[to](all.xT, tf.tensor1d(t, 'int32'), all[from], options);
      expectClose(await onDevice.data(), expected, { abs: 1e-5 });
    },
  );

  it('holds at alpha-bar 0 where it can, and refuses where it cannot', async () => {
    const zero = computeAlphaSchedule(rescaleZeroTerminalSnr(makeBetaSchedule(10))).alphaBars;
    const x0 = tf.tensor2d([[0.5, -0.25]]);
    const noise = tf.tensor2d([[1, 2]]);
    const xT = qSample(x0, [9], zero, noise);
    expectClose(await xT.data(), [1, 2], { abs: 0 });
    const v = getVelocity(x0, [9], zero, noise);
    expectClose(await v.data(), [-0.5, 0.25], { abs: 0 });
    expectClose(await predictX0(xT, [9], v, { alphaBars: zero, predictionType: 'v' }).data(), [0.5, -0.25], {
      abs: 1e-7,
    });
    expectClose(await predictNoise(xT, [9], x0, { alphaBars: zero, predictionType: 'x0' }).data(), [1, 2], {
      abs: 1e-7,
    });
    const message = "predictX0: alphaBars[t] is 0; it must be above 0 for predictionType 'noise'.";
    expect(() => predictX0(xT, [9], noise, { alphaBars: zero })).toThrow(message);
    expect(() => predictX0(xT, tf.tensor1d([3], 'int32'), noise, { alphaBars: zero })).toThrow(message);
    expect(() => predictV(xT, [9], noise, { alphaBars: zero })).toThrow('predictV: alphaBars[t] is 0');
    expect(() => predictNoise(xT, [0], x0, { alphaBars: [1], predictionType: 'x0' })).toThrow(
      "predictNoise: alphaBars[t] is 1; it must be below 1 for predictionType 'x0'.",
    );
  });

  it("does not know diffusers' words", () => {
    const { xT, noise } = make();
    const predictionType = 'epsilon' as PredictionType;
    expect(() => predictX0(xT, t, noise, { alphaBars, predictionType })).toThrow(
      "predictX0: predictionType is 'epsilon'; it must be one of 'noise', 'x0', 'v'.",
    );
  });
});

describe('gatherSchedule', () => {
  it('looks up host integers and tensors', async () => {
    const values = [1, 0.5, 0.25];
    expect([...(await gatherSchedule(values, Int32Array.of(2, 0)).data())]).toEqual([0.25, 1]);
    expect([...(await gatherSchedule(values, tf.tensor1d([1, 1, 2], 'int32')).data())]).toEqual([
      0.5, 0.5, 0.25,
    ]);
  });

  it('refuses values that are not finite', () => {
    expect(() => gatherSchedule([1, Infinity], [1])).toThrow('gatherSchedule: schedule[1] is Infinity');
  });
});

describe('arguments and memory', () => {
  const alphaBars = [0.9, 0.5];

  it('refuses wrong shapes and timesteps by name', () => {
    const x = tf.zeros([2, 3]);
    expect(() => qSample(x, [0, 1], alphaBars, tf.zeros([2, 1]))).toThrow(
      "qSample: noise.shape is [2, 1]; it must be [2,3] as x0's.",
    );
    expect(() => qSample(x, [0], alphaBars, x)).toThrow('qSample: x0.shape is [2, 3]');
    expect(() => qSample(tf.scalar(1), [0], alphaBars, tf.scalar(1))).toThrow('qSample: x0.shape is []');
    expect(() => qSample(x, [0, 2], alphaBars, x)).toThrow(
      'qSample: t[1] is 2; it must be an integer from 0 to 1.',
    );
    expect(() => qSample(x, [0, 0.5], alphaBars, x)).toThrow('qSample: t[1] is 0.5');
    expect(() => qSample(x, tf.tensor1d([0, 1], 'float32'), alphaBars, x)).toThrow(
      "t is 'float32 tensor [2]'",
    );
    expect(() => qSample(x, tf.tensor2d([[0], [1]], [2, 1], 'int32'), alphaBars, x)).toThrow(
      "t is 'int32 tensor [2,1]'; it must be an int32 tensor of shape [batch] (timesteps between two: a Float32Array).",
    );
    expect(() => qSample(x, [0, 1], [0.9, 1.5], x)).toThrow('qSample: alphaBars[1] is 1.5');
    expect(() => predictX0(x, [0, 1], tf.zeros([3, 2]), { alphaBars })).toThrow(
      'predictX0: prediction.shape is [3, 2]',
    );
  });

  it('lies between two timesteps where the samplers do', async () => {
    const betas = makeBetaSchedule(50, { type: 'linear', betaEnd: 0.3 });
    const own = computeAlphaSchedule(betas).alphaBars;
    const t = Float32Array.of(0.5, 30.25, 49, 12);
    const one = tf.ones([4, 1]);
    const [signal, noise] = [qSample(one, t, own, tf.zeros([4, 1])), qSample(tf.zeros([4, 1]), t, own, one)];
    const { sigmaAt } = vpSchedule(own);
    // float32 rounds each of the two by 2⁻²⁴.
    expectClose(await tf.div(noise, signal).data(), Array.from(t, sigmaAt), { rel: 4 * 2 ** -24, abs: 0 });
    expectClose(await tf.add(tf.square(noise), tf.square(signal)).data(), [1, 1, 1, 1], { abs: 3e-7 });
    // A whole one is the schedule's own, to the bit.
    const whole = await qSample(one, [0, 30, 49, 12], own, tf.zeros([4, 1])).data();
    expect((await signal.data()).slice(2)).toEqual(whole.slice(2));
    expect(await qSample(one, Float32Array.of(0, 30, 49, 12), own, tf.zeros([4, 1])).data()).toEqual(whole);
    const x0 = predictX0(qSample(one, t, own, one), t, one, { alphaBars: own });
    expectClose(await x0.data(), [1, 1, 1, 1], { abs: 1e-4 });
    expect(() => qSample(one, Float32Array.of(0, 1, 2, 49.5), own, one)).toThrow('qSample: t[3] is 49.5');
    expect(() => qSample(one, Float32Array.of(0, 1, 2, Number.NaN), own, one)).toThrow(
      'qSample: t[3] is NaN',
    );
  });

  it('keeps the result alone, and nothing when it throws', async () => {
    const x = tf.ones([2, 3]);
    const t = tf.tensor1d([0, 1], 'int32');
    type Convert = (xT: tf.Tensor, t: Timesteps, alphaBars: ArrayLike<number>, other: tf.Tensor) => tf.Tensor;
    const conversions = [predictX0, predictNoise, predictV].map(
      (predict): Convert =>
        (xT, t, alphaBars, prediction) =>
          predict(xT, t, prediction, { alphaBars }),
    );
    for (const convert of [qSample as Convert, getVelocity as Convert, ...conversions]) {
      await expectTensorsKept(1, () => convert(x, [0, 1], alphaBars, x));
      await expectTensorsKept(1, () => convert(x, t, alphaBars, x));
      await expectTensorsKept(0, () => expect(() => convert(x, [0, 7], alphaBars, x)).toThrow('t[1] is 7'));
      await expectTensorsKept(0, () => expect(() => convert(x, t, [0.9, 2], x)).toThrow('alphaBars[1]'));
    }
    await expectTensorsKept(1, () => gatherSchedule(alphaBars, [0, 1]));
    await expectTensorsKept(1, () => gatherSchedule(alphaBars, t));
  });

  it('is differentiable in the images', async () => {
    const noise = tf.ones([2, 1]);
    const t = tf.tensor1d([0, 1], 'int32');
    const gradient = tf.grad((x: tf.Tensor) => qSample(x, t, alphaBars, noise))(tf.ones([2, 1]));
    expectClose(await gradient.data(), [Math.sqrt(0.9), Math.sqrt(0.5)], { abs: 1e-6 });
  });
});
