import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { readCatalog } from 'diffusion-ssl/data/node';
import { encode } from 'fast-png';
import proj4 from 'proj4';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeSmallBenGe, type SmallBenGe } from '../../smallBenGe.js';
import { corineNumbers } from '../src/catalogs/corine.js';
import { stackBands } from '../src/catalogs/stackBands.js';
import { wktRings } from '../src/catalogs/wktRings.js';
import { catalog } from '../src/commands/catalog.js';

const folder = mkdtempSync(path.join(tmpdir(), 'catalogs-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
const read = async (...names: string[]) => decodeGeoTiff(readFileSync(at(...names)));
let small: SmallBenGe;

beforeAll(() => {
  for (const name of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(100);
  small = makeSmallBenGe(at('ben-ge'), 10);
});
beforeEach(() => {
  process.exitCode = undefined;
  said.length = 0;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** A command says why it ends, and leaves nothing. */
async function expectRefused(args: string[], message: RegExp): Promise<void> {
  await catalog([...args, '--out', at('never')]);
  expect(said.at(-1)).toMatch(message);
  expect(process.exitCode).toBe(1);
  expect(existsSync(at('never'))).toBe(false);
}
/** A copy of the small folder, changed. */
function changed(name: string, change: (at: (...names: string[]) => string) => void): string {
  cpSync(at('ben-ge'), at(name), { recursive: true });
  change((...names) => at(name, ...names));
  return at(name);
}

describe('catalog benge', () => {
  it('has each modality as a raster and as columns', async () => {
    await catalog([
      'benge',
      at('ben-ge'),
      '--out',
      at('made'),
      '--subset',
      'ben-ge-0.4',
      '--as-bands',
      'season,climatezone',
    ]);
    expect(process.exitCode).toBeUndefined();
    const rows = await readCatalog(at('made', 'catalog.csv'), {
      imageColumns: ['s2', 's1', 'elevation', 'worldcover'],
    });
    expect(rows).toHaveLength(10);
    expect(rows.filter(({ usage }) => usage === 'train')).toHaveLength(6);
    const [, , , { usage, values }] = rows.toSorted((a, b) => {
      return small.patches.indexOf(a.values.patch_id) - small.patches.indexOf(b.values.patch_id);
    });
    expect(usage).toBe('validate');
    expect(values).toMatchObject({
      patch_id: small.patches[3],
      climatezone: '15',
      labels: '8 17',
      month: '4',
      day: '15',
    });
    expect(values).toMatchObject({ humidity: '70', humidity_s1: '72', wind_u: '1.5', pressure: '950' });
    expect(values.worldcover_main).toBe('tree cover');
    const s2 = await read('made', values.s2);
    expect(s2).toMatchObject({ width: 120, height: 120, bands: 12, dtype: 'uint16', epsg: 32633 });
    expect(s2.bandNames).toEqual([
      'B01',
      'B02',
      'B03',
      'B04',
      'B05',
      'B06',
      'B07',
      'B08',
      'B8A',
      'B09',
      'B11',
      'B12',
    ]);
    const fine = await read('ben-ge', 'sentinel-2', values.patch_id, `${values.patch_id}_B03.tif`);
    expect(Array.from({ length: 14400 }, (_, i) => s2.data[12 * i + 2])).toEqual([...fine.data]);
    const s1 = await read('made', values.s1);
    expect(s1).toMatchObject({ bands: 2, bandNames: ['VV', 'VH'], dtype: 'float32' });
    expect(Math.max(...(s1.data as Float32Array))).toBeLessThan(0);
    const elevation = await read('made', values.elevation);
    const mean = Array.from(elevation.data as Int16Array).reduce((a, b) => a + b, 0) / 14400;
    expect(Number(values.elevation_mean)).toBeCloseTo(mean, 1);
    // Classes by number: tree cover 0, grassland 2, bare 5, water 7.
    const cover = await read('made', values.worldcover);
    const dem = Array.from(elevation.data as Int16Array);
    const expected = dem.map((h) => (h < 250 ? 7 : h < 700 ? 0 : h < 1100 ? 2 : 5));
    const other = expected.filter((number, i) => number !== cover.data[i]).length;
    // Heights are rounded there.
    expect(other).toBeLessThan(50);
    expect(cover.nodata).toBe(255);
    const scalars = await read('made', values.scalars);
    expect(scalars.bandNames).toEqual(['season', 'climatezone']);
    expect([...scalars.data.slice(-2)]).toEqual([Math.fround(Number(values.season)), 15]);
    const classes = JSON.parse(readFileSync(at('made', 'classes.json'), 'utf8'));
    expect(classes.labels).toHaveLength(19);
    expect(classes.worldcover[7]).toBe('permanent water bodies');
  });

  it('takes the nested split, the bands and the rasters that are asked for', async () => {
    const flags = ['--subset', 'ben-ge-0.2', '--rasters', 's2', '--bands', 'b08,B04,B11'];
    await catalog(['benge', at('ben-ge'), '--out', at('some'), ...flags]);
    const rows = await readCatalog(at('some', 'catalog.csv'), { imageColumns: ['s2'] });
    expect(rows).toHaveLength(5);
    expect(Object.keys(rows[0].values)).not.toContain('s1');
    expect((await read('some', rows[0].images[0])).bandNames).toEqual(['B08', 'B04', 'B11']);
  });

  it('splits by place where there are no lists, whole blocks to one', async () => {
    const unsplit = changed('unsplit', (file) => rmSync(file('splits'), { recursive: true }));
    await catalog(['benge', unsplit, '--out', at('placed'), '--rasters', 'elevation', '--block', '30']);
    const rows = await readCatalog(at('placed', 'catalog.csv'), { imageColumns: ['elevation'] });
    expect(new Set(rows.map(({ usage }) => usage))).toEqual(new Set(['train', 'validate', 'test']));
    await expectRefused(
      ['benge', unsplit, '--rasters', 'elevation', '--block', '9000'],
      /fewer than the 3 splits.*--block/,
    );
  });

  it('takes climate zones from the table of all patches too', async () => {
    const joined = changed('joined', (file) => {
      rmSync(file('ben-ge_climatezones.csv'));
      const lines = readFileSync(file('ben-ge_meta.csv'), 'utf8').trimEnd().split('\n');
      writeFileSync(
        file('ben-ge_meta.csv'),
        lines.map((line, i) => `${line},${i === 0 ? 'climatezone' : 7}`).join('\n'),
      );
    });
    await catalog([
      'benge',
      joined,
      '--out',
      at('zones'),
      '--rasters',
      'elevation',
      '--subset',
      'ben-ge-0.2',
    ]);
    const [row] = await readCatalog(at('zones', 'catalog.csv'), { imageColumns: ['elevation'] });
    expect(row.values.climatezone).toBe('7');
  });

  it('names the file or table that is missing', async () => {
    const all = ['--subset', 'ben-ge-0.4'];
    const [first, second] = small.patches;
    const holed = changed('holed', (file) => rmSync(file('sentinel-2', second, `${second}_B09.tif`)));
    await expectRefused(['benge', holed, ...all], new RegExp(`there is no ${second}_B09\\.tif`));
    await catalog(['benge', holed, ...all, '--out', at('skipped'), '--on-missing', 'skip']);
    expect(said.join('\n')).toContain(`left out: ${holed}: there is no ${second}_B09.tif`);
    expect(await readCatalog(at('skipped', 'catalog.csv'), { imageColumns: ['s2'] })).toHaveLength(9);

    await expectRefused(
      ['benge', changed('a', (file) => rmSync(file('ben-ge_meta.csv'))), ...all],
      /no ben-ge_meta\.csv/,
    );
    const cut = changed('b', (file) => {
      const text = readFileSync(file('ben-ge_era-5.csv'), 'utf8');
      writeFileSync(
        file('ben-ge_era-5.csv'),
        text
          .split('\n')
          .filter((line) => !line.startsWith(second))
          .join('\n'),
      );
    });
    await expectRefused(['benge', cut, ...all], new RegExp(`ben-ge_era-5\\.csv has no row of ${second}`));
    const renamed = changed('c', (file) => {
      const text = readFileSync(file('ben-ge_era-5.csv'), 'utf8');
      writeFileSync(file('ben-ge_era-5.csv'), text.replace('relhumidity_s2', 'humidity'));
    });
    await expectRefused(['benge', renamed, ...all], /has no column 'relhumidity_s2'; it has patch_id, /);
    await expectRefused(
      ['benge', at('ben-ge')],
      /several splits: choose one by --subset; it has ben-ge-0\.2, ben-ge-0\.4/,
    );
    await expectRefused(
      ['benge', at('ben-ge'), '--subset', 'ben-ge-0.6'],
      /no ben-ge-0\.6_train\.csv; it has ben-ge-0\.2/,
    );
    const twice = changed('d', (file) => {
      writeFileSync(file('splits', 'ben-ge-0.4_val.csv'), `${first}\n`);
    });
    await expectRefused(
      ['benge', twice, ...all],
      new RegExp(`ben-ge-0\\.4_val\\.csv: ${first} is in the split train too`),
    );
    await expectRefused(
      ['benge', at('ben-ge'), ...all, '--as-bands', 'labels'],
      /--as-bands names labels, which is no number/,
    );
    const bright = changed('e', (file) => {
      const name = file('esaworldcover', `${first}_esaworldcover.tif`);
      writeFileSync(name, encodeGeoTiff({ width: 1, height: 1, bands: 1, data: Uint8Array.of(15) }));
    });
    await expectRefused(['benge', bright, ...all], /15 is no class of WorldCover; these are 10, 20/);
  });
});

describe('a table of ben-ge that is wrong', () => {
  const all = ['--subset', 'ben-ge-0.4', '--rasters', 'elevation'];
  const edited = (name: string, table: string, edit: (text: string) => string) =>
    changed(name, (file) => writeFileSync(file(table), edit(readFileSync(file(table), 'utf8'))));

  it('is refused', async () => {
    const [first] = small.patches;
    const twice = edited('twice', 'ben-ge_climatezones.csv', (text) => `${text.trimEnd()}\n${first},29\n`);
    await expectRefused(
      ['benge', twice, ...all],
      new RegExp(`zones\\.csv has two rows of ${first} that differ`),
    );
    const outside = edited('outside', 'ben-ge_meta.csv', (text) => text.replace(first, '../../x'));
    await expectRefused(
      ['benge', outside, ...all],
      /ben-ge_meta\.csv: '\.\.\/\.\.\/x' is no name of a patch/,
    );
    const nowhere = edited('nowhere', 'ben-ge_meta.csv', (text) =>
      text.replace(/^(S2.*),[^,]*,[^,]*$/m, '$1,,50'),
    );
    rmSync(path.join(nowhere, 'splits'), { recursive: true });
    await expectRefused(
      ['benge', nowhere, '--rasters', 'elevation'],
      new RegExp(`lon of ${first} is '', which is no number`),
    );
  });

  it('leaves the mean of an elevation without data open', async () => {
    const [first, second] = small.patches;
    const write = (file: string, data: Int16Array) =>
      writeFileSync(file, encodeGeoTiff({ width: 2, height: 1, bands: 1, data, nodata: -999 }));
    const flat = changed('flat', (file) => {
      write(file('dem', `${first}_dem.tif`), Int16Array.of(-999, -999));
      write(file('dem', `${second}_dem.tif`), Int16Array.of(-999, 7));
    });
    await catalog(['benge', flat, ...all, '--out', at('flat-made')]);
    const rows = await readCatalog(at('flat-made', 'catalog.csv'), { imageColumns: ['elevation'] });
    const mean = (patch: string) =>
      rows.find(({ values }) => values.patch_id === patch)!.values.elevation_mean;
    expect([mean(first), mean(second)]).toEqual(['', '7.0']);
  });
});

describe('catalog bigearthnet', () => {
  it('pairs both sensors, and knows place and season', async () => {
    await catalog(['bigearthnet', at('ben-ge'), '--out', at('pairs')]);
    expect(process.exitCode).toBeUndefined();
    const rows = await readCatalog(at('pairs', 'catalog.csv'), { imageColumns: ['s2', 's1'] });
    expect(rows).toHaveLength(10);
    const row = rows.find(({ values }) => values.patch_id === small.patches[6])!;
    expect(row.images).toEqual([`s2/${small.patches[6]}.tif`, `s1/${small.sentinel1[6]}.tif`]);
    expect(row.values.labels).toBe('8 17');
    const [lon, lat] = proj4('EPSG:32633', 'EPSG:4326', [400_000 + 24_000 + 600, 5_400_000 - 24_000 - 600]);
    expect(Number(row.values.lon)).toBeCloseTo(lon, 4);
    expect(Number(row.values.lat)).toBeCloseTo(lat, 4);
    // 15 July is 24 days behind the solstice.
    expect(Number(row.values.season)).toBeCloseTo(Math.cos((Math.PI * 24) / 365.25), 1);
  });

  it('takes Sentinel-1 alone, and lists of splits', async () => {
    mkdirSync(at('lists'), { recursive: true });
    for (const [i, name] of ['train', 'val', 'test'].entries())
      writeFileSync(at('lists', `${name}.csv`), `${small.patches[i]},${small.sentinel1[i]}\n`);
    await catalog(['bigearthnet', at('ben-ge'), '--out', at('listed'), '--splits', at('lists')]);
    const rows = await readCatalog(at('listed', 'catalog.csv'), { imageColumns: ['s2'] });
    expect(rows.map(({ values, usage }) => [values.patch_id, usage]).sort()).toEqual(
      small.patches
        .slice(0, 3)
        .map((patch, i) => [patch, ['train', 'validate', 'test'][i]])
        .sort(),
    );
    expect(said.join('\n')).toContain('7 patches are in none of the splits');
    await catalog(['bigearthnet', at('ben-ge', 'sentinel-1'), '--out', at('radar')]);
    const [radar] = await readCatalog(at('radar', 'catalog.csv'), { imageColumns: ['s1'] });
    expect(Object.keys(radar.values)).not.toContain('s2');
    await expectRefused(['bigearthnet', at('lists')], /holds no patch: a folder such as S2A_/);
  });

  it('refuses radar that is not in dB', async () => {
    const linear = changed('linear', (file) => {
      for (const band of ['VV', 'VH']) {
        const name = file('sentinel-1', small.sentinel1[0], `${small.sentinel1[0]}_${band}.tif`);
        writeFileSync(name, encodeGeoTiff({ width: 1, height: 1, bands: 1, data: Float32Array.of(0.1) }));
      }
    });
    await expectRefused(['bigearthnet', path.join(linear, 'sentinel-1')], /no value is below 0, as in dB/);
  });
});

describe('catalog xbd', () => {
  const square = (x: number, y: number, side: number) =>
    `POLYGON ((${x} ${y}, ${x + side} ${y}, ${x + side} ${y + side}, ${x} ${y + side}, ${x} ${y}))`;
  const metadata = {
    width: 32,
    height: 32,
    disaster: 'hurricane-x',
    disaster_type: 'wind',
    gsd: 1.25,
    capture_date: '2018-09-05T10:00:00.000Z',
  };
  /** An image with two buildings, one of them with a yard, and one that nobody graded. */
  function writePair(root: string, number: number, { split = 'train' } = {}): string {
    const name = `hurricane-x_0000000${number}`;
    for (const one of ['images', 'labels']) mkdirSync(at(root, split, one), { recursive: true });
    for (const [i, moment] of ['pre', 'post'].entries()) {
      const data = new Uint8Array(32 * 32 * 3).fill(50 + 40 * i + number);
      writeFileSync(
        at(root, split, 'images', `${name}_${moment}_disaster.png`),
        encode({ width: 32, height: 32, data, channels: 3 }),
      );
    }
    const building = (wkt: string, subtype?: string) => ({
      wkt,
      properties: { feature_type: 'building', subtype, uid: wkt },
    });
    const yard = 'POLYGON ((4 4, 12 4, 12 12, 4 12, 4 4), (6 6, 10 6, 10 10, 6 10, 6 6))';
    const features = {
      xy: [
        building(yard, 'destroyed'),
        building(square(20, 2, 5), 'minor-damage'),
        building(square(2, 20, 4), 'un-classified'),
      ],
      lng_lat: [{ wkt: square(-77 + number, 34, 0.0001), properties: {} }],
    };
    writeFileSync(
      at(root, split, 'labels', `${name}_post_disaster.json`),
      JSON.stringify({ features, metadata }),
    );
    return name;
  }

  it('has images before and after, the damage, the buildings and the kind of disaster', async () => {
    const names = [0, 1, 2, 3].map((i) => writePair('xbd', i));
    writePair('xbd', 4, { split: 'hold' });
    writePair('xbd', 5, { split: 'test' });
    await catalog(['xbd', at('xbd'), '--out', at('damage')]);
    expect(process.exitCode).toBeUndefined();
    const rows = await readCatalog(at('damage', 'catalog.csv'), { imageColumns: ['before', 'after'] });
    expect(rows.map(({ usage }) => usage).sort()).toEqual([
      'test',
      'train',
      'train',
      'train',
      'train',
      'validate',
    ]);
    const { images, values } = rows.find((row) => row.values.name === names[1])!;
    expect(values).toMatchObject({
      disaster: 'hurricane-x',
      disaster_type: 'wind',
      gsd: '1.250',
      year: '2018',
      month: '9',
      day: '5',
    });
    expect(readFileSync(at('damage', images[1]))).toEqual(
      readFileSync(at('xbd', 'train', 'images', `${names[1]}_post_disaster.png`)),
    );
    const mask = await read('damage', values.label);
    const count = (value: number) =>
      Array.from(mask.data as Uint8Array).filter((one) => one === value).length;
    expect([count(4), count(2), count(255), count(1), count(3)]).toEqual([64 - 16, 25, 16, 0, 0]);
    expect([mask.data[5 * 32 + 5], mask.data[8 * 32 + 8], mask.data[4 * 32 + 22]]).toEqual([4, 0, 2]);
    const buildings = await read('damage', values.buildings);
    expect([buildings.data[5 * 32 + 5], buildings.data[4 * 32 + 22], buildings.data[22 * 32 + 3]]).toEqual([
      1, 2, 3,
    ]);
  });

  it('splits by place where no folder is for validation', async () => {
    for (let i = 0; i < 6; i++) writePair('alone', i);
    await catalog(['xbd', at('alone'), '--out', at('alone-made'), '--split', 'train=0.5,validate=0.5']);
    const rows = await readCatalog(at('alone-made', 'catalog.csv'), { imageColumns: ['before'] });
    expect(rows.filter(({ usage }) => usage === 'validate')).toHaveLength(3);
  });

  it('follows links, and refuses two pairs of one name', async () => {
    for (let i = 0; i < 3; i++) writePair('linked', i);
    const name = writePair('linked', 3);
    const image = at('linked', 'train', 'images', `${name}_post_disaster.png`);
    const content = readFileSync(image);
    renameSync(image, at('linked', 'stored.png'));
    symlinkSync('../../stored.png', image);
    await catalog(['xbd', at('linked'), '--out', at('linked-made')]);
    expect(process.exitCode).toBeUndefined();
    expect(readFileSync(at('linked-made', 'after', `${name}.png`))).toEqual(content);
    writePair('linked', 3, { split: 'test' });
    await expectRefused(
      ['xbd', at('linked')],
      /test\/images\/hurricane-x_00000003_pre.* and .*train.*00000003_pre.* have one name/,
    );
  });

  it('names what is missing or wrong', async () => {
    const name = writePair('broken', 0);
    const json = at('broken', 'train', 'labels', `${name}_post_disaster.json`);
    const good = readFileSync(json, 'utf8');
    writeFileSync(json, good.replace('destroyed', 'smashed'));
    await expectRefused(
      ['xbd', at('broken')],
      /features\.xy\.0: the damage is 'smashed'; it must be one of no-damage/,
    );
    writeFileSync(json, good.replace('POLYGON ((4 4, 12 4', 'LINESTRING ((4 4, 12 4'));
    await expectRefused(['xbd', at('broken')], /features\.xy\.0: 'LINESTRING .*' is no polygon in WKT/);
    writeFileSync(json, good.replace('"width":32', '"width":"wide"'));
    await expectRefused(['xbd', at('broken')], /post_disaster\.json: metadata\.width is "?'?wide/);
    rmSync(json);
    await expectRefused(['xbd', at('broken')], /post_disaster\.json is missing/);
    rmSync(at('broken', 'train', 'images', `${name}_post_disaster.png`));
    await expectRefused(['xbd', at('broken')], /post_disaster\.png is missing/);
    await expectRefused(['xbd', at('lists')], /holds no pair of images/);
  });
});

describe('its parts', () => {
  it('bring coarser bands to the finest grid as GDAL interpolates', async () => {
    const write = (name: string, side: number, data: Uint16Array) => {
      const metres = 120 / side;
      const transform: [number, number, number, number, number, number] = [metres, 0, 1000, 0, -metres, 2000];
      writeFileSync(
        at(name),
        encodeGeoTiff({ width: side, height: side, bands: 1, data, epsg: 32633, transform }),
      );
      return { name, file: at(name) };
    };
    const fine = write(
      'fine.tif',
      4,
      Uint16Array.from({ length: 16 }, (_, i) => i),
    );
    const coarse = write('coarse.tif', 2, Uint16Array.of(0, 100, 200, 300));
    await stackBands([coarse, fine], at('stack.tif'));
    const { data, bandNames } = await read('stack.tif');
    expect(bandNames).toEqual(['coarse.tif', 'fine.tif']);
    const band = (k: number) => Array.from({ length: 16 }, (_, i) => data[2 * i + k]);
    expect(band(0)).toEqual([0, 25, 75, 100, 50, 75, 125, 150, 150, 175, 225, 250, 200, 225, 275, 300]);
    expect(band(1)).toEqual([...Array(16).keys()]);
    const odd = write('odd.tif', 3, new Uint16Array(9));
    await expect(stackBands([fine, odd], at('never.tif'))).rejects.toThrow(
      /odd\.tif has 3 × 3 pixels, .*fine\.tif 4 × 4/,
    );
    writeFileSync(
      at('moved.tif'),
      encodeGeoTiff({
        width: 2,
        height: 2,
        bands: 1,
        data: new Uint16Array(4),
        epsg: 32633,
        transform: [60, 0, 1060, 0, -60, 2000],
      }),
    );
    await expect(stackBands([fine, { name: 'm', file: at('moved.tif') }], at('never.tif'))).rejects.toThrow(
      /do not cover the same ground/,
    );
  });

  it('refuse bands with missing pixels, and take no value of one band for missing in another', async () => {
    const write = (name: string, data: Uint16Array, nodata?: number) => {
      writeFileSync(at(name), encodeGeoTiff({ width: 2, height: 1, bands: 1, data, nodata }));
      return { name, file: at(name) };
    };
    const whole = write('whole.tif', Uint16Array.of(0, 5));
    const marked = write('marked.tif', Uint16Array.of(3, 4), 0);
    await stackBands([marked, whole], at('both.tif'));
    expect((await read('both.tif')).valid).toBeNull();
    const holed = write('holed.tif', Uint16Array.of(0, 4), 0);
    await expect(stackBands([holed, whole], at('never.tif'))).rejects.toThrow(
      /holed\.tif has 1 pixels without data/,
    );
  });

  it('number the 19 classes of the 43', () => {
    const numbers = corineNumbers(
      ['Sea and ocean', 'Rice fields', 'Airports', 'Non-irrigated arable land'],
      'x.json',
    );
    expect(numbers).toEqual([2, 18]);
    expect(() => corineNumbers(['Lawn'], 'x.json')).toThrow("x.json: 'Lawn' is no class of CORINE");
  });

  it('read polygons of WKT', () => {
    const [rings, second] = wktRings(
      'MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1)), ((5 5, 6 5, 6 6, 5 5)))',
      'x',
    );
    expect(rings).toHaveLength(2);
    expect(second).toEqual([
      [
        [5, 5],
        [6, 5],
        [6, 6],
        [5, 5],
      ],
    ]);
    expect(() => wktRings('POLYGON ((0 0, 1 x, 2 2))', 'x')).toThrow(
      /x: 'POLYGON .*' has a ring without three corners/,
    );
  });
});
