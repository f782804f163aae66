import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  computeAlphaSchedule,
  gatherSchedule,
  makeBetaSchedule,
  type PredictionType,
  rescaleZeroTerminalSnr,
} from '../../src/diffusion/index.js';
import { posteriorTable } from '../../src/diffusion/posteriorTable.js';
import { randomNormal } from '../../src/internal/philox.js';
import { sampleDdpm } from '../../src/samplers/index.js';
import { variationalBound } from '../../src/training/variationalBound.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

// Data whose every element is N(m, s²): then x0 given x_t is normal too, with a variance that does not depend on x_t,
// and every term has a closed form.
const [m, s] = [0.2, 0.5];
const betas = makeBetaSchedule(30, { type: 'linear', betaStart: 1e-3, betaEnd: 0.35 });
const { alphaBars } = computeAlphaSchedule(betas);
const shape: [number, number, number, number] = [2, 64, 64, 8];
const data = () =>
  tf.tensor4d(
    randomNormal(65_536, { seed: 4, stream: 1, step: 0 }).map((normal) => m + s * normal),
    shape,
  );
/** Variance of x_t, and of x0 given x_t. */
const marginal = (alphaBar: number) => alphaBar * s ** 2 + 1 - alphaBar;
const remaining = (alphaBar: number) => (s ** 2 * (1 - alphaBar)) / marginal(alphaBar);

/** The best predictor. */
function best(predictionType: PredictionType, schedule = alphaBars) {
  return (xT: tf.Tensor, t: tf.Tensor1D) => {
    const column = (f: (alphaBar: number) => number) =>
      tf.reshape(gatherSchedule(schedule.map(f), t), [-1, 1, 1, 1]);
    const z = tf.div(
      tf.sub(
        xT,
        column((a) => Math.sqrt(a) * m),
      ),
      column(marginal),
    );
    const x0 = tf.add(
      m,
      tf.mul(
        column((a) => Math.sqrt(a) * s ** 2),
        z,
      ),
    );
    const noise = tf.mul(
      column((a) => Math.sqrt(1 - a)),
      z,
    );
    if (predictionType !== 'v') return predictionType === 'x0' ? x0 : noise;
    return tf.sub(
      tf.mul(column(Math.sqrt), noise),
      tf.mul(
        column((a) => Math.sqrt(1 - a)),
        x0,
      ),
    );
  };
}

/** The same, with v of the very variance of each reverse step. */
function exact(timesteps: ArrayLike<number>) {
  const table = posteriorTable(alphaBars, timesteps);
  return (xT: tf.Tensor, t: tf.Tensor1D) => {
    const shares = new Float64Array(alphaBars.length);
    table.timesteps.forEach((timestep, i) => {
      const small = i === 0 ? 0 : Math.exp(table.logSmall[i]);
      const variance = small + table.ofX0[i] ** 2 * remaining(alphaBars[timestep]);
      shares[timestep] =
        (2 * (Math.log(variance) - table.logSmall[i])) / (table.logLarge[i] - table.logSmall[i]) - 1;
    });
    const prediction = best('noise')(xT, t);
    const v = tf.mul(tf.onesLike(prediction), tf.reshape(gatherSchedule(shares, t), [-1, 1, 1, 1]));
    return tf.concat([prediction, v], -1);
  };
}

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const all = Array.from(alphaBars, (_, t) => t);
/** Of 65,536 squared normals, 4.5 standard deviations. */
const SQUARES = 4.5 * Math.sqrt(2 / 65_536);

describe('the terms of Gaussian data', () => {
  const priorOf = (alphaBar: number) =>
    (alphaBar * (m ** 2 + s ** 2) - alphaBar - Math.log(1 - alphaBar)) / 2 / Math.LN2;
  const zeroTerminal = computeAlphaSchedule(rescaleZeroTerminalSnr(betas)).alphaBars;

  it.each([
    ['noise', 'fixed_small', alphaBars],
    ['x0', 'fixed_large', alphaBars],
    ['v', 'fixed_small', alphaBars],
    ['v', 'fixed_large', zeroTerminal],
  ] as const)('%s prediction, %s', async (predictionType, variance, schedule) => {
    const x0 = data();
    const options = { alphaBars: schedule, predictionType, variance };
    const bound = await variationalBound(best(predictionType, schedule), x0, options);
    expect(bound.timesteps).toEqual(Int32Array.from(all));
    const table = posteriorTable(schedule);
    let total = priorOf(schedule[29]);
    expectClose([mean(bound.prior)], [total], { abs: 1e-5, rel: 0.03 });
    all.forEach((t) => {
      const log = variance === 'fixed_large' ? table.logLarge[t] : table.logSmall[t];
      const spread = (table.ofX0[t] ** 2 * remaining(schedule[t])) / Math.exp(log);
      const ratio = table.logSmall[t] - log;
      const expected =
        (t === 0 ? Math.log(2 * Math.PI) + log + spread : Math.exp(ratio) - 1 - ratio + spread) / 2;
      expectClose([mean(bound.terms[t])], [expected / Math.LN2], { abs: (SQUARES * spread) / 2 + 2e-6 });
      total += expected / Math.LN2;
    });
    expectClose([mean(bound.total)], [total], { abs: 0.01, rel: 0.005 });
    for (const sample of [0, 1]) {
      const sum = bound.terms.reduce((sum, term) => sum + term[sample], bound.prior[sample]);
      expect(bound.total[sample]).toBeCloseTo(sum, 10);
    }
    expect(bound.terms[3][0]).not.toBe(bound.terms[3][1]);
    x0.dispose();
  });

  it.each([[all], [[0, 4, 15, 29]], [[0, 29]]])(
    'is the entropy itself with the variance of the reverse steps, over any timesteps',
    async (timesteps) => {
      const options = { alphaBars, variance: 'learned_range', timesteps } as const;
      const { total } = await variationalBound(exact(timesteps), data(), options);
      const entropy = Math.log2(2 * Math.PI * Math.E * s ** 2) / 2;
      const last = alphaBars[29];
      const kl = (marginal(last) + last * m ** 2 - 1 - Math.log(marginal(last))) / 2 / Math.LN2;
      // −ln of a density of 65,536 normals: half a chi-squared.
      expectClose([mean(total)], [entropy + kl], { abs: 0.02 });
      const { total: fixed } = await variationalBound(best('noise'), data(), { alphaBars, timesteps });
      expect(mean(fixed)).toBeGreaterThan(mean(total) + 0.02);
    },
  );

  it('counts the bits of levels: those of the density and of a level', async () => {
    const options = { alphaBars, variance: 'learned_range' } as const;
    const density = await variationalBound(exact(all), data(), options);
    const levels = { count: 256, range: [-3, 3] as const };
    const discrete = await variationalBound(exact(all), data(), { ...options, decoder: levels });
    expect(mean(discrete.total) - mean(density.total)).toBeCloseTo(-Math.log2(6 / 255), 2);
    expect(discrete.terms.slice(1)).toEqual(density.terms.slice(1));
  });
});

