import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeRaster } from '../../src/normalization/index.js';

describe('normalizeRaster of a raster without missing pixels', () => {
  it('gives to the last bit what it gives when asked to look for a missing value', () => {
    const values = fc.oneof(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 12, maxLength: 12 }),
      fc.array(fc.integer({ min: -3, max: 65535 }), { minLength: 12, maxLength: 12 }),
      fc.constant(new Array<number>(12).fill(7)),
    );
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 'tutorial' as const), (list, compat) => {
        const raster = { height: 2, width: 3, channels: 2, data: Float32Array.from(list) };
        fc.pre(compat === undefined || raster.data.some((value) => value >= 0));
        const absent = [1, 2, 3]
          .map((k) => k / 3 + 0.1)
          .find((value) => !raster.data.includes(Math.fround(value)))!;
        const searched = normalizeRaster(raster, { compat, nodata: [absent] });
        expect(normalizeRaster(raster, { compat })).toEqual(searched);
      }),
    );
  });

  it('is not mistaken where a pixel is missing, the first one too', () => {
    const of = (...data: number[]) => ({ height: 1, width: 3, channels: 1, data: Float32Array.from(data) });
    for (const missing of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect([...normalizeRaster(of(missing, 1, 3)).data]).toEqual([0, 0, 1]);
      expect([...normalizeRaster(of(1, missing, 3)).data]).toEqual([0, 0, 1]);
      expect(() => normalizeRaster(of(missing, missing, missing))).toThrow('no valid pixel');
    }
  });
});
