import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeGeoTiff, decodeRaster, encodeGeoTiff } from 'diffusion-ssl/data';
import { encode } from 'fast-png';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { smoothPixels } from '../../../test/support/chips.js';
import { denoise } from '../src/commands/denoise.js';
import { sample } from '../src/commands/sample.js';
import { tile } from '../src/commands/tile.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { inspectCatalog } from '../src/inspect/inspectCatalog.js';
import { inspectChip } from '../src/inspect/inspectChip.js';
import { reportText } from '../src/inspect/Report.js';
import { pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'other-formats-'));
const at = (...names: string[]) => path.join(folder, ...names);
const imageOf = (name: string) =>
  fileURLToPath(new URL(`../../../test/data/images/${name}`, import.meta.url));
const SIDE = 32;
let said: string[] = [];

/** RGB and alpha, of 8 bits; pixels of the first rows are clear. */
function pixelsOf(i: number): Uint8Array {
  const values = smoothPixels(4, i, [SIDE, SIDE]);
  return Uint8Array.from(values, (value, k) => (k % 4 < 3 ? value / 8 : k < 4 * 3 * SIDE ? 0 : 255));
}

const NETWORK = [
  ...['--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1', '--epochs', '1', '--batch', '2'],
  ...['--timesteps', '20', '--workers', '0', '--downfactor', '1', '--size', '32'],
];
const train = (catalog: string, out: string, ...flags: string[]) =>
  pretrain(
    parsePretrainOptions([
      '--data',
      folder,
      '--catalog',
      at(catalog),
      '--out',
      at(out),
      ...NETWORK,
      ...flags,
    ]),
  );
const statisticsOf = (out: string) => JSON.parse(readFileSync(at(out, 'statistics.json'), 'utf8'));
function catalog(name: string, files: readonly string[]): void {
  const lines = files.map((file, i) => `${file},${i < 4 ? 'train' : 'validate'}`);
  writeFileSync(at(name), `image,usage\n${lines.join('\n')}\n`);
}

