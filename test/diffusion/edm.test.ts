import { describe, expect, it } from 'vitest';
import { edmFactors, logNormalSigmas } from '../../src/diffusion/index.js';
import { edmSchedule } from '../../src/samplers/index.js';
import { expectClose } from '../support/compare.js';

describe('edmFactors', () => {
  it('is table 1 of the paper', () => {
    // σ = 3, σ_data = 4: a triangle of sides 3, 4, 5.
    const { skip, out, in: scale, noise, weight } = edmFactors(3, 4);
    expectClose([skip, out, scale, weight], [16 / 25, 12 / 5, 1 / 5, 25 / 144], { abs: 1e-15 });
    expect(noise).toBeCloseTo(0.274653, 6);
    expect(edmFactors(0.2)).toEqual(edmFactors(0.2, 0.5));
  });

  it.each([0.002, 0.5, 80])(
    'gives input and target the variance 1, and every level the weight 1, at σ %d',
    (sigma) => {
      // Equations 117 to 128 of the paper, for data of mean 0 and variance σ_data².
      const sigmaData = 0.7;
      const factors = edmFactors(sigma, sigmaData);
      expect(factors.in ** 2 * (sigmaData ** 2 + sigma ** 2)).toBeCloseTo(1, 12);
      const target =
        ((1 - factors.skip) ** 2 * sigmaData ** 2 + factors.skip ** 2 * sigma ** 2) / factors.out ** 2;
      expect(target).toBeCloseTo(1, 12);
      expect(factors.weight * factors.out ** 2).toBeCloseTo(1, 12);
    },
  );

  it('is what edmSchedule samples with', () => {
    const schedule = edmSchedule({ sigmaData: 0.7 });
    for (const sigma of [0.01, 1, 30]) {
      const factors = edmFactors(sigma, 0.7);
      expect(schedule.factors('x0', 'noise', sigma)).toEqual([factors.skip, factors.out]);
      expect(schedule.inputScale(sigma)).toBe(factors.in);
      expect(schedule.timestepAt(sigma)).toBe(factors.noise);
    }
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => edmFactors(value)).toThrow(/^edmFactors: sigma is/);
    expect(() => edmFactors(1, value)).toThrow(/^edmFactors: sigmaData is/);
  });
});

describe('logNormalSigmas', () => {
  const key = { seed: 1, stream: 2, step: 3 };

  it('has a normal logarithm of the mean and deviation asked for', () => {
    const logs = Array.from(logNormalSigmas(20_000, key, { mean: 0.4, deviation: 1.7 }), Math.log);
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length;
    expect(Math.abs(mean - 0.4)).toBeLessThan(0.05);
    expect(Math.abs(Math.sqrt(variance) - 1.7)).toBeLessThan(0.04);
    const below = logs.filter((value) => value < 0.4 - 1.7).length / logs.length;
    expect(Math.abs(below - 0.1587)).toBeLessThan(0.011);
  });

  it("is the paper's unless told, and drawn by key", () => {
    expect(logNormalSigmas(8, key)).toEqual(logNormalSigmas(8, key, { mean: -1.2, deviation: 1.2 }));
    expect(logNormalSigmas(8, key)).not.toEqual(logNormalSigmas(8, { ...key, step: 4 }));
    expect(() => logNormalSigmas(-1, key)).toThrow(/^logNormalSigmas: count is -1/);
    expect(() => logNormalSigmas(1, key, { deviation: -1 })).toThrow(/^logNormalSigmas: deviation is -1/);
  });
});
