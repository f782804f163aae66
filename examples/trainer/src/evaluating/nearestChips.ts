import * as tf from '@tensorflow/tfjs-core';
import { flip } from 'diffusion-ssl/augmentation';
import type { Raster } from 'diffusion-ssl/normalization';
import { turn } from '../stopping/turn.js';

/** The training chip that is nearest to an image. */
export interface NearestChip {
  /** Its number. */
  chip: number;
  /** Whether it is mirrored for that, from left to right, and from top to bottom. */
  flip: Flip;
  /** Root mean square of the differences of all values, as the network has them. */
  distance: number;
  /**
   * The distance as a part of the mean of those to the 50 nearest chips: far below that of other images where this one
   * chip has been memorised (Carlini et al. 2023).
   */
  ratio: number;
}

/** Whether columns and rows are turned round. */
export type Flip = readonly [columns: boolean, rows: boolean];

const FLIPS: readonly Flip[] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
];
const NEIGHBOURS = 50;
/** Training chips that are compared at once. */
const BLOCK = 256;
/** Values of images, mirrored in all ways, that are compared at once: 64 MiB. */
const VALUES = 2 ** 24;

/** The nearest training chip of each image, mirrored or not, since training mirrors chips. */
export async function nearestChips(
  images: readonly Raster[],
  train: readonly Raster[],
  signal?: AbortSignal,
): Promise<NearestChip[]> {
  const together = Math.max(1, Math.floor(VALUES / (FLIPS.length * images[0].data.length)));
  const found: NearestChip[] = [];
  for (let i = 0; i < images.length; i += together)
    found.push(...(await nearestOf(images.slice(i, i + together), train, signal)));
  return found;
}

async function nearestOf(
  images: readonly Raster[],
  train: readonly Raster[],
  signal: AbortSignal | undefined,
): Promise<NearestChip[]> {
  const { length } = images[0].data;
  // Squared distances, row-major [flips · images, chips].
  const rows = FLIPS.length * images.length;
  const squares = new Float64Array(rows * train.length);
  const flipped = FLIPS.flatMap((flip) => images.map((image) => mirrored(image, flip).data));
  const norms = flipped.map(squareSum);
  const queries = tf.tensor2d(joined(flipped), [rows, length]);
  try {
    for (let start = 0; start < train.length; start += BLOCK) {
      await turn(signal);
      const chips = train.slice(start, start + BLOCK).map(({ data }) => data);
      const products = tf.tidy(() =>
        tf.matMul(queries, tf.tensor2d(joined(chips), [chips.length, length]), false, true),
      );
      const values = await products.data();
      products.dispose();
      for (const [i, chip] of chips.entries()) {
        const norm = squareSum(chip);
        for (let row = 0; row < rows; row++) {
          squares[row * train.length + start + i] = norms[row] + norm - 2 * values[row * chips.length + i];
        }
      }
    }
  } finally {
    queries.dispose();
  }
  return images.map((image, i) => {
    const own = FLIPS.map((_, flip) => {
      const row = flip * images.length + i;
      return squares.subarray(row * train.length, (row + 1) * train.length);
    });
    const best = Float64Array.from(train, (_, chip) => Math.max(0, Math.min(...own.map((row) => row[chip]))));
    const chip = best.reduce((least, value, at) => (value < best[least] ? at : least), 0);
    const turned = FLIPS[own.reduce((least, row, at) => (row[chip] < own[least][chip] ? at : least), 0)];
    const distances = best.map((square) => Math.sqrt(square / length)).sort();
    const near = distances.subarray(0, NEIGHBOURS);
    // Products in float32 leave little of what is equal.
    const exact = distanceOf(mirrored(image, turned).data, train[chip].data);
    const mean = near.reduce((sum, value) => sum + value, 0) / near.length;
    return { chip, flip: turned, distance: exact, ratio: mean > 0 ? exact / mean : 1 };
  });
}

/** An image turned round. */
export function mirrored(image: Raster, [columns, rows]: Flip): Raster {
  if (!columns && !rows) return image;
  return flip({ image }, columns && rows ? 'both' : columns ? 'horizontal' : 'vertical').image;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.length * parts[0].length);
  for (const [i, part] of parts.entries()) result.set(part, i * part.length);
  return result;
}

function squareSum(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

function distanceOf(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum / a.length);
}
