import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeRaster } from '../../src/normalization/index.js';
import { scaleIntegers } from '../../src/normalization/scaleIntegers.js';

const arrays = fc.oneof(
  fc.uint8Array({ minLength: 6, maxLength: 60 }),
  fc.int8Array({ minLength: 6, maxLength: 60 }),
  fc.uint16Array({ minLength: 6, maxLength: 60 }),
  fc.int16Array({ minLength: 6, maxLength: 60 }),
);

describe('scaleIntegers', () => {
  it('gives what normalizeRaster gives, bit by bit', () => {
    fc.assert(
      fc.property(arrays, (values) => {
        const data = values.subarray(0, values.length - (values.length % 3));
        const raster = { height: data.length / 3, width: 1, channels: 3, data };
        expect(scaleIntegers(raster, [])).toEqual(
          normalizeRaster({ ...raster, data: Float32Array.from(data) }),
        );
      }),
    );
  });

  it('scales a raster of one value to 0', () => {
    const raster = { height: 2, width: 1, channels: 1, data: new Uint16Array([9, 9]) };
    expect(scaleIntegers(raster, [])?.data).toEqual(new Float32Array(2));
  });

  it('leaves a raster that has a missing pixel, and only such a one', () => {
    const raster = { height: 3, width: 1, channels: 1, data: new Int16Array([-9999, 3, 5]) };
    expect(scaleIntegers(raster, [-9999])).toBeUndefined();
    expect(scaleIntegers(raster, [0, 3])).toBeUndefined();
    expect(scaleIntegers(raster, [4, 1e9, Number.NaN])?.data[2]).toBe(1);
  });
});
