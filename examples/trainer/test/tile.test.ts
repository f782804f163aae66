import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeGeoTiff } from '../../../src/data/decodeGeoTiff.js';
import { encodeGeoTiff, type GeoTiffInput } from '../../../src/data/encodeGeoTiff.js';
import { parseCatalog } from '../../../src/data/parseCatalog.js';
import { tile } from '../src/commands/tile.js';
import { assignSplits } from '../src/tile/assignSplits.js';
import { makeTiles } from '../src/tile/makeTiles.js';
import type { TileOptions } from '../src/tile/TileOptions.js';

const folder = mkdtempSync(path.join(tmpdir(), 'tiles-'));
const at = (...names: string[]) => path.join(folder, ...names);
let made = 0;

/** The corner of the scenes, in UTM zone 12N: near 37.3° north, 113.0° west. */
const [X, Y] = [322_000, 4_131_000];
const WIDTH = 70;
const HEIGHT = 50;

interface SceneOptions extends Partial<GeoTiffInput> {
  left?: number;
  value?: (row: number, column: number, band: number) => number;
}

function writeScene(
  name: string,
  { left = 0, value = (r, c, k) => 1 + r * 100 + c + 7000 * k, ...given }: SceneOptions = {},
) {
  const { width = WIDTH, height = HEIGHT, bands = 2, data = new Uint16Array(width * height * bands) } = given;
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / bands);
    data[i] = value(Math.floor(pixel / width), pixel % width, i % bands);
  }
  const place = { epsg: 32612, transform: [30, 0, X + 30 * left, 0, -30, Y] } as const;
  writeFileSync(
    at(name),
    encodeGeoTiff({ ...place, transform: [...place.transform], width, height, bands, data, ...given }),
  );
  return at(name);
}

async function make(options: Partial<TileOptions> = {}) {
  const out = at(`tiles-${made++}`);
  const split = {
    shares: new Map([
      ['train', 0.6],
      ['validate', 0.4],
    ]),
    kind: 'latitude',
    seed: 0,
  } as const;
  const counts = await makeTiles({
    ...{
      scenes: [at('scene.tif')],
      labels: [],
      size: 10,
      out,
      resampling: 'bilinear',
      maxMissing: 0,
      mosaic: false,
    },
    split,
    ...options,
  });
  const imageColumns = options.labels?.length ? ['image', 'label'] : ['image'];
  const rows = parseCatalog(readFileSync(path.join(out, 'catalog.csv'), 'utf8'), { imageColumns });
  const read = (name: string) => decodeGeoTiff(readFileSync(path.join(out, name)));
  return { out, counts, rows, read };
}

