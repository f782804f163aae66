import { describe, expect, it } from 'vitest';
import { randomNormal, uniformGenerator } from '../../src/internal/philox.js';
import { bootstrapInterval, CalibrationError, pairedInterval } from '../../src/metrics/index.js';

const key = (step: number) => ({ seed: 1, stream: 0, step });

describe('CalibrationError', () => {
  it('is what was planted: predictions that are right less often than they say', () => {
    const next = uniformGenerator(key(0));
    const calibration = new CalibrationError({ bins: 10 });
    const [confidences, excess] = [[0.55, 0.65, 0.75, 0.85, 0.95], 0.15];
    for (let i = 0; i < 50_000; i++) {
      const confidence = confidences[i % confidences.length];
      const isRight = next() < confidence - excess;
      calibration.add([isRight ? 1 : 0], [1 - confidence, confidence]);
    }
    expect(calibration.value()).toBeCloseTo(excess, 2);
    const bins = calibration.reliability().filter((bin) => bin.count > 0);
    expect(bins.map((bin) => Number(bin.confidence.toFixed(6)))).toEqual(confidences);
    for (const bin of bins) expect(bin.accuracy).toBeCloseTo(bin.confidence - excess, 1);
  });

  it('is 0 of predictions that are as often right as they say, and by hand', () => {
    const calibration = new CalibrationError({ bins: 4 });
    expect(calibration.value()).toBe(0);
    calibration.add([], []);
    calibration.add([0, 0, 0, 1], [0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25]);
    expect(calibration.value()).toBe(0);
    // Certain and wrong: |0 − 1| for one of five samples, in a bin with the four others, |3/5 − 4/5|.
    calibration.add([0], [0, 1]);
    expect(calibration.value()).toBeCloseTo(1 / 5, 12);
    expect(calibration.reliability()).toEqual([
      ...Array.from({ length: 3 }, () => ({ count: 0, confidence: 0, accuracy: 0 })),
      { count: 5, confidence: 0.8, accuracy: 0.6 },
    ]);
  });

  it('refuses by name, and adds nothing then', () => {
    const calibration = new CalibrationError();
    const refused = (message: string, reference: number[], probabilities: number[]) =>
      expect(() => calibration.add(reference, probabilities)).toThrow(`CalibrationError.add: ${message}`);
    refused('probabilities.length is 3; it must be 2 times', [0, 1], [1, 0, 0]);
    refused('probabilities.length is 1', [0], [1]);
    refused('reference[0] is 2', [2], [0, 1]);
    refused('probabilities[1] is 1.5', [0], [0, 1.5]);
    refused('probabilities[0] is NaN', [0], [Number.NaN, 0]);
    expect(calibration.value()).toBe(0);
    expect(() => new CalibrationError({ bins: 0 })).toThrow('CalibrationError: bins is 0');
  });
});

describe('bootstrapInterval', () => {
  it('of a mean is as wide as the normal law has it, and holds the true mean as often as it says', () => {
    let [held, width] = [0, 0];
    const [sets, count] = [200, 100];
    for (let set = 0; set < sets; set++) {
      const values = randomNormal(count, key(set + 1));
      const mean = (units: Int32Array) => units.reduce((sum, unit) => sum + values[unit], 0) / units.length;
      const { low, high } = bootstrapInterval(count, mean, { seed: set });
      held += Number(low <= 0 && high >= 0);
      width += (high - low) / sets;
    }
    expect(width).toBeGreaterThan(0.95 * 2 * 1.96 * Math.sqrt(1 / count));
    expect(width).toBeLessThan(1.05 * 2 * 1.96 * Math.sqrt(1 / count));
    // 190 expected, with a standard deviation of 3.
    expect(held).toBeGreaterThan(178);
    expect(held).toBeLessThan(199);
  });

  it('depends on the seed alone, and on the level', () => {
    const values = randomNormal(30, key(500));
    const of = (options: object) =>
      bootstrapInterval(30, (units) => Math.max(...units.map((u) => values[u] * 1e6)), options);
    expect(of({ seed: 3 })).toEqual(of({ seed: 3 }));
    const mean = (units: Int32Array) => units.reduce((sum, unit) => sum + values[unit], 0);
    const [narrow, wide] = [0.5, 0.99].map((level) => bootstrapInterval(30, mean, { level }));
    expect(narrow.low).toBeGreaterThan(wide.low);
    expect(narrow.high).toBeLessThan(wide.high);
    expect(bootstrapInterval(30, mean, { seed: 1 })).not.toEqual(bootstrapInterval(30, mean, { seed: 2 }));
  });

  it('refuses by name', () => {
    expect(() => bootstrapInterval(0, () => 1)).toThrow('bootstrapInterval: count is 0');
    expect(() => bootstrapInterval(2, () => 1, { resamples: 1 })).toThrow(
      'bootstrapInterval: resamples is 1',
    );
    expect(() => bootstrapInterval(2, () => 1, { level: 1 })).toThrow('bootstrapInterval: level is 1');
    expect(() => bootstrapInterval(2, () => Number.NaN)).toThrow('score of a resample is NaN');
  });
});

describe('pairedInterval', () => {
  // Student's quantile of 0.975 by degrees of freedom, from the tables.
  it.each([
    [1, 12.7062047364],
    [2, 4.3026527297],
    [3, 3.1824463053],
    [4, 2.7764451052],
    [9, 2.2621571628],
    [30, 2.0422724563],
    [200, 1.9718962236],
  ])('reaches as far as the tables say for %i degrees of freedom', (degrees, quantile) => {
    const count = degrees + 1;
    const a = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1) + (i === 0 ? 0.5 : 0));
    const b = a.map((_, i) => i);
    const shifted = a.map((value, i) => value + i);
    const { mean, low, high } = pairedInterval(shifted, b);
    const average = a.reduce((sum, value) => sum + value, 0) / count;
    const deviation = Math.sqrt(a.reduce((sum, value) => sum + (value - average) ** 2, 0) / degrees);
    expect(mean).toBeCloseTo(average, 10);
    expect((high - mean) / (deviation / Math.sqrt(count))).toBeCloseTo(quantile, 7);
    expect(mean - low).toBeCloseTo(high - mean, 10);
  });

  it('of other levels', () => {
    // The quantile of 0.95 for 4 degrees of freedom.
    const { mean, high } = pairedInterval([1, 2, 3, 4, 5], [0, 0, 0, 0, 0], { level: 0.9 });
    expect((high - mean) / Math.sqrt(2.5 / 5)).toBeCloseTo(2.1318467863, 7);
  });

  it('refuses by name', () => {
    expect(() => pairedInterval([1], [1])).toThrow('pairedInterval: a.length is 1; it must be at least 2');
    expect(() => pairedInterval([1, 2], [1])).toThrow("pairedInterval: b.length is 1; it must be 2 as a's");
    expect(() => pairedInterval([1, Number.NaN], [1, 2])).toThrow('pairedInterval: a[1] is NaN');
    expect(() => pairedInterval([1, 2], [1, 2], { level: 0 })).toThrow('pairedInterval: level is 0');
  });
});
