import { describe, expect, it } from 'vitest';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { displayOf } from '../src/pictures/display.js';

const configOf = (...args: string[]) => parsePretrainOptions(args).config;
const image = { height: 1, width: 2, channels: 2, data: Float32Array.of(0, 1, -1, 0.5) };
const statistics = { min: [0, 10], max: [100, 50], mean: [20, 30], std: [15, 5] };

describe('displayOf', () => {
  it('shows chips that were scaled alike in their own units', () => {
    const config = configOf('--normalization', 'z_value', '--statistics', 'gpb');
    const { inUnits, rangeOf } = displayOf(config, statistics);
    expect([...inUnits(image).data]).toEqual([20, 35, 5, 32.5]);
    // Two standard deviations around the mean, but not beyond what a band has: -10 to 50 and 20 to 40.
    expect(rangeOf([0])).toEqual([0, 50]);
    expect(rangeOf([1])).toEqual([20, 40]);
    expect(rangeOf([0, 1])).toEqual([0, 50]);
  });

  it('goes from the smallest to the largest value of min_max', () => {
    const { inUnits, rangeOf } = displayOf(configOf('--normalization', 'min_max', '--statistics', 'gpb'), {
      min: [0, 10],
      max: [100, 50],
    });
    expect([...inUnits(image).data]).toEqual([0, 50, -100, 30]);
    expect(rangeOf([1, 0])).toEqual([0, 100]);
  });

  it('shows chips that were not scaled by their statistics, and ranges below one in their own digits', () => {
    const { inUnits, rangeOf, limits } = displayOf(configOf('--normalization', 'none'), statistics);
    expect(inUnits(image)).toBe(image);
    expect(rangeOf([1])).toEqual([20, 40]);
    expect(limits).toEqual([0, 100]);
    const reflectances = { min: [0.01], max: [0.8], mean: [0.2], std: [0.05] };
    expect(displayOf(configOf('--normalization', 'none'), reflectances).rangeOf([0])).toEqual([0.1, 0.3]);
  });

  it('leaves what was scaled chip by chip as the network sees it', () => {
    for (const [normalization, range] of [
      ['min_max', [0, 1]],
      ['z_value', [-2, 2]],
    ] as const) {
      const { inUnits, rangeOf } = displayOf(
        configOf('--normalization', normalization, '--statistics', 'lab'),
        statistics,
      );
      expect(inUnits(image)).toBe(image);
      expect(rangeOf([0, 1])).toEqual(range);
    }
  });
});
