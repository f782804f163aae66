import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sharedDecoder } from '../../src/data/decodeGeoTiff.js';
import { decodeChip, decodeGeoTiff, encodeGeoTiff, type GeoTiff } from '../../src/data/index.js';
import { openTiff } from '../../src/data/tiff/openTiff.js';
import { memorySource } from '../../src/data/tiff/TiffSource.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(`${folder}/rasters`).filter((name) => name.endsWith('.tif'));

async function openFile(name: string) {
  const bytes = readFileSync(`${folder}/rasters/${name}`);
  const mask = readdirSync(`${folder}/rasters`).includes(`${name}.msk`)
    ? memorySource(readFileSync(`${folder}/rasters/${name}.msk`))
    : undefined;
  const read: [number, number][] = [];
  const whole = memorySource(bytes);
  const source = {
    ...whole,
    read: (offset: number, length: number) => {
      read.push([offset, length]);
      return whole.read(offset, length);
    },
  };
  return { opened: await openTiff(source, mask), read };
}

/** Values and validity of one band as GDAL has it, without alpha's part in it. */
function bandOf({ data, valid, bands }: GeoTiff, band: number): [values: number[], valid: number[]] {
  const of = <T extends ArrayLike<number>>(all: T) => Array.from(all).filter((_, i) => i % bands === band);
  return [of(data), valid ? of(valid) : new Array(data.length / bands).fill(1)];
}

describe('chosen bands of a GeoTIFF', () => {
  let compared = 0;
  it.each(files)('%s', async (name) => {
    const opening = await openFile(name).catch(() => undefined);
    if (!opening) return; // What is refused is, whatever is chosen.
    const { opened } = opening;
    const { info } = opened;
    if (info.bands < 2 || info.bands > 20 || info.width > 4000) return;
    const decoder = await sharedDecoder();
    const whole = await opened.read({ decoder }).catch(() => undefined);
    if (!whole) return;
    const top = info.height > 1 ? 1 : 0;
    const left = info.width > 1 ? 1 : 0;
    const window = { top, left, height: info.height - top, width: info.width - left };
    const part = await opened.read({ decoder, part: window });
    const colours = Array.from({ length: info.bands }, (_, band) => band).filter((b) => b !== info.alphaBand);
    const alpha = info.alphaBand;
    for (const bands of [colours.toReversed(), colours.slice(-1), [0]]) {
      for (const [all, chosen] of [
        [whole, await opened.read({ decoder, bands })],
        [part, await opened.read({ decoder, bands, part: window })],
      ]) {
        expect([chosen.bands, chosen.height, chosen.width]).toEqual([bands.length, all.height, all.width]);
        expect(chosen.alphaBand).toBe(null);
        bands.forEach((band, k) => {
          const [values, valid] = bandOf(all, band);
          const opaque = alpha === null ? valid : bandOf(all, alpha)[0];
          const expected = valid.map((one, i) => (one === 1 && opaque[i] !== 0 ? 1 : 0));
          expect(bandOf(chosen, k)).toEqual([values, expected]);
          expect(chosen.scales?.[k] ?? 1).toBe(info.scales?.[band] ?? 1);
        });
        compared++;
      }
    }
  });

  it('compares files of several bands', () => expect(compared).toBeGreaterThan(100));

  it('takes alpha as data where it is chosen, and it masks nothing', async () => {
    const { opened } = await openFile('alpha-031.tif');
    const decoder = await sharedDecoder();
    const whole = await opened.read({ decoder });
    const alpha = whole.alphaBand!;
    const chosen = await opened.read({ decoder, bands: [alpha, 0] });
    expect(chosen.alphaBand).toBe(0);
    expect(bandOf(chosen, 0)[0]).toEqual(bandOf(whole, alpha)[0]);
    expect(bandOf(chosen, 1)[1]).not.toContain(0);
  });

  it('reads of a file in planes the chosen ones alone', async () => {
    const bytes = readFileSync(`${folder}/described/gdal.tif`);
    const read: [number, number][] = [];
    const source = {
      size: bytes.length,
      read: (offset: number, length: number) => {
        read.push([offset, length]);
        return bytes.subarray(offset, offset + length);
      },
    };
    const opened = await openTiff(source);
    expect(opened.info.bandNames).toEqual(['near infrared <8 µm & more>', null, 'red']);
    expect(opened.layout.planar).toBe(true);
    read.length = 0;
    const chosen = await opened.read({ decoder: await sharedDecoder(), bands: [2, 0] });
    expect([...chosen.data].slice(0, 4)).toEqual([40, 0, 41, 1]);
    expect(chosen.bandNames).toEqual(['red', 'near infrared <8 µm & more>']);
    expect(read.map(([offset]) => offset)).toEqual([2, 0].map((band) => opened.layout.offsets[band]));
  });

  it('names bands as GDAL reads them', async () => {
    const bandNames = ['a <&"µ>\'', null, 'b\u0007\nc'];
    const bytes = encodeGeoTiff({
      width: 1,
      height: 1,
      bands: 3,
      data: new Uint8Array(3),
      nodata: 0,
      bandNames,
    });
    // What rasterio wrote for the same text but for the form of its entities.
    expect(Buffer.from(bytes).toString()).toContain(
      'sample="0" role="description">a &#38;#60;&#38;#38;&#38;#34;µ&#38;#62;\'</Item>',
    );
    expect((await decodeGeoTiff(bytes)).bandNames).toEqual(['a <&"µ>\'', null, 'b  c']);
    const wrong = () =>
      encodeGeoTiff({ width: 1, height: 1, bands: 2, data: new Uint8Array(2), bandNames: ['a'] });
    expect(wrong).toThrow('bandNames.length is 1; it must be 2');
  });
});

