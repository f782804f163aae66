import { describe, expect, it } from 'vitest';
import { refusedLayouts } from '../../scripts/hostile/refusedLayouts.js';
import { LayoutError } from '../../src/data/tiff/LayoutError.js';

describe('refusedLayouts', () => {
  const layouts = refusedLayouts();
  const rowOf = (message: string) => layouts.find(({ matches }) => matches(message))?.layout;

  it.each([
    ['complex numbers', 'complex numbers'],
    ['the compression WebP', 'the compression WebP'],
    ['the compression CCITT fax 4', 'the compression …'],
    ['64-bit integers beyond 2^53, such as 9007199254740993', '64-bit integers beyond 2^53, such as …'],
    ['bands of several types (BitsPerSample 8, 16)', 'bands of several types (…)'],
  ])('finds the row of %s', (layout, row) => {
    expect(rowOf(`chip.tif: cannot be read as a GeoTIFF: ${new LayoutError(layout).message}`)).toBe(row);
  });

  it('finds none for what is not documented, or has no line that converts', () => {
    expect(rowOf(`chip.tif: ${new LayoutError('colours of the night').message}`)).toBeUndefined();
    expect(rowOf('chip.tif: its layout is not supported: complex numbers.')).toBeUndefined();
    expect(rowOf('chip.tif: it is cut short: 8 bytes, at least 9 expected.')).toBeUndefined();
  });
});
