import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { turn } from '../stopping/turn.js';
import { DEGREES, readWorld, type World, writeSquare } from './blueMarble.js';
import { buildFolder } from './buildFolder.js';

/** How a folder of chips is built. */
export interface BuildChipsOptions {
  /** Called now and then with the number of chips written and their total. */
  onProgress?: (done: number, total: number) => void;
  /** Hears for which process it waits. */
  onWait?: (text: string) => void;
  /** Asks to stop. */
  signal?: AbortSignal;
}

/** A folder of chips with a catalog. */
export interface ChipFolder {
  /** Root that the catalog's paths are relative to. */
  dataPath: string;
  /** The catalog CSV: image, label, usage, lon, lat (centre of the chip, degrees), and further columns. */
  catalogPath: string;
  /** Chips in the catalog. */
  count: number;
}

/** A square of the sample imagery that becomes a chip. */
export interface ChipWindow {
  /** Its upper left pixel. */
  row: number;
  column: number;
  usage: string;
  /** A label for each pixel. */
  label: Uint8Array;
  /** Values of the catalog's further columns. */
  values?: readonly (string | number)[];
}

/** Which chips a folder holds. */
export interface ChipChoice {
  /** The catalog's columns behind lon and lat. */
  columns?: readonly string[];
  choose: (world: World) => ChipWindow[] | Promise<ChipWindow[]>;
}

/** Pixels a side of a chip, and from one to the next. */
export const CHIP = 64;
export const STRIDE = 32;
/** Elevation is interpolated from a grid half as fine: chips of two splits stay this many pixels from the border. */
export const MARGIN = 2;

const CATALOG = 'catalog.csv';
const MARKER = 'complete.json';
const VERSION = 1;

/**
 * Cuts chips from the sample imagery once, with labels and a catalog. A finished folder is left as it is. Of several
 * processes one builds, and the others wait; the folder takes its place whole, and an interrupted build is done again.
 */
export async function buildChipFolder(
  folder: string,
  choice: ChipChoice,
  options: BuildChipsOptions,
): Promise<ChipFolder> {
  const build = (into: string) => cutChips(into, choice, options);
  const { onWait, signal } = options;
  const count = await buildFolder(folder, { built: builtCount, build, onWait, signal });
  return { dataPath: folder, catalogPath: path.join(folder, CATALOG), count };
}

/** How many chips a finished folder holds. */
function builtCount(folder: string): number | undefined {
  const marker = path.join(folder, MARKER);
  if (!existsSync(marker)) return undefined;
  const { version, count } = JSON.parse(readFileSync(marker, 'utf8')) as { version: number; count: number };
  return version === VERSION ? count : undefined;
}

/** Cuts the chips into a new folder, and returns their number. */
async function cutChips(
  folder: string,
  { columns = [], choose }: ChipChoice,
  { signal, onProgress }: BuildChipsOptions,
): Promise<number> {
  const world = await readWorld(signal);
  const windows = await choose(world);
  for (const name of ['images', 'labels']) mkdirSync(path.join(folder, name), { recursive: true });
  const lines = [['image,label,usage,lon,lat', ...columns].join(',')];
  for (const [i, { row, column, usage, label, values = [] }] of windows.entries()) {
    const name = `r${String(row).padStart(4, '0')}_c${String(column).padStart(4, '0')}.tif`;
    writeSquare(folder, name, world, { row, column, size: CHIP, label });
    const lon = -180 + (column + CHIP / 2) * DEGREES;
    const lat = 90 - (row + CHIP / 2) * DEGREES;
    lines.push([`images/${name}`, `labels/${name}`, usage, lon, lat, ...values].join(','));
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
