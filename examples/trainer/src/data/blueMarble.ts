import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { ConfigError } from 'diffusion-ssl/errors';
import { decode as decodePng } from 'fast-png';
import { turn } from '../stopping/turn.js';

/** Pixels of the image around the globe and from pole to pole. */
export const WIDTH = 4096;
export const HEIGHT = 2048;
/** Size of a pixel. */
export const DEGREES = 360 / WIDTH;

/** NASA's Blue Marble with its relief and water mask (public domain), as `three-globe` ships it. */
export interface World {
  /** Red, green, blue, elevation by pixel. */
  image: Uint8Array;
  /** 1 where the mask says water. */
  water: Uint8Array;
}

/** Reads the imagery; `signal` asks to stop. */
export async function readWorld(signal: AbortSignal | undefined): Promise<World> {
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

/** A square of the image, with a label for each of its pixels. */
export interface Square {
  /** Its upper left pixel. */
  row: number;
  column: number;
  /** Pixels a side. */
  size: number;
  label: Uint8Array;
}

/** Writes a square to `images/name` (uint8, four bands) and its labels to `labels/name`, as GeoTIFF in EPSG:4326. */
export function writeSquare(folder: string, name: string, world: World, square: Square): void {
  const { row, column, size, label } = square;
  const image = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y++) {
    const start = (row + y) * WIDTH + column;
    image.set(world.image.subarray(start * 4, (start + size) * 4), y * size * 4);
  }
  const transform: [number, number, number, number, number, number] = [
    DEGREES,
    0,
    -180 + column * DEGREES,
    0,
    -DEGREES,
    90 - row * DEGREES,
  ];
  const place = { width: size, height: size, epsg: 4326, transform };
  writeFileSync(path.join(folder, 'images', name), encodeGeoTiff({ ...place, bands: 4, data: image }));
  writeFileSync(path.join(folder, 'labels', name), encodeGeoTiff({ ...place, bands: 1, data: label }));
}
