import { describe, expect, it } from 'vitest';
import { bandDistances } from '../../src/metrics/bandDistances.js';
import { powerSpectrum } from '../../src/metrics/powerSpectrum.js';

describe('bandDistances', () => {
  it('is how far the values of a band are shifted, each band alone', () => {
    const a = [0, 10, 1, 20, 2, 30, 3, 40];
    const b = a.map((value, i) => (i % 2 === 0 ? value + 2.5 : value));
    const [first, second] = bandDistances(a, b, 2);
    expect(first.wasserstein).toBeCloseTo(2.5, 12);
    expect(first.overlap).toBeLessThan(0.5);
    expect(second).toEqual({ wasserstein: 0, overlap: 1 });
  });

  it('compares sets of different sizes, as scipy.stats.wasserstein_distance does', () => {
    // wasserstein_distance([0, 1, 3], [5, 6, 8]) is 5, of ([0, 1], [0, 1, 5]) 1.5.
    expect(bandDistances([0, 1, 3], [8, 5, 6], 1)[0].wasserstein).toBeCloseTo(5, 12);
    expect(bandDistances([0, 1], [0, 1, 5], 1)[0].wasserstein).toBeCloseTo(1.5, 12);
    expect(bandDistances([0, 1], [0, 0, 1, 1], 1)[0].wasserstein).toBeCloseTo(0, 12);
  });

  it('leaves out NaN, and counts bins', () => {
    expect(bandDistances([1, Number.NaN, 3], [3, 1], 1)[0]).toEqual({ wasserstein: 0, overlap: 1 });
    const [{ overlap }] = bandDistances([0, 1, 2, 4], [0, 3, 3.5, 4], 1, { bins: 4 });
    expect(overlap).toBeCloseTo(0.5, 12);
    expect(bandDistances([7, 7], [7], 1)[0].overlap).toBeCloseTo(1, 12);
  });

  it.each([
    [[1, 2, 3], [1, 2], 2, 'bandDistances: a.length is 3; it must be a multiple of 2 bands'],
    [[1], [Number.NaN], 1, "bandDistances: band 0 of b is 'without a value'"],
    [[Number.POSITIVE_INFINITY], [1], 1, "bandDistances: band 0 of a is 'with infinite values'"],
    [[1], [1], 0, 'bandDistances: bands is 0'],
  ])('refuses %j and %j', (a, b, bands, message) => {
    expect(() => bandDistances(a, b, bands)).toThrow(message);
  });
});

describe('powerSpectrum', () => {
  const image = (height: number, width: number, of: (y: number, x: number) => number[]) => {
    const values = Array.from({ length: height * width }, (_, i) => of(Math.floor(i / width), i % width));
    return { height, width, channels: values[0].length, data: Float32Array.from(values.flat()) };
  };

  it('finds a wave at its frequency, whatever its direction and phase', () => {
    const wave = (k: number, at: number, side: number) => 3 * Math.cos(2 * Math.PI * ((k * at) / side) + 0.4);
    const across = image(12, 12, (_, x) => [wave(3, x, 12)]);
    const down = image(12, 12, (y) => [wave(3, y, 12)]);
    for (const one of [across, down]) {
      const { frequencies, power } = powerSpectrum([one]);
      expect(frequencies).toEqual(Float64Array.from([0, 1, 2, 3, 4, 5, 6], (k) => k / 12));
      const others = power[0].filter((_, ring) => ring !== 3);
      expect(Math.max(...others)).toBeLessThan(1e-10);
      // Two of the ring's frequencies have an amplitude of 3/2 each.
      expect(power[0][3]).toBeGreaterThan(0.1);
    }
    expect(powerSpectrum([across]).power[0][3]).toBeCloseTo(powerSpectrum([down]).power[0][3], 9);
  });

  it('holds the whole variance of what has no frequency beyond a half, band by band', () => {
    const one = image(8, 8, (y, x) => [
      1 + Math.cos((2 * Math.PI * x) / 8),
      Math.sin((2 * Math.PI * (2 * y)) / 8),
    ]);
    const { power } = powerSpectrum([one, one]);
    expect(power[0][0]).toBeCloseTo(1, 6);
    // Frequencies at a distance of 1/2 to 3/2 from the origin: 8 of them; the wave has two of amplitude 1/2.
    expect(power[0][1]).toBeCloseTo(0.5 / 8, 6);
    expect(power[1][2]).toBeCloseTo(
      power[1].reduce((a, b) => a + b),
      6,
    );
  });

  it('takes sides that are neither equal nor powers of two', () => {
    const { frequencies, power } = powerSpectrum([
      image(6, 10, (_, x) => [Math.cos((2 * Math.PI * 5 * x) / 10)]),
    ]);
    expect(frequencies.length).toBe(4);
    expect(power[0].indexOf(Math.max(...power[0]))).toBe(3);
  });

  it('is the mean over images', () => {
    const wave = image(8, 8, (_, x) => [Math.cos((2 * Math.PI * x) / 8)]);
    const flat = image(8, 8, () => [0]);
    expect(powerSpectrum([wave, flat]).power[0][1]).toBeCloseTo(powerSpectrum([wave]).power[0][1] / 2, 12);
  });

  it('refuses none, others and missing values', () => {
    expect(() => powerSpectrum([])).toThrow('powerSpectrum: images is []');
    const [a, b] = [image(4, 4, () => [1]), image(4, 5, () => [1])];
    expect(() => powerSpectrum([a, b])).toThrow("images[1] is '4 × 5 × 1'; it must be 4 × 4 × 1");
    expect(() => powerSpectrum([image(4, 4, () => [Number.NaN])])).toThrow(
      'powerSpectrum: band 0 of images[0]',
    );
  });
});
