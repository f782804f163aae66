import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeGeoTiff } from 'diffusion-ssl/data';
import { turn } from '../stopping/turn.js';
import { DEGREES, HEIGHT, readWorld, WIDTH, writeSquare } from './blueMarble.js';
import { buildFolder } from './buildFolder.js';
import type { BuildSampleChipsOptions, SampleChips } from './buildSampleChips.js';

/** Names of the groups of land cover in order of their labels. */
export const LAND_COVER_GROUPS = [
  'water',
  'needleleaf, deciduous and mixed forest',
  'evergreen broadleaf forest',
  'shrubland',
  'savanna',
  'grassland',
  'cropland and urban',
  'snow and barren',
];

const BANDS = ['red', 'green', 'blue', 'elevation'];
const CHIP = 64;
const STRIDE = 32;
const MAX_WATER = 0.65;
/** Sixteen strips of longitude; those held out hold every group. */
const STRIP = WIDTH / 16;
const VALIDATE = [8, 12];
const TEST = [4, 10, 13];
/** Elevation is interpolated from a grid half as fine: chips stay this many pixels from the border of their strip. */
const MARGIN = 2;
/** The labels' first row in the image: 60° north. */
const FIRST_ROW = Math.floor(HEIGHT / 6);
const CATALOG = 'catalog.csv';
const MARKER = 'complete.json';
const VERSION = 1;

/**
 * Builds some 750 chips of the sample imagery with land cover as labels, once: 64×64 pixels with at most 65 % water,
 * bands red, green, blue and elevation, and a raster of eight groups of MODIS' classes (`assets/README.md`). The
 * catalog has, of each chip, its strip of longitude (a chip lies in one, and a strip in one split), its most frequent
 * group, and the groups that make up a twentieth of it or more, separated by blanks.
 */
export async function buildLandCover(
  folder: string,
  options: BuildSampleChipsOptions = {},
): Promise<SampleChips> {
  const build = (into: string) => buildChips(into, options);
  const { onWait, signal } = options;
  const count = await buildFolder(folder, { built: builtCount, build, onWait, signal });
  const catalogPath = path.join(folder, CATALOG);
  return { dataPath: folder, catalogPath, bands: BANDS, classes: LAND_COVER_GROUPS, count };
}

/** How many chips a finished folder holds. */
function builtCount(folder: string): number | undefined {
  const marker = path.join(folder, MARKER);
  if (!existsSync(marker)) return undefined;
  const { version, count } = JSON.parse(readFileSync(marker, 'utf8')) as { version: number; count: number };
  return version === VERSION ? count : undefined;
}

/** Builds the chips in a new folder, and returns their number. */
async function buildChips(folder: string, { signal, onProgress }: BuildSampleChipsOptions): Promise<number> {
  const world = await readWorld(signal);
  const file = fileURLToPath(new URL('../../assets/land-cover.tif', import.meta.url));
  const cover = (await decodeGeoTiff(readFileSync(file), { name: file })).data;
  const windows = labelledWindows(cover);
  for (const name of ['images', 'labels']) mkdirSync(path.join(folder, name), { recursive: true });
  const lines = ['image,label,usage,lon,lat,strip,group,groups'];
  for (const [i, { row, column, strip, label }] of windows.entries()) {
    const name = `r${String(row).padStart(4, '0')}_c${String(column).padStart(4, '0')}.tif`;
    writeSquare(folder, name, world, { row, column, size: CHIP, label });
    const lon = -180 + (column + CHIP / 2) * DEGREES;
    const lat = 90 - (row + CHIP / 2) * DEGREES;
    const counts = groupCounts(label);
    const group = counts.indexOf(Math.max(...counts));
    const groups = LAND_COVER_GROUPS.map((_, k) => k).filter((k) => counts[k] >= CHIP ** 2 / 20);
    const place = `${usageOf(strip)},${lon},${lat},${strip}`;
    lines.push(`images/${name},labels/${name},${place},${group},${groups.join(' ')}`);
    if (i % 50 === 49) {
      onProgress?.(i + 1, windows.length);
      await turn(signal);
    }
  }
  writeFileSync(path.join(folder, CATALOG), `${lines.join('\n')}\n`);
  writeFileSync(path.join(folder, MARKER), JSON.stringify({ version: VERSION, count: windows.length }));
  onProgress?.(windows.length, windows.length);
  return windows.length;
}

interface LabelledWindow {
  row: number;
  column: number;
  strip: number;
  label: Uint8Array;
}

/** Windows within 60° of the equator that lie in one strip, with not too much water. */
function labelledWindows(cover: ArrayLike<number>): LabelledWindow[] {
  const windows: LabelledWindow[] = [];
  const firstRow = Math.ceil(FIRST_ROW / STRIDE) * STRIDE;
  for (let row = firstRow; row + CHIP <= (HEIGHT * 5) / 6; row += STRIDE) {
    for (let column = 0; column + CHIP <= WIDTH; column += STRIDE) {
      const strip = Math.floor(column / STRIP);
      const begin = strip * STRIP;
      if (column < begin + MARGIN || column + CHIP > begin + STRIP - MARGIN) continue;
      const label = new Uint8Array(CHIP ** 2);
      for (let y = 0; y < CHIP; y++) {
        const start = (row - FIRST_ROW + y) * WIDTH + column;
        for (let x = 0; x < CHIP; x++) label[y * CHIP + x] = cover[start + x];
      }
      if (groupCounts(label)[0] <= MAX_WATER * CHIP ** 2) windows.push({ row, column, strip, label });
    }
  }
  return windows;
}

function usageOf(strip: number): string {
  if (VALIDATE.includes(strip)) return 'validate';
  return TEST.includes(strip) ? 'test' : 'train';
}

/** Pixels of each group. */
function groupCounts(label: Uint8Array): number[] {
  const counts = LAND_COVER_GROUPS.map(() => 0);
  for (const group of label) counts[group]++;
  return counts;
}
