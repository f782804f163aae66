import { HEIGHT, WIDTH, type World } from './blueMarble.js';
import {
  type BuildChipsOptions,
  buildChipFolder,
  CHIP,
  type ChipFolder,
  type ChipWindow,
  MARGIN,
  STRIDE,
} from './buildChipFolder.js';

/** What {@link buildSampleChips} leaves in the folder. */
export interface SampleChips extends ChipFolder {
  /** Band names in order. */
  bands: string[];
  /** Class names of the label rasters in order of their values. */
  classes: string[];
}

export const SAMPLE_BANDS = ['red', 'green', 'blue', 'elevation'];
export const SAMPLE_CLASSES = ['water', 'lowland', 'upland', 'mountain'];

const MAX_WATER = 0.9;
/** Pixel columns of the bands of longitude held out: Africa and eastern Europe, and the west of South America. */
const HELD_OUT = [
  { usage: 'validate', from: 2240, to: 2496 },
  { usage: 'test', from: 1088, to: 1344 },
];
/** Brightness of the relief image at which upland and mountain begin: about a third of the land each. */
const CLASS_FROM = [10, 25];

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
  options: BuildChipsOptions = {},
): Promise<SampleChips> {
  const built = await buildChipFolder(folder, { choose: chooseWindows }, options);
  return { ...built, bands: SAMPLE_BANDS, classes: SAMPLE_CLASSES };
}

/** Windows within 60° of the equator, at most 90 % water, that lie inside one split. */
function chooseWindows(world: World): ChipWindow[] {
  const windows: ChipWindow[] = [];
  const firstRow = Math.ceil(HEIGHT / 6 / STRIDE) * STRIDE;
  for (let row = firstRow; row + CHIP <= (HEIGHT * 5) / 6; row += STRIDE) {
    for (let column = 0; column + CHIP <= WIDTH; column += STRIDE) {
      const usage = usageOf(column);
      if (!usage || waterShare(world.water, row, column) > MAX_WATER) continue;
      windows.push({ row, column, usage, label: labelOf(world, row, column) });
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

/** Water, and land by its height. */
function labelOf(world: World, row: number, column: number): Uint8Array {
  const label = new Uint8Array(CHIP * CHIP);
  for (let y = 0; y < CHIP; y++) {
    const start = (row + y) * WIDTH + column;
    for (let x = 0; x < CHIP; x++) {
      const elevation = world.image[(start + x) * 4 + 3];
      const land = 1 + CLASS_FROM.filter((from) => elevation >= from).length;
      label[y * CHIP + x] = world.water[start + x] ? 0 : land;
    }
  }
  return label;
}
