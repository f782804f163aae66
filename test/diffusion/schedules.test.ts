import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BetaScheduleType,
  computeAlphaSchedule,
  computeSnr,
  makeBetaSchedule,
  minSnrWeights,
  rescaleZeroTerminalSnr,
} from '../../src/diffusion/index.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

interface Fixture {
  cases: {
    scheduler_type: BetaScheduleType;
    timesteps: number;
    beta_start: number;
    beta_end: number;
    tolerance: Tolerance;
    betas: FixtureArray;
    alphas: FixtureArray;
    alpha_bars: FixtureArray;
  }[];
  defaults_case: { betas: FixtureArray };
  errors: { scheduler_type: BetaScheduleType }[];
}
const fixture = readFixture<Fixture>('schedules.json');
const types: BetaScheduleType[] = ['linear', 'cosine', 'squaredcos_cap_v2', 'scaled_linear', 'sigmoid'];

describe('makeBetaSchedule and computeAlphaSchedule equal the reference', () => {
  for (const { tolerance, ...c } of fixture.cases) {
    it(`${c.scheduler_type}, T ${c.timesteps}, ${c.beta_start}…${c.beta_end}`, () => {
      const betas = makeBetaSchedule(c.timesteps, {
        type: c.scheduler_type,
        betaStart: c.beta_start,
        betaEnd: c.beta_end,
      });
      const { alphas, alphaBars } = computeAlphaSchedule(betas);
      expectClose(betas, fixtureValues(c.betas), tolerance);
      expectClose(alphas, fixtureValues(c.alphas), tolerance);
      expectClose(alphaBars, fixtureValues(c.alpha_bars), tolerance);
    });
  }

  it('with the defaults', () => {
    const expected = fixtureValues(fixture.defaults_case.betas);
    expectClose(makeBetaSchedule(expected.length), expected, { abs: 2e-6, rel: 1e-5 });
  });

  for (const { scheduler_type } of fixture.errors) {
    it(`refuses the type ${scheduler_type}`, () => {
      expect(() => makeBetaSchedule(10, { type: scheduler_type })).toThrow(
        `makeBetaSchedule: type is '${scheduler_type}'; it must be one of linear, cosine, squaredcos_cap_v2`,
      );
    });
  }
});

describe('makeBetaSchedule', () => {
  it('computes scaled_linear as the square of a line of roots', () => {
    const betas = makeBetaSchedule(3, { type: 'scaled_linear', betaStart: 0.01, betaEnd: 0.09 });
    expectClose(betas, [0.01, 0.04, 0.09], { abs: 1e-15 });
  });

  it('computes sigmoid as a logistic curve over [-6, 6]', () => {
    const betas = makeBetaSchedule(5, { type: 'sigmoid', betaStart: 0, betaEnd: 1 });
    const expected = [-6, -3, 0, 3, 6].map((x) => 1 / (1 + Math.exp(-x)));
    expectClose(betas, expected, { abs: 1e-15 });
  });

  it('computes squaredcos_cap_v2 so that alpha-bar is the published cosine, betas at most 0.999', () => {
    const T = 1000;
    const betas = makeBetaSchedule(T, { type: 'squaredcos_cap_v2' });
    const f = (t: number) => Math.cos(((t / T + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    const { alphaBars } = computeAlphaSchedule(betas);
    // The cap holds at the last timestep alone.
    for (let i = 0; i < T - 1; i++) expect(alphaBars[i]).toBeCloseTo(f(i + 1) / f(0), 12);
    expect(betas[T - 1]).toBe(0.999);
  });

  it('has the last alpha-bars that its documentation states', () => {
    const last = (type: BetaScheduleType) =>
      computeAlphaSchedule(makeBetaSchedule(1000, { type })).alphaBars[999];
    expect(last('cosine')).toBeCloseTo(3.24e-3, 5);
    expect(last('squaredcos_cap_v2') * 1e9).toBeCloseTo(2.43, 2);
    const shortLinear = makeBetaSchedule(10, { type: 'linear' });
    expect(computeAlphaSchedule(shortLinear).alphaBars[9]).toBeCloseTo(0.904, 3);
  });

  it('gives ascending betas within the limits, for any size and limits', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...types.filter((type) => type !== 'squaredcos_cap_v2')),
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (type, timesteps, a, b) => {
          const [betaStart, betaEnd] = [Math.min(a, b), Math.max(a, b)];
          const betas = makeBetaSchedule(timesteps, { type, betaStart, betaEnd });
          expect(betas).toHaveLength(timesteps);
          betas.forEach((beta, i) => {
            expect(beta).toBeGreaterThanOrEqual((i === 0 ? betaStart : betas[i - 1]) - 1e-12);
            expect(beta).toBeLessThanOrEqual(betaEnd + 1e-12);
          });
        },
      ),
    );
  });

  it.each([
    [0, {}, 'timesteps is 0; it must be an integer of at least 1.'],
    [1.5, {}, 'timesteps is 1.5'],
    [Number.NaN, {}, 'timesteps is NaN'],
    [Infinity, {}, 'timesteps is Infinity'],
    [5, { betaStart: -1 }, 'betaStart is -1; it must be in [0, 1].'],
    [5, { betaStart: Number.NaN }, 'betaStart is NaN'],
    [5, { betaEnd: 1.1 }, 'betaEnd is 1.1'],
    [5, { betaStart: 0.5, betaEnd: 0.4 }, 'betaEnd is 0.4; it must be in [0.5, 1].'],
    [5, { type: 'toString' as BetaScheduleType }, "type is 'toString'"],
  ])('refuses %s, %j', (timesteps, options, message) => {
    expect(() => makeBetaSchedule(timesteps, options)).toThrow(`makeBetaSchedule: ${message}`);
  });
});

