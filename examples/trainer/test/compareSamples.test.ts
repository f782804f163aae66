import { describe, expect, it } from 'vitest';
import { uniformGenerator } from '../../../src/internal/philox.js';
import { compareSamples } from '../src/results/compareSamples.js';

function images(count: number, value: (row: number, column: number, image: number) => number) {
  return Array.from({ length: count }, (_, image) => ({
    height: 32,
    width: 32,
    channels: 2,
    data: Float32Array.from({ length: 32 * 32 * 2 }, (_, i) => {
      const pixel = Math.floor(i / 2);
      return i % 2 === 0 ? value(Math.floor(pixel / 32), pixel % 32, image) : pixel % 4;
    }),
  }));
}

describe('compareSamples', () => {
  const random = uniformGenerator({ seed: 3, stream: 0, step: 0 });
  const ramps = images(4, (row, column) => row + column);
  const noise = images(4, () => 62 * random());

  it('tells smooth images from noise by the correlation of neighbours', () => {
    const { lag1 } = compareSamples(noise, ramps);
    expect(lag1.chips[0]).toBeGreaterThan(0.99);
    expect(Math.abs(lag1.samples[0])).toBeLessThan(0.05);
    // 0, 1, 2, 3 along a row, alike down a column: half the pairs are equal, the others of correlation -0.2.
    expect(lag1.chips[1]).toBeCloseTo(0.4, 1);
  });

  it('measures how far the values of a band lie alike', () => {
    const same = compareSamples(ramps, ramps);
    expect(same.histograms.map(({ overlap }) => overlap)).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
    ]);
    const [{ from, to, samples, chips, overlap }] = compareSamples(noise, ramps).histograms;
    expect([from, to]).toEqual([0, 62]);
    for (const shares of [samples, chips])
      expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
    // A triangle under a flat density: they share three quarters.
    expect(overlap).toBeCloseTo(0.75, 1);
    const apart = compareSamples(
      images(1, () => -5),
      ramps,
    ).histograms[0];
    expect(apart.samples[0]).toBe(1);
    expect(apart.overlap).toBeLessThan(0.02);
  });

  it('leaves out what is not finite', () => {
    const holes = images(4, (row, column) => (column === 7 ? Number.NaN : row + column));
    const { lag1, histograms } = compareSamples(holes, ramps);
    expect(lag1.samples[0]).toBeGreaterThan(0.99);
    expect(histograms[0].samples.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
  });
});
