import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChipOptions, decodeChip, encodeGeoTiff } from '../../src/data/index.js';

const side = fc.integer({ min: 1, max: 12 });
const sizes = fc.record({
  height: side,
  width: side,
  h: side,
  w: side,
  buffer: fc.integer({ min: 0, max: 5 }),
});

/** A raster whose value at (row, column) is 100 (row + 1) + column + 1, thousands more in later bands. */
const valueAt = (row: number, column: number, band: number) => 1000 * band + 100 * (row + 1) + column + 1;
function file(name: string, [height, width, bands]: readonly number[], firstBand = 0) {
  const data = Int16Array.from({ length: height * width * bands }, (_, i) => {
    const pixel = Math.floor(i / bands);
    return valueAt(Math.floor(pixel / width), pixel % width, firstBand + (i % bands));
  });
  return { name, bytes: encodeGeoTiff({ width, height, bands, data }) };
}

describe("a border of the rasters' own pixels", () => {
  it('goes on from the chip as the raster does, and is zero where there is no more', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 2 }),
        async ({ height, width, h, w, buffer }, count) => {
          const files = Array.from({ length: count }, (_, i) => file(`${i}.tif`, [height, width, 2], 2 * i));
          const options: ChipOptions = { channels: 2 * count, size: [h, w], buffer, normalization: null };
          const chip = await decodeChip(files, { ...options, bufferFrom: 'neighbours' });
          // Where the chip begins in the raster does not depend on the border.
          const top = Math.trunc((height - h) / 2) - buffer;
          const left = Math.trunc((width - w) / 2) - buffer;
          const inside = (row: number, column: number) =>
            row >= 0 && row < height && column >= 0 && column < width;
          const expected: number[] = [];
          for (let y = 0; y < h + 2 * buffer; y++) {
            for (let x = 0; x < w + 2 * buffer; x++) {
              for (let band = 0; band < 2 * count; band++)
                expected.push(inside(y + top, x + left) ? valueAt(y + top, x + left, band) : 0);
            }
          }
          expect([...chip.data]).toEqual(expected);
          const present = expected
            .filter((_, i) => i % (2 * count) === 0)
            .map((value) => Number(value !== 0));
          expect([...(chip.mask?.data ?? present.map(() => 1))]).toEqual(present);
          const zeros = await decodeChip(files, options);
          const within = [...zeros.data.keys()].filter((i) => zeros.data[i] !== 0);
          expect(within.map((i) => chip.data[i])).toEqual(within.map((i) => zeros.data[i]));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is scaled with the chip', async () => {
    const chip = await decodeChip([file('a.tif', [9, 9, 1])], {
      channels: 1,
      size: [3, 3],
      buffer: 1,
      bufferFrom: 'neighbours',
    });
    const [least, most] = [valueAt(2, 2, 0), valueAt(6, 6, 0)];
    expect([chip.height, chip.width, chip.mask]).toEqual([5, 5, undefined]);
    expect(chip.parameters).toEqual({ offset: [least], scale: [most - least] });
    expect([chip.data[0], chip.data[24]]).toEqual([0, 1]);
    expect(chip.data[6]).toBeCloseTo((valueAt(3, 3, 0) - least) / (most - least), 6);
  });

  it('is zero without a size, as the raster is the chip', async () => {
    const options = { channels: 1, buffer: 2 };
    const files = [file('a.tif', [4, 5, 1])];
    expect(await decodeChip(files, { ...options, bufferFrom: 'neighbours' })).toEqual(
      await decodeChip(files, options),
    );
  });

  it('is asked for by name', async () => {
    const options = { channels: 1, bufferFrom: 'mirror' as 'zeros' };
    await expect(decodeChip([file('a.tif', [4, 5, 1])], options)).rejects.toThrow(
      "decodeChip: bufferFrom is 'mirror'; it must be one of 'zeros', 'neighbours'.",
    );
  });
});