describe('decodeChip', () => {
  const file = (name: string, bandNames: string[], first: number) => {
    const [bands, pixels] = [bandNames.length, 4];
    const data = Float32Array.from(
      { length: bands * pixels },
      (_, i) => first + 10 * (i % bands) + Math.floor(i / bands),
    );
    return { name, bytes: encodeGeoTiff({ width: 2, height: 2, bands, data, bandNames }) };
  };
  const files = [file('a.tif', ['a0', 'a1', 'a2'], 100), file('b.tif', ['b0', 'b1'], 200)];

  it('stacks chosen bands of several rasters in the order asked for', async () => {
    const bands = ['b1', 3, 'b0', 'a0'];
    const { data } = await decodeChip(files, { channels: 4, bands, normalization: null });
    expect([...data].slice(0, 8)).toEqual([210, 120, 200, 100, 211, 121, 201, 101]);
  });

  it('scales them by the statistics of their place, and undoes it', async () => {
    const globalStats = { mean: [210, 120, 200, 100], std: [1, 2, 4, 8] };
    const normalization = { strategy: 'z_value', procedure: 'gpb', globalStats } as const;
    const { data, parameters } = await decodeChip(files, {
      channels: 4,
      bands: ['b1', 3, 'b0', 'a0'],
      normalization,
    });
    expect([...data].slice(4, 8)).toEqual([1, 0.5, 0.25, 0.125]);
    expect(parameters).toEqual({ offset: globalStats.mean, scale: globalStats.std });
  });

  it('masks by the values of their place', async () => {
    const normalization = { strategy: 'min_max', nodata: [[211], [], [], [101]] } as const;
    const { mask } = await decodeChip(files, { channels: 4, bands: ['b1', 3, 'b0', 'a0'], normalization });
    expect([...mask!.data]).toEqual([1, 0, 1, 1]);
  });

  it('leaves out a raster of which no band is chosen', async () => {
    const { data } = await decodeChip(files, { channels: 1, bands: ['b1'], normalization: null });
    expect([...data]).toEqual([210, 211, 212, 213]);
  });

  it('says what is there, and that channels is another number', async () => {
    await expect(decodeChip(files, { channels: 1, bands: ['c'] })).rejects.toThrow(
      "a.tif + b.tif: no band is named 'c'; it has the bands 1 'a0', 2 'a1', 3 'a2', 4 'b0', 5 'b1'.",
    );
    await expect(decodeChip(files, { channels: 2, bands: [1] })).rejects.toThrow(
      'channels is 2; it must be 1',
    );
  });
});
