import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeGeoTiff, encodeGeoTiff, type GeoTiffInput } from 'diffusion-ssl/data';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sar } from '../src/commands/sar.js';
import { tile } from '../src/commands/tile.js';
import { dateIn } from '../src/sar/dateIn.js';
import { seasonOf } from '../src/sar/seasons.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sar-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];

beforeAll(() => {
  for (const name of ['log', 'error', 'warn'] as const)
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const [WIDTH, HEIGHT] = [24, 20];

/** A value by its place and band. */
type Value = (row: number, column: number, band: number) => number;

/** Writes a scene 10 m a pixel, its corner so many pixels from that of the others. */
function write(
  name: string,
  value: Value,
  { left = 0, ...given }: Partial<GeoTiffInput> & { left?: number } = {},
) {
  const { width = WIDTH, height = HEIGHT, bands = 2 } = given;
  const data = Float32Array.from({ length: width * height * bands }, (_, i) => {
    const pixel = Math.floor(i / bands);
    return value(Math.floor(pixel / width), pixel % width, i % bands);
  });
  const transform: GeoTiffInput['transform'] = [10, 0, 500_000 + 10 * left, 0, -10, 4_600_000];
  mkdirSync(path.dirname(at(name)), { recursive: true });
  const bandNames = bands === 2 ? ['VV', 'VH'] : undefined;
  writeFileSync(
    at(name),
    encodeGeoTiff({ epsg: 32633, transform, bandNames, ...given, width, height, bands, data }),
  );
  return at(name);
}

/** VV and VH in decibels: a plane whose height is the scene's. */
const plane =
  (height: number): Value =>
  (row, column, band) =>
    height + 0.1 * row + 0.2 * column - 7 * band;
const linear =
  (value: Value): Value =>
  (...place) =>
    10 ** (value(...place) / 10);

async function composite(out: string, ...args: string[]) {
  await sar(['--out', at(out), ...args]);
  expect(process.exitCode, said.join('\n')).toBeUndefined();
  return decodeGeoTiff(readFileSync(at(out)));
}

async function failure(...args: string[]) {
  await sar(['--out', at('none.tif'), ...args]);
  expect(process.exitCode).toBe(1);
  expect(existsSync(at('none.tif'))).toBe(false);
  return said.at(-1);
}

describe('sar', () => {
  const year = ['20190115', '20190220', '20190410', '20190701', '20191003'];

  beforeAll(() => {
    for (const [i, date] of year.entries()) {
      const value = plane(-12 - i);
      // Every second one is intensity, and one has its polarizations in two files.
      const own = i % 2 === 0 ? value : linear(value);
      if (i === 3) {
        for (const [band, name] of ['VV', 'VH'].entries())
          write(`year/S1A_IW_${date}T165043_${name}.tif`, (r, c) => own(r, c, band), { bands: 1 });
      } else write(`year/S1A_IW_${date}T165043.tif`, own);
    }
  });

  it('makes means of VV, VH and their difference of each season, whatever the unit of a scene', async () => {
    const { data, bandNames, width, height, dtype, transform } = await composite(
      'year.tif',
      '--scenes',
      at('year'),
    );
    expect([width, height, dtype]).toEqual([WIDTH, HEIGHT, 'float32']);
    expect(transform).toEqual([10, 0, 500_000, 0, -10, 4_600_000]);
    expect(bandNames).toEqual(
      ['DJF', 'MAM', 'JJA', 'SON'].flatMap((season) =>
        ['VV', 'VH', 'VV-VH'].map((what) => `${what}_${season}`),
      ),
    );
    // Winter is the mean of two.
    for (const [season, height] of [-12.5, -14, -15, -16].entries()) {
      for (const [row, column] of [
        [0, 0],
        [7, 19],
        [HEIGHT - 1, WIDTH - 1],
      ]) {
        const from = (row * WIDTH + column) * 12 + season * 3;
        const vv = plane(height)(row, column, 0);
        for (const [k, expected] of [vv, vv - 7, 7].entries())
          expect(data[from + k]).toBeCloseTo(expected, 4);
      }
    }
    expect(said.join('\n')).toMatch(/DJF: 2 scenes, 100\.0 % of the pixels/);
    expect(said.join('\n')).toMatch(/scenes in decibels: 3, in linear intensity: 2/);
  });

  it('takes means of intensities where that is asked, and only of the dates that are', async () => {
    const { data } = await composite('mean.tif', '--scenes', at('year'), '--average', 'linear');
    const mean = 10 * Math.log10((10 ** -1.2 + 10 ** -1.3) / 2);
    expect(data[0]).toBeCloseTo(mean, 4);
    const later = ['--from', '2019-02-20', '--to', '2019-07-01', '--seasons', 'djf,jja'];
    const part = await composite('part.tif', '--scenes', at('year'), ...later);
    expect(part.bands).toBe(6);
    expect([part.data[0], part.data[3]].map((value) => Math.round(value * 1e3) / 1e3)).toEqual([-13, -15]);
  });

  it('leaves out what is missing in a scene, and the border around it', async () => {
    const zero: Value = (row, column, band) => (column < 4 ? 0 : linear(plane(-11))(row, column, band));
    const minus: Value = (row, column, band) =>
      row === HEIGHT - 1 && column === 12 && band === 1
        ? Number.NEGATIVE_INFINITY
        : plane(-13)(row, column, band);
    write('holes/a_20190601.tif', zero);
    write('holes/b_20190602.tif', minus);
    const pixel = async (out: string, border: string) => {
      const { data, valid } = await composite(
        out,
        ...['--scenes', at('holes'), '--seasons', 'JJA', '--border', border],
      );
      return (row: number, column: number) => {
        const i = (row * WIDTH + column) * 3;
        const isMissing = valid?.[i] === 0 || Number.isNaN(data[i]);
        return isMissing ? undefined : Math.round((data[i] - plane(0)(row, column, 0)) * 1e3) / 1e3;
      };
    };
    const none = await pixel('holes0.tif', '0');
    expect([none(5, 3), none(5, 4), none(HEIGHT - 1, 12), none(HEIGHT - 1, 11)]).toEqual([
      -13, -12, -11, -12,
    ]);
    const two = await pixel('holes2.tif', '2');
    expect([two(5, 5), two(5, 6), two(HEIGHT - 3, 10), two(HEIGHT - 4, 10), two(0, 23)]).toEqual([
      -13, -12, -11, -12, -12,
    ]);
    // Where nothing is left, nothing is made up.
    rmSync(at('holes/b_20190602.tif'));
    const alone = await pixel('alone.tif', '2');
    expect([alone(5, 5), alone(5, 6)]).toEqual([undefined, -11]);
    expect(said.join('\n')).toMatch(/JJA: 1 scenes, 75\.0 % of the pixels/);
  });

  it('reaches as far as all scenes, on the grid of the first, and no farther than an area', async () => {
    write('wide/a_2020-01-01.tif', plane(-12));
    write('wide/b_2020-01-02.tif', plane(-12), { left: 20.5 });
    const all = ['--scenes', at('wide'), '--seasons', 'DJF'];
    const { width, height, data, valid } = await composite('wide.tif', ...all);
    expect([width, height]).toEqual([45, HEIGHT]);
    // Between two pixels of the second scene.
    const i = (3 * width + 40) * 3;
    expect(valid?.[i] ?? 1).toBe(1);
    expect(data[i]).toBeCloseTo(plane(-12)(3, 19.5, 0), 4);
    const [west, east, south, north] = [15.0002, 15.001, 41.5505, 41.5508];
    const ring = [
      [west, south],
      [east, south],
      [east, north],
      [west, south],
    ];
    writeFileSync(at('area.json'), JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
    const part = await composite('area.tif', ...all, '--area', at('area.json'));
    expect(part.width).toBeLessThan(12);
    expect(part.transform![2]).toBe(500_010);
  });

  it('counts each pixel once, though the last windows reach back over those before', async () => {
    const half: Value = (row, column, band) => (column < 150 ? 0 : linear(plane(-60))(row, column, band));
    write('large/20190101.tif', half, { width: 300, height: 270 });
    await composite('large.tif', '--scenes', at('large'), '--seasons', 'DJF', '--border', '0');
    expect(said.join('\n')).toMatch(/DJF: 1 scenes, 50\.0 % of the pixels/);
  });

  it('reads a catalog with its dates, of two columns of rasters too', async () => {
    for (const [band, name] of ['VV', 'VH'].entries())
      write(`listed/${name}.tif`, (r, c) => plane(-9)(r, c, band), { bands: 1 });
    const rows = ['vv,vh,usage,date', 'VV.tif,VH.tif,train,2021-07-01T05:00:00Z'];
    writeFileSync(at('listed.csv'), `${rows.join('\n')}\n`);
    const source = ['--catalog', at('listed.csv'), '--data', at('listed'), '--image-columns', 'vv,vh'];
    const { data } = await composite('listed.tif', ...source, '--seasons', 'JJA');
    expect([...data.slice(0, 3)].map(Math.round)).toEqual([-9, -16, 7]);
    expect(await failure(...source, '--date-column', 'day')).toMatch(/no column 'day' \(--date-column\)/);
    writeFileSync(at('listed.csv'), `${rows.join('\n').replace('2021-07-01', '2021-07-32')}\n`);
    expect(await failure(...source)).toMatch(/line 2, column 'date': '2021-07-32T.* is no date/);
  });

  it('leaves what tile cuts', async () => {
    await tile(['--scenes', at('year.tif'), '--size', '8', '--out', at('tiles'), '--split', 'train=1']);
    expect(process.exitCode).toBeUndefined();
    const [name] = readdirSync(at('tiles/images'));
    const { bands, bandNames, width } = await decodeGeoTiff(readFileSync(at('tiles/images', name)));
    expect([bands, width, bandNames?.[11]]).toEqual([12, 8, 'VV-VH_SON']);
  });

  it('says what is wrong with scenes, and leaves nothing', async () => {
    expect(await failure('--scenes', at('year'), '--from', '2019-03-01')).toMatch(
      /No scene of DJF; found: DJF 0, MAM 1, JJA 1, SON 1\. .*--seasons/,
    );
    write('undated/scene.tif', plane(-12));
    expect(await failure('--scenes', at('undated/scene.tif'))).toMatch(/tell a date such as 20170613/);
    write('half/20190101_VV.tif', plane(-12), { bands: 1 });
    expect(await failure('--scenes', at('half'))).toMatch(/is VV by its name, and there is no VH/);
    write('numbers/20190101.tif', (r, c) => 100 + r + c);
    const numbers = ['--scenes', at('numbers'), '--seasons', 'DJF'];
    expect(await failure(...numbers)).toMatch(/20190101\.tif: .* neither decibels nor intensities.* --units/);
    write('empty/20190101.tif', () => 0);
    expect(await failure('--scenes', at('empty'), '--seasons', 'DJF')).toMatch(/nearly all of it is missing/);
    write('bands/20190101.tif', plane(-12), { bandNames: ['a', 'b'] });
    expect(await failure('--scenes', at('bands'), '--seasons', 'DJF')).toMatch(/--input-bands/);
    write('apart/a_20190101.tif', plane(-12));
    write('apart/b_20190101.tif', plane(-12), { left: 5000 });
    expect(await failure('--scenes', at('apart'), '--seasons', 'DJF')).toMatch(/far apart.*--area/);
    expect(await failure('--scenes', at('nowhere'))).toMatch(/nowhere: there is no such file or folder/);
    writeFileSync(at('none.tif'), 'kept');
    await sar(['--out', at('none.tif'), '--scenes', at('year')]);
    expect(said.at(-1)).toMatch(/none\.tif is there already/);
    expect(readFileSync(at('none.tif'), 'utf8')).toBe('kept');
    rmSync(at('none.tif'));
  });
});

it('finds dates in the names of products', () => {
  expect(dateIn('S1A_IW_GRDH_1SDV_20170613T165043_20170613T165108_017023_01C5A5')).toBe('2017-06-13');
  expect(dateIn('s1b-iw-grd-vv-20201231t054501-20201231t054526')).toBe('2020-12-31');
  expect([dateIn('orbit_00201913_20190431'), dateIn('2019-0102'), dateIn('tile_123456789')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(['2019-12-01', '2019-02-28', '2019-03-01', '2019-11-30'].map(seasonOf)).toEqual([
    'DJF',
    'DJF',
    'MAM',
    'SON',
  ]);
});
