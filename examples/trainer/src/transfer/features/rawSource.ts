import { datesOf, isPerPixel, type Split, type Task } from '../Task.js';
import type { FeatureSource } from './FeatureSource.js';
import { pooled } from './pooled.js';

/** The bands themselves, of two dates their absolute differences; of a whole chip their means and deviations. */
export function rawSource(task: Task): FeatureSource {
  const bands = task.shape[2];
  const perPixel = isPerPixel(task.kind);
  return {
    name: 'bands',
    dims: perPixel ? bands : 2 * bands,
    rows: async (split, chip, pixels) => {
      const image = shownOf(task, split, chip);
      if (!perPixel) return pooled(image, bands);
      return pixels ? picked(image, bands, pixels) : image;
    },
  };
}

/** The values of a chip at one of its dates, row-major [height, width, bands]. */
export function imageOf(task: Task, split: Split, chip: number, date = 0): Float32Array {
  const [height, width, bands] = task.shape;
  const length = height * width * bands;
  const at = chip * datesOf(task.kind) + date;
  return task.sets[split].images.subarray(at * length, (at + 1) * length);
}

/** The values of a chip, or how far those of its two dates are apart. */
export function shownOf(task: Task, split: Split, chip: number): Float32Array {
  const image = imageOf(task, split, chip);
  if (datesOf(task.kind) === 1) return image;
  return apart(image, imageOf(task, split, chip, 1));
}

/** How far values of two dates are apart. */
export function apart(values: Float32Array, others: Float32Array): Float32Array {
  return values.map((value, i) => Math.abs(value - others[i]));
}

/** The rows of some pixels of a map, row-major [pixels, dims]. */
export function picked(map: Float32Array, dims: number, pixels: ArrayLike<number>): Float32Array {
  const rows = new Float32Array(pixels.length * dims);
  for (let i = 0; i < pixels.length; i++)
    rows.set(map.subarray(pixels[i] * dims, (pixels[i] + 1) * dims), i * dims);
  return rows;
}
