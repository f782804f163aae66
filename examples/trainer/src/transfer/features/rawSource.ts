import type { Split, Task } from '../Task.js';
import type { FeatureSource } from './FeatureSource.js';
import { pooled } from './pooled.js';

/** The bands themselves; of a whole chip their means and deviations. */
export function rawSource(task: Task): FeatureSource {
  const bands = task.shape[2];
  const perPixel = task.kind === 'segmentation';
  return {
    name: 'bands',
    dims: perPixel ? bands : 2 * bands,
    rows: async (split, chip, pixels) => {
      const image = imageOf(task, split, chip);
      if (!perPixel) return pooled(image, bands);
      return pixels ? picked(image, bands, pixels) : image;
    },
  };
}

/** The values of a chip, row-major [height, width, bands]. */
export function imageOf(task: Task, split: Split, chip: number): Float32Array {
  const [height, width, bands] = task.shape;
  const length = height * width * bands;
  return task.sets[split].images.subarray(chip * length, (chip + 1) * length);
}

/** The rows of some pixels of a map, row-major [pixels, dims]. */
export function picked(map: Float32Array, dims: number, pixels: ArrayLike<number>): Float32Array {
  const rows = new Float32Array(pixels.length * dims);
  for (let i = 0; i < pixels.length; i++)
    rows.set(map.subarray(pixels[i] * dims, (pixels[i] + 1) * dims), i * dims);
  return rows;
}
