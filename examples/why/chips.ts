import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeGeoTiff } from 'diffusion-ssl/data';
import { readCatalog } from 'diffusion-ssl/data/node';
import type { Raster } from 'diffusion-ssl/normalization';
import { buildSampleChips } from '../trainer/src/data/buildSampleChips.js';
import { type ImageGridOptions, imageGrid } from '../trainer/src/pictures/imageGrid.js';
import { type RgbImage, toRgb } from '../trainer/src/pictures/toRgb.js';

/** Side of a chip: half that of the sample chips, each pixel the mean of four. */
export const SIDE = 32;
/** Red, green, blue. */
export const BANDS = 3;
/** Values of a chip. */
export const LENGTH = SIDE * SIDE * BANDS;

/** The sample chips of a split, red, green and blue from 0 to 1, row-major. */
export async function readChips(usage: 'train' | 'validate'): Promise<Float32Array[]> {
  const { dataPath, catalogPath } = await buildSampleChips('data/blue-marble');
  const rows = (await readCatalog(catalogPath)).filter((row) => row.usage === usage);
  return Promise.all(
    rows.map(async ({ images: [name] }) => {
      const { data, bands, width } = await decodeGeoTiff(readFileSync(path.join(dataPath, name)));
      return Float32Array.from({ length: LENGTH }, (_, i) => {
        const [pixel, band] = [Math.floor(i / BANDS), i % BANDS];
        const [row, column] = [2 * Math.floor(pixel / SIDE), 2 * (pixel % SIDE)];
        const at = (y: number, x: number) => Number(data[((row + y) * width + column + x) * bands + band]);
        return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4 / 255;
      });
    }),
  );
}

/** A chip as a picture. */
export function shown(data: ArrayLike<number>): RgbImage {
  return toRgb({ height: SIDE, width: SIDE, channels: BANDS, data }, [0, 1, 2], [0, 160 / 255]);
}

/** Writes a picture into runs/why. */
export async function writePicture(name: string, options: ImageGridOptions): Promise<void> {
  mkdirSync('runs/why', { recursive: true });
  writeFileSync(`runs/why/${name}.png`, await imageGrid({ minimumSize: 96, ...options }));
  console.log(`runs/why/${name}.png`);
}

/** The mean of some chips, value by value. */
export function meanOf(chips: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(chips[0].length);
  for (const chip of chips) for (let i = 0; i < mean.length; i++) mean[i] += chip[i] / chips.length;
  return mean;
}

/** The numbers of the chips that are nearest by some of their values, the nearest first. */
export function nearest(
  chips: readonly Float32Array[],
  wanted: Float32Array,
  places: readonly number[],
): number[] {
  const distances = chips.map((chip) => places.reduce((sum, i) => sum + (chip[i] - wanted[i]) ** 2, 0));
  return chips.map((_, i) => i).sort((a, b) => distances[a] - distances[b]);
}

/** Numbers from 0 to 1 that are always the same (Park and Miller 1988). */
export function randomOf(seed: number): () => number {
  let state = 1 + seed * 7919;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
}

/** A chip as an image. */
export function rasterOf(data: Float32Array): Raster {
  return { height: SIDE, width: SIDE, channels: BANDS, data };
}