beforeAll(() => {
  writeScene('scene.tif');
  writeScene('half.tif', { nodata: 9, value: (r, c) => (c < 35 ? 100 + r : 9) });
  writeScene('east.tif', { left: 30, nodata: 9, value: (r, c) => 20_000 + r + c });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tiles on the grid of a scene', () => {
  it('have its very pixels where they lie, and bands of the grid for splits', async () => {
    const { out, counts, rows, read } = await make();
    expect(counts).toMatchObject({ written: 35, missing: 0, unmarked: 0 });
    const splitOfRow = new Map<string, string>();
    for (const { images, usage, values } of rows) {
      const [row, column] = [Number(values.row), Number(values.column)];
      const { data, transform, epsg, width, bands } = await read(images[0]);
      expect([epsg, width, bands]).toEqual([32612, 10, 2]);
      expect(transform).toEqual([30, 0, X + 300 * column, 0, -30, Y - 300 * row]);
      data.forEach((value, i) => {
        const pixel = Math.floor(i / 2);
        const [r, c] = [10 * row + Math.floor(pixel / 10), 10 * column + (pixel % 10)];
        if (value !== 1 + r * 100 + c + 7000 * (i % 2)) expect([row, column, i, value]).toEqual([]);
      });
      expect(splitOfRow.get(values.row) ?? usage).toBe(usage);
      splitOfRow.set(values.row, usage);
    }
    expect([...splitOfRow.values()].filter((usage) => usage === 'train').length).toBe(3);
    // By pyproj, of the centre of the last tile: 323950, 4129650.
    expect(Number(rows.at(-1)?.values.lon)).toBeCloseTo(-112.986_263_1, 6);
    expect(Number(rows.at(-1)?.values.lat)).toBeCloseTo(37.296_820_9, 6);
    expect(readFileSync(path.join(out, 'map.svg'), 'utf8')).toContain('train: 21, 60.0 %');
    expect(readFileSync(path.join(out, 'map.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('leave out what misses too much, what no value marks, and what is outside of the area', async () => {
    const half = await make({ scenes: [at('half.tif')], maxMissing: 0.5 });
    expect(half.counts).toMatchObject({ written: 20, missing: 15 });
    const edge = half.rows.find(({ values }) => values.column === '3');
    const { data, nodata, valid } = await half.read(edge?.images[0] ?? '');
    expect([nodata, data[0], data[10], valid?.[0], valid?.[10]]).toEqual([
      9,
      100 + 10 * Number(edge?.values.row),
      9,
      1,
      0,
    ]);
    // 70 × 50 pixels in tiles of 16: those of the right and lower edge reach beyond the scene.
    expect((await make({ size: 16, maxMissing: 0.99 })).counts).toMatchObject({ written: 12, unmarked: 8 });
    expect((await make({ size: 16, maxMissing: 0.99, nodata: 0 })).counts).toMatchObject({ written: 20 });
    const west = [
      [-113.1, 37],
      [-112.999, 37],
      [-112.999, 38],
      [-113.1, 38],
      [-113.1, 37],
    ];
    writeFileSync(
      at('area.json'),
      JSON.stringify({ type: 'Feature', geometry: { type: 'Polygon', coordinates: [west] } }),
    );
    const { rows } = await make({ area: at('area.json') });
    expect(new Set(rows.map(({ values }) => values.column))).toEqual(new Set(['0', '1', '2']));
    for (const { values } of rows) expect(Number(values.lon)).toBeLessThan(-112.999);
  });

  it('are one of each scene, or one a place of the first that has a value there', async () => {
    const scenes = [at('half.tif'), at('east.tif')];
    const each = await make({ scenes });
    expect(each.counts.written).toBe(15 + 35);
    const splits = new Map<string, Set<string>>();
    for (const { values, usage } of each.rows) {
      splits.set(values.row, (splits.get(values.row) ?? new Set()).add(usage));
    }
    for (const usages of splits.values()) expect(usages.size).toBe(1);
    const { counts, rows, read } = await make({ scenes, mosaic: true });
    expect(counts.written).toBe(50);
    const { data } = await read(
      rows.find(({ values }) => values.row === '2' && values.column === '3')?.images[0] ?? '',
    );
    expect([data[0], data[8], data[10], data[18]]).toEqual([120, 120, 20_000 + 20 + 5, 20_000 + 20 + 9]);
  });

  it('come with labels of the nearest pixel', async () => {
    const value = (r: number, c: number) => (r + c) % 5;
    const label = { width: 35, height: 25, bands: 1, data: new Uint8Array(35 * 25), value };
    writeScene('labels.tif', { ...label, transform: [60, 0, X, 0, -60, Y] });
    const { rows, read } = await make({ labels: [at('labels.tif')] });
    expect(rows.length).toBe(35);
    for (const { images, values } of rows) {
      const { data, dtype, bands } = await read(images[1]);
      expect([dtype, bands]).toEqual(['uint8', 1]);
      const [row, column] = [10 * Number(values.row), 10 * Number(values.column)];
      const expected = Array.from({ length: 100 }, (_, i) =>
        value(Math.floor((row + Math.floor(i / 10)) / 2), Math.floor((column + (i % 10)) / 2)),
      );
      expect([...data]).toEqual(expected);
    }
  });
});

describe('tiles in another coordinate system', () => {
  // By pyproj: where three places in longitude and latitude lie in UTM zone 12N.
  const PLACES = [
    [-113.0, 37.3, [322_739.780_6, 4_130_028.416_1]],
    [-112.99, 37.295, [323_614.496_7, 4_129_454.921_6]],
  ] as const;

  it.each(['bilinear', 'nearest'] as const)('hold what lies there (%s)', async (resampling) => {
    const size = { width: 120, height: 120, bands: 1, data: new Float32Array(120 * 120) };
    // Pixel centres hold their coordinates, so that whatever lies between is known.
    writeScene('plane.tif', { ...size, value: (r, c) => (c + 0.5) * 30 + 2 * (r + 0.5) * 30 });
    const options = { scenes: [at('plane.tif')], epsg: 4326, resolution: 0.0005, size: 8, resampling };
    const { rows, read } = await make({ ...options, maxMissing: 0.9 });
    expect(rows.length).toBeGreaterThan(40);
    let found = 0;
    for (const { images } of rows) {
      const { data, transform, epsg } = await read(images[0]);
      expect(epsg).toBe(4326);
      const [width, , left, , , top] = transform as number[];
      for (const [longitude, latitude, [x, y]] of PLACES) {
        const [column, row] = [Math.floor((longitude - left) / width), Math.floor((top - latitude) / width)];
        if (row < 0 || column < 0 || row > 7 || column > 7) continue;
        found++;
        // The pixel's centre is up to half a pixel of 44 m × 55 m away from the place.
        const [east, south] = [
          (left + (column + 0.5) * width - longitude) * 88_600,
          latitude - top + (row + 0.5) * width,
        ];
        const expected = x + east - X + 2 * (Y - y + south * 111_000);
        const tolerance = resampling === 'bilinear' ? 3 : 48;
        expect(Math.abs(data[row * 8 + column] - expected)).toBeLessThan(tolerance);
      }
    }
    expect(found).toBe(2);
  });
});

describe('what cannot be made into tiles', () => {
  const refused: [string, () => Partial<TileOptions>, RegExp][] = [
    [
      'a raster without a place',
      () => ({ scenes: [writeScene('n.tif', { transform: null })] }),
      /n\.tif: .*no transform/,
    ],
    [
      'one without a system',
      () => ({ scenes: [writeScene('m.tif', { epsg: null })] }),
      /m\.tif: .*EPSG code/,
    ],
    [
      'scenes of other bands',
      () => ({
        scenes: [at('scene.tif'), writeScene('one.tif', { bands: 1, data: new Uint16Array(WIDTH * HEIGHT) })],
      }),
      /one\.tif: its number of bands is 1, that of .*scene\.tif is 2/,
    ],
    ['another system without resolution', () => ({ epsg: 4326 }), /--epsg 4326 needs --resolution/],
    [
      'a datum that needs a grid',
      () => ({ epsg: 27700, resolution: 10 }),
      /EPSG:27700 is of a datum that needs the grid OSTN15.*gdalwarp/,
    ],
    ['an unknown system', () => ({ epsg: 9999, resolution: 10 }), /EPSG:9999 is no coordinate system/],
    [
      'an area in metres',
      () => ({ area: at('metres.json') }),
      /metres\.json: \[322000,4131000\] is no longitude/,
    ],
    [
      'an area without polygon',
      () => ({ area: at('point.json') }),
      /point\.json: it holds no GeoJSON polygon/,
    ],
    ['nothing within the area', () => ({ area: at('far.json') }), /no tile is left: .* outside of the area/],
    ['a folder in use', () => ({ out: folder }), /holds something already/],
  ];
  beforeAll(() => {
    const polygon = (coordinates: number[][]) =>
      JSON.stringify({ type: 'Polygon', coordinates: [coordinates] });
    writeFileSync(
      at('metres.json'),
      polygon([
        [X, Y],
        [X + 1, Y],
        [X, Y + 1],
        [X, Y],
      ]),
    );
    writeFileSync(at('point.json'), JSON.stringify({ type: 'Point', coordinates: [1, 2] }));
    writeFileSync(
      at('far.json'),
      polygon([
        [1, 1],
        [2, 1],
        [2, 2],
        [1, 1],
      ]),
    );
  });

  it.each(refused)('is named: %s, and leaves nothing', async (_, options, message) => {
    const out = at(`tiles-${made}`);
    await expect(make(options())).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
    expect(existsSync(`${out}.new.tmp`)).toBe(false);
  });
});

describe('splits', () => {
  const tiles = Array.from({ length: 1200 }, (_, i) => ({ row: Math.floor(i / 30) - 3, column: i % 30 }));
  const shares = new Map([
    ['train', 7],
    ['validate', 2],
    ['test', 1],
  ]);

  it.each([
    ['latitude', 4],
    ['longitude', 3],
    ['blocks', 5],
  ] as const)('by %s keep whole units, near their shares, as the seed draws them', (kind, size) => {
    const splits = assignSplits(tiles, { shares, kind, size, seed: 1 });
    const units = new Map<string, Set<string>>();
    tiles.forEach(({ row, column }, i) => {
      const [down, across] = [Math.floor((row + 3) / size), Math.floor(column / size)];
      const unit = kind === 'latitude' ? `${down}` : kind === 'longitude' ? `${across}` : `${down} ${across}`;
      units.set(unit, (units.get(unit) ?? new Set()).add(splits[i]));
    });
    for (const found of units.values()) expect(found.size).toBe(1);
    for (const [name, share] of shares) {
      const part = splits.filter((split) => split === name).length / 1200;
      expect(Math.abs(part - share / 10)).toBeLessThanOrEqual(1 / units.size);
    }
    expect(assignSplits(tiles, { shares, kind, size, seed: 1 })).toEqual(splits);
    expect(assignSplits(tiles, { shares, kind, size, seed: 2 })).not.toEqual(splits);
  });

  it('need as many bands as splits', () => {
    expect(() => assignSplits(tiles, { shares, kind: 'latitude', size: 20, seed: 0 })).toThrow(
      '1200 tiles lie in 2 bands of 20 tiles, fewer than the 3 splits',
    );
  });
});

it('the command reads a folder of scenes and says what it made', async () => {
  const said: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  const out = at('by-command');
  const sizes = [
    '--size',
    '10',
    '--max-missing',
    '0.5',
    '--split',
    'train=0.5,validate=0.5',
    '--split-by',
    'longitude',
  ];
  await tile(['--scenes', at('half.tif'), '--out', out, ...sizes]);
  log.mockRestore();
  expect(said).toEqual([
    `20 tiles in ${out}: train 10 (50.0 %), validate 10 (50.0 %); catalog.csv, map.svg, map.png`,
    '15 tiles left out: more of them is missing than --max-missing',
  ]);
});
