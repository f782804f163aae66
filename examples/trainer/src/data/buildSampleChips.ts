import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { ConfigError } from 'diffusion-ssl/errors';
import { decode as decodePng } from 'fast-png';
import { turn } from '../run/turn.js';
import { buildFolder } from './buildFolder.js';

/** Options of {@link buildSampleChips}. */
export interface BuildSampleChipsOptions {
  /** Called now and then with the number of chips written and their total. */
  onProgress?: (done: number, total: number) => void;
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

const WIDTH = 4096;
const HEIGHT = 2048;
const DEGREES = 360 / WIDTH;
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
  const count = await buildFolder(folder, { built: builtCount, build, signal: options.signal });
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

interface World {
  /** Red, green, blue, elevation by pixel. */
  image: Uint8Array;
  /** 1 where the mask says water. */
  water: Uint8Array;
}

interface Window {
  row: number;
  column: number;
  usage: string;
}

async function readWorld(signal: AbortSignal | undefined): Promise<World> {
  const folder = path.join(path.dirname(findImagery()), '../example/img');
  const rgba = await readJpeg(path.join(folder, 'earth-blue-marble.jpg'));
  await turn(signal);
  const relief = decodePng(readFileSync(path.join(folder, 'earth-topology.png')));
  const mask = decodePng(readFileSync(path.join(folder, 'earth-water.png')));
  if (rgba.width !== WIDTH || rgba.height !== HEIGHT) {
    throw new Error(
      `earth-blue-marble.jpg is ${rgba.width} × ${rgba.height}, expected ${WIDTH} × ${HEIGHT}.`,
    );
  }
  const image = new Uint8Array(rgba.data);
  const water = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    if (y % 256 === 0) await turn(signal);
    const [top, bottom, rowWeight] = neighbours(y, HEIGHT, relief.height);
    const maskRow = Math.floor(((y + 0.5) * mask.height) / HEIGHT) * mask.width;
    for (let x = 0; x < WIDTH; x++) {
      const [left, right, weight] = neighbours(x, WIDTH, relief.width);
      const at = (row: number, column: number) =>
        relief.data[(row * relief.width + column) * relief.channels];
      const upper = at(top, left) * (1 - weight) + at(top, right) * weight;
      const lower = at(bottom, left) * (1 - weight) + at(bottom, right) * weight;
      image[(y * WIDTH + x) * 4 + 3] = Math.round(upper * (1 - rowWeight) + lower * rowWeight);
      const column = Math.floor(((x + 0.5) * mask.width) / WIDTH);
      water[y * WIDTH + x] = mask.data[(maskRow + column) * mask.channels] > 127 ? 1 : 0;
    }
  }
  return { image, water };
}

/** The two source cells around the centre of cell `i` of a finer grid, and the weight of the second. */
function neighbours(i: number, size: number, sourceSize: number): [number, number, number] {
  const position = Math.max(0, ((i + 0.5) * sourceSize) / size - 0.5);
  const first = Math.floor(position);
  return [first, Math.min(first + 1, sourceSize - 1), position - first];
}

/** The package that ships the imagery, which is too large to depend on: beside the trainer, or where it is called. */
function findImagery(): string {
  for (const from of [import.meta.url, path.join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve('three-globe');
    } catch {}
  }
  throw new ConfigError(
    'The sample imagery is not installed. Name your own chips by --data and --catalog, ' +
      'or install it where you call the ' +
      'trainer: npm install three-globe',
  );
}

async function readJpeg(file: string): Promise<{ width: number; height: number; data: Uint8ClampedArray }> {
  const require = createRequire(import.meta.url);
  // The decoder returns an ImageData, which Node does not have.
  const scope = globalThis as { ImageData?: unknown };
  scope.ImageData ??= class {
    constructor(
      readonly data: Uint8ClampedArray,
      readonly width: number,
      readonly height: number,
    ) {}
  };
  const codec = await import('@jsquash/jpeg/decode.js');
  const wasm = require.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  const init = codec.init as unknown as (module: WebAssembly.Module) => Promise<void>;
  await init(await WebAssembly.compile(readFileSync(wasm)));
  const bytes = readFileSync(file);
  return codec.default(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
  );
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
  const image = new Uint8Array(CHIP * CHIP * 4);
  const label = new Uint8Array(CHIP * CHIP);
  for (let y = 0; y < CHIP; y++) {
    const start = (row + y) * WIDTH + column;
    image.set(world.image.subarray(start * 4, (start + CHIP) * 4), y * CHIP * 4);
    for (let x = 0; x < CHIP; x++) {
      const elevation = world.image[(start + x) * 4 + 3];
      const land = 1 + CLASS_FROM.filter((from) => elevation >= from).length;
      label[y * CHIP + x] = world.water[start + x] ? 0 : land;
    }
  }
  const place = {
    width: CHIP,
    height: CHIP,
    epsg: 4326,
    transform: [DEGREES, 0, -180 + column * DEGREES, 0, -DEGREES, 90 - row * DEGREES] as [
      number,
      number,
      number,
      number,
      number,
      number,
    ],
  };
  writeFileSync(path.join(folder, 'images', name), encodeGeoTiff({ ...place, bands: 4, data: image }));
  writeFileSync(path.join(folder, 'labels', name), encodeGeoTiff({ ...place, bands: 1, data: label }));
}