describe('the variance of the reverse steps', () => {
  it('is the one that sampleDdpm draws by: four steps give the deviation of the data', async () => {
    const timesteps = [29, 15, 4, 0];
    const deviationOf = async (variance: 'fixed_small' | 'learned_range') => {
      const denoiser = variance === 'fixed_small' ? best('noise') : exact([...timesteps].reverse());
      const samples = await sampleDdpm(denoiser, alphaBars, { shape, timesteps, variance, seed: 8 });
      const { variance: found } = tf.moments(samples);
      return Math.sqrt((await found.data())[0]);
    };
    expect(Math.abs((await deviationOf('learned_range')) / s - 1)).toBeLessThan(0.015);
    expect((await deviationOf('fixed_small')) / s).toBeLessThan(0.9);
  });
});

describe('variationalBound', () => {
  it('draws its noise by seed, hands the condition through and keeps no tensor', async () => {
    const x0 = tf.ones([2, 4, 4, 1]);
    const timesteps = [3, 20];
    const seen: unknown[] = [];
    const denoiser = (xT: tf.Tensor, t: tf.Tensor1D, condition: string, call: { training: boolean }) => {
      seen.push([t.dtype, condition, call.training]);
      return tf.mul(xT, 0.5);
    };
    const options = { alphaBars, timesteps, condition: 'a class' };
    const run = (seed?: number) => variationalBound(denoiser, x0, { ...options, seed });
    const before = tf.memory().numTensors;
    const first = await run(1);
    expect(tf.memory().numTensors).toBe(before);
    expect(seen).toEqual(timesteps.map(() => ['int32', 'a class', false]));
    expect(await run(1)).toEqual(first);
    expect((await run()).total).not.toEqual(first.total);
    const clipped = await variationalBound(denoiser, x0, { ...options, seed: 1, clip: [-0.1, 0.1] });
    expect(clipped.total).not.toEqual(first.total);
    expect(clipped.prior).toEqual(first.prior);
  });

  it('stops between two timesteps', async () => {
    const controller = new AbortController();
    let calls = 0;
    const denoiser = (xT: tf.Tensor) => {
      calls++;
      controller.abort();
      return tf.clone(xT);
    };
    const { signal } = controller;
    const x0 = tf.ones([1, 2, 2, 1]);
    const before = tf.memory().numTensors;
    await expect(variationalBound(denoiser, x0, { alphaBars, signal })).rejects.toThrow(
      'variationalBound: stopped before timestep 2 of 30.',
    );
    expect(calls).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ variance: 'learned' }, /^variationalBound: variance is 'learned'/],
    [
      { variance: 'learned_range' },
      /^variationalBound: prediction\.shape is \[1, 2, 2, 1\]; it must be \[1,2,2,2\]/,
    ],
    [{ clip: [1, -1] }, /^variationalBound: clip is \[1, -1\]/],
    [
      { decoder: 'bytes' },
      /^variationalBound: decoder is 'bytes'; it must be 'density' or \{ count, range \}/,
    ],
    [{ decoder: { count: 1, range: [0, 1] } }, /^variationalBound: decoder\.count is 1/],
    [{ decoder: { count: 2, range: [1, 1] } }, /^variationalBound: decoder\.range is \[1, 1\]/],
    [{ timesteps: [40] }, /^variationalBound: timesteps\[0\] is 40/],
    [{ alphaBars: betas }, /betas ascend/],
  ])('refuses what it cannot use: %#', async (options, message) => {
    const all = { alphaBars, ...options } as Parameters<typeof variationalBound>[2];
    await expect(variationalBound((xT) => tf.clone(xT), tf.ones([1, 2, 2, 1]), all)).rejects.toThrow(message);
  });

  it('refuses what is no image', async () => {
    await expect(variationalBound((xT) => xT, tf.ones([2]), { alphaBars })).rejects.toThrow(
      /^variationalBound: x0 is float32 tensor \[2\]/,
    );
  });
});
