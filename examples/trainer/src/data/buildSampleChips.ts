import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { turn } from '../stopping/turn.js';
import { DEGREES, HEIGHT, readWorld, WIDTH, type World, writeSquare } from './blueMarble.js';
import { buildFolder } from './buildFolder.js';

/** Options of {@link buildSampleChips}. */
export interface BuildSampleChipsOptions {
  /** Called now and then with the number of chips written and their total. */
  onProgress?: (done: number, total: number) => void;
  /** Hears for which process it waits. */
  onWait?: (text: string) => void;
  /** Asks to stop. */
  signal?: AbortSignal;
}

/** What {@link buildSampleChips} leaves in the folder. */
export interface SampleChips {
  /** Root that the catalog's paths are relative to. */
  dataPath: string;
  /** The catalog CSV: image, label, usage, lon, lat (centre of the chip, degrees). */
  catalogPath: string;
  /** Chips in the catalog. */
  count: number;
  /** Band names in order. */
  bands: string[];
  /** Class names of the label rasters in order of their values. */
  classes: string[];
}

export const SAMPLE_BANDS = ['red', 'green', 'blue', 'elevation'];
export const SAMPLE_CLASSES = ['water', 'lowland', 'upland', 'mountain'];

const CHIP = 64;
const STRIDE = 32;
const MAX_WATER = 0.9;
/** Pixel columns of the bands of longitude held out: Africa and eastern Europe, and the west of South America. */
const HELD_OUT = [
  { usage: 'validate', from: 2240, to: 2496 },
  { usage: 'test', from: 1088, to: 1344 },
];
/** Elevation is interpolated from a grid half as fine: chips of two splits stay this many pixels from the border. */
const MARGIN = 2;
/** Brightness of the relief image at which upland and mountain begin: about a third of the land each. */
const CLASS_FROM = [10, 25];
const CATALOG = 'catalog.csv';
const MARKER = 'complete.json';
const VERSION = 1;

/**
 * Builds some 1,500 real satellite chips once: 64×64 pixels, bands red, green, blue and elevation, uint8 GeoTIFF
 * (EPSG:4326), with label rasters and a catalog split by bands of longitude, no pixel shared between splits.
 *
 * The imagery is NASA's Blue Marble with its relief and water mask (public domain), as the development dependency
 * `three-globe` ships it. A finished folder is left as it is. Of several processes one builds, and the others wait; the
 * folder takes its place whole, and an interrupted build is done again.
 */
export async function buildSampleChips(
  folder: string,
  options: BuildSampleChipsOptions = {},
): Promise<SampleChips> {
  const build = (into: string) => buildChips(into, options);
  const { onWait, signal } = options;
  const count = await buildFolder(folder, { built: builtCount, build, onWait, signal });
  const catalogPath = path.join(folder, CATALOG);
  return { dataPath: folder, catalogPath, bands: SAMPLE_BANDS, classes: SAMPLE_CLASSES, count };
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
  const windows = chooseWindows(world.water);
  for (const name of ['images', 'labels']) mkdirSync(path.join(folder, name), { recursive: true });
  const lines = ['image,label,usage,lon,lat'];
  for (const [i, window] of windows.entries()) {
    const name = `r${String(window.row).padStart(4, '0')}_c${String(window.column).padStart(4, '0')}.tif`;
    writeChip(folder, name, world, window);
    const lon = -180 + (window.column + CHIP / 2) * DEGREES;
    const lat = 90 - (window.row + CHIP / 2) * DEGREES;
    lines.push(`images/${name},labels/${name},${window.usage},${lon},${lat}`);
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

interface Window {
  row: number;
  column: number;
  usage: string;
}

/** Windows within 60° of the equator, at most 90 % water, that lie inside one split. */
function chooseWindows(water: Uint8Array): Window[] {
  const windows: Window[] = [];
  const firstRow = Math.ceil(HEIGHT / 6 / STRIDE) * STRIDE;
  for (let row = firstRow; row + CHIP <= (HEIGHT * 5) / 6; row += STRIDE) {
    for (let column = 0; column + CHIP <= WIDTH; column += STRIDE) {
      const usage = usageOf(column);
      if (usage && waterShare(water, row, column) <= MAX_WATER) windows.push({ row, column, usage });
    }
  }
  return windows;
}

function usageOf(column: number): string | undefined {
  const from = column - MARGIN;
  const to = column + CHIP + MARGIN;
  const inside = HELD_OUT.find((band) => from >= band.from && to <= band.to);
  if (inside) return inside.usage;
  return HELD_OUT.every((band) => to <= band.from || from >= band.to) ? 'train' : undefined;
}

function waterShare(water: Uint8Array, row: number, column: number): number {
  let count = 0;
  for (let y = row; y < row + CHIP; y++) {
    for (let x = column; x < column + CHIP; x++) count += water[y * WIDTH + x];
  }
  return count / CHIP ** 2;
}

function writeChip(folder: string, name: string, world: World, { row, column }: Window): void {
  const label = new Uint8Array(CHIP * CHIP);
  for (let y = 0; y < CHIP; y++) {
    const start = (row + y) * WIDTH + column;
    for (let x = 0; x < CHIP; x++) {
      const elevation = world.image[(start + x) * 4 + 3];
      const land = 1 + CLASS_FROM.filter((from) => elevation >= from).length;
      label[y * CHIP + x] = world.water[start + x] ? 0 : land;
    }
  }
  writeSquare(folder, name, world, { row, column, size: CHIP, label });
}