beforeAll(async () => {
  for (const method of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const names = Array.from({ length: 6 }, (_, i) => `${i}`);
  for (const name of names) {
    const data = pixelsOf(Number(name));
    writeFileSync(at(`${name}.png`), encode({ width: SIDE, height: SIDE, channels: 4, data }));
    // The same without alpha: the clear pixels have the value that marks them.
    const rgb = data
      .filter((_, k) => k % 4 < 3)
      .map((value, k) => (k < 3 * 3 * SIDE ? 0 : Math.max(1, value)));
    writeFileSync(
      at(`${name}.tif`),
      encodeGeoTiff({ width: SIDE, height: SIDE, bands: 3, data: rgb, nodata: 0 }),
    );
    // Another name than the content asks for.
    copyFileSync(imageOf(Number(name) % 2 === 0 ? '420.jpg' : 'progressive.jpg'), at(`${name}-jpeg.png`));
  }
  catalog(
    'png.csv',
    names.map((name) => `${name}.png`),
  );
  catalog(
    'tif.csv',
    names.map((name) => `${name}.tif`),
  );
  catalog(
    'jpeg.csv',
    names.map((name) => `${name}-jpeg.png`),
  );
  await train('png.csv', 'png');
});
afterEach(() => {
  process.exitCode = undefined;
  said = [];
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('pretrain', () => {
  it('learns from PNGs what it learns from GeoTIFFs: their alpha masks', async () => {
    await train('tif.csv', 'tif');
    const { count, mean, min } = statisticsOf('png');
    expect(count).toEqual(new Array(3).fill(4 * SIDE * (SIDE - 3)));
    expect(statisticsOf('tif')).toMatchObject({ count, mean, min });
    const [png, tif] = ['png', 'tif'].map((run) => readFileSync(at(run, 'model/model.safetensors')));
    expect(png.subarray(-4000)).toEqual(tif.subarray(-4000));
  });

  it('learns from JPEGs by their content, also of windows', async () => {
    await train('jpeg.csv', 'jpeg');
    expect(statisticsOf('jpeg').count).toEqual(new Array(3).fill(4 * SIDE * SIDE));
    await train('jpeg.csv', 'windows', '--windows', 'random', '--windows-per-scene', '2');
    expect(statisticsOf('windows').count).toEqual(new Array(3).fill(4 * SIDE * SIDE));
  });

  it('names PNGs and JPEGs that are cut short, or claim what cannot be', async () => {
    const png = readFileSync(at('1.png'));
    writeFileSync(at('cut.png'), png.subarray(0, png.length - 20));
    const jpeg = readFileSync(imageOf('420.jpg'));
    writeFileSync(at('cut.jpg'), jpeg.subarray(0, jpeg.length - 20));
    const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    jpeg.set([0xea, 0x60, 0xea, 0x60], frame + 5);
    writeFileSync(at('bomb.jpg'), jpeg);
    copyFileSync(imageOf('cmyk.jpg'), at('cmyk.jpg'));
    const validation = ['4.png', 'cut.png', '5.png', 'cut.jpg', 'bomb.jpg', '0.tif', 'cmyk.jpg'];
    catalog('bad.csv', ['0.png', '1.png', '2.png', '3.png', ...validation]);
    await train('bad.csv', 'skipping', '--on-bad-chip', 'skip');
    const skipped = readFileSync(at('skipping', 'skipped.txt'), 'utf8');
    expect(skipped).toMatch(/cut\.png: cannot be read as a PNG: it is cut short/);
    expect(skipped).toMatch(/cut\.jpg: cannot be read as a JPEG: it is cut short/);
    expect(skipped).toMatch(/bomb\.jpg: cannot be read as a JPEG: .*60000 × 60000 pixels/);
    expect(skipped).toMatch(/cmyk\.jpg: cannot be read as a JPEG: .*CMYK/);
    catalog('first.csv', ['cmyk.jpg', '1.png', '2.png', '3.png', '4.png', '5.png']);
    await expect(train('first.csv', 'never')).rejects.toThrow(
      /bad chip .*cmyk\.jpg: .* JPEG of four colours, CMYK/,
    );
  });

  it('says that values are places in a palette', async () => {
    catalog(
      'palette.csv',
      new Array(6).fill(0).map((_, i) => `palette-${i}.png`),
    );
    for (let i = 0; i < 6; i++) copyFileSync(imageOf('palette-8.png'), at(`palette-${i}.png`));
    await train('palette.csv', 'palette');
    expect(said).toContainEqual(expect.stringMatching(/palette-0\.png: Its values are places in a palette/));
  });
});

describe('sample --from and denoise', () => {
  it('read a PNG as the GeoTIFF of its values, and write GeoTIFFs', async () => {
    const flags = ['--t', '5', '--out', at('clean')];
    await denoise([at('png'), at('0.png'), ...flags]);
    await denoise([at('png'), at('1.png'), ...flags]);
    const clean = await decodeGeoTiff(readFileSync(at('clean', '0.tif')));
    expect(clean).toMatchObject({ bands: 3, dtype: 'float32', height: SIDE });
    await denoise([at('png'), at('0.tif'), '--t', '5', '--out', at('clean-tif')]);
    const { data } = await decodeGeoTiff(readFileSync(at('clean-tif', '0.tif')));
    expect([...clean.data]).toEqual([...data]);
    await sample([at('png'), '--from', at('0.png'), '--count', '1', '--steps', '4', '--out', at('drawn')]);
    expect((await decodeRaster(readFileSync(at('drawn', '0.tif')))).bands).toBe(3);
    expect(said.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('would write two images to one place, and do not', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('exit');
    });
    try {
      await expect(denoise([at('png'), at('0.png'), at('0.tif'), '--out', at('never')])).rejects.toThrow(
        'exit',
      );
    } finally {
      exit.mockRestore();
    }
  });
});

describe('inspect', () => {
  it('says the format, and what is worth knowing', async () => {
    const png = await inspectChip(at('0.png'));
    expect(png.title).toBe(`${at('0.png')}: PNG of 32 × 32 pixels, 4 bands of uint8`);
    expect(Object.fromEntries(png.facts).alpha).toBe('band 4');
    const jpeg = await inspectChip(imageOf('turned.jpg'));
    expect(jpeg.title).toMatch(/: JPEG of 37 × 45 pixels, 3 bands of uint8$/);
    expect(jpeg.warnings[0]).toMatch(/EXIF orientation is 6/);
    const palette = reportText(await inspectCatalog(at('palette.csv')));
    expect(palette).toMatch(/! Of 6 of the chips looked at: Its values are places in a palette/);
  });
});

it('tile refuses what does not say where it is', async () => {
  await tile(['--scenes', at('0.png'), '--size', '16', '--out', at('never')]);
  expect(said).toContainEqual(expect.stringMatching(/^error: .*0\.png: it does not say where it is/));
});