describe('computeAlphaSchedule', () => {
  it('multiplies', () => {
    const { alphas, alphaBars } = computeAlphaSchedule([0.5, 0.2, 1]);
    expect([...alphas]).toEqual([0.5, 0.8, 0]);
    expect([...alphaBars]).toEqual([0.5, 0.4, 0]);
  });

  it('refuses an empty schedule and values outside [0, 1]', () => {
    expect(() => computeAlphaSchedule([])).toThrow('computeAlphaSchedule: betas.length is 0');
    expect(() => computeAlphaSchedule([0.1, 1.5])).toThrow('computeAlphaSchedule: betas[1] is 1.5');
    expect(() => computeAlphaSchedule([Number.NaN])).toThrow('computeAlphaSchedule: betas[0] is NaN');
  });
});

describe('computeSnr and minSnrWeights', () => {
  const alphaBars = [0.9, 0.5, 0.2]; // SNR 9, 1, 0.25

  it('computes signal over noise', () => {
    expectClose(computeSnr(alphaBars), [9, 1, 0.25], { abs: 1e-12 });
    expect([...computeSnr([1, 0])]).toEqual([Infinity, 0]);
  });

  it('weights each prediction type as diffusers does', () => {
    const weights = (predictionType: 'noise' | 'x0' | 'v') =>
      minSnrWeights(alphaBars, { gamma: 3, predictionType });
    expectClose(weights('noise'), [3 / 9, 1, 1], { abs: 1e-12 });
    expectClose(weights('x0'), [3, 1, 0.25], { abs: 1e-12 });
    expectClose(weights('v'), [3 / 10, 1 / 2, 0.25 / 1.25], { abs: 1e-12 });
    expectClose(minSnrWeights(alphaBars), [5 / 9, 1, 1], { abs: 1e-12 });
  });

  it('takes the limits at alpha-bar 1 and 0', () => {
    expect([...minSnrWeights([1, 0])]).toEqual([0, 1]);
    expect([...minSnrWeights([1, 0], { predictionType: 'x0' })]).toEqual([5, 0]);
    expect([...minSnrWeights([1, 0], { predictionType: 'v' })]).toEqual([0, 0]);
  });

  it('refuses bad arguments', () => {
    expect(() => computeSnr([1.2])).toThrow('computeSnr: alphaBars[0] is 1.2');
    expect(() => minSnrWeights([0.5], { gamma: 0 })).toThrow('minSnrWeights: gamma is 0');
    expect(() => minSnrWeights([0.5], { predictionType: 'epsilon' as 'noise' })).toThrow(
      "minSnrWeights: predictionType is 'epsilon'; it must be one of 'noise', 'x0', 'v'.",
    );
  });
});

describe('rescaleZeroTerminalSnr', () => {
  it('equals the published algorithm', () => {
    // sqrt(alpha-bar) 0.9, 0.6, 0.3 becomes (x - 0.3) * 0.9 / 0.6: 0.9, 0.45, 0.
    const betas = [1 - 0.81, 1 - 0.36 / 0.81, 1 - 0.09 / 0.36];
    expectClose(rescaleZeroTerminalSnr(betas), [0.19, 0.75, 1], { abs: 1e-12 });
    expect(betas[2]).toBeCloseTo(0.75, 12);
  });

  it.each(types)('%s: last alpha-bar 0, first unchanged, falling', (type) => {
    const before = makeBetaSchedule(1000, { type });
    const betas = rescaleZeroTerminalSnr(before);
    const { alphaBars } = computeAlphaSchedule(betas);
    expect(alphaBars[999]).toBe(0);
    expect(betas[0]).toBeCloseTo(before[0], 12);
    for (let i = 1; i < 1000; i++) expect(alphaBars[i]).toBeLessThan(alphaBars[i - 1]);
  });

  it('refuses schedules that it cannot rescale', () => {
    expect(() => rescaleZeroTerminalSnr([0.1])).toThrow('rescaleZeroTerminalSnr: betas.length is 1');
    expect(() => rescaleZeroTerminalSnr([0, 0])).toThrow('rescaleZeroTerminalSnr: betas is [0, 0]');
    expect(() => rescaleZeroTerminalSnr([1, 0.5])).toThrow('rescaleZeroTerminalSnr: betas is [1, 0.5]');
  });
});
