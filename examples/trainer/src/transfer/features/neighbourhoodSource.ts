import { isPerPixel, type Split, type Task } from '../Task.js';
import type { FeatureSource } from './FeatureSource.js';
import { pooled } from './pooled.js';
import { picked, shownOf } from './rawSource.js';

/** Sides of the windows, in pixels. */
export const WINDOWS = [3, 5, 9, 17];

/** The bands, and of windows around each pixel the mean and deviation of each band; of a whole chip these pooled. */
export function neighbourhoodSource(task: Task): FeatureSource {
  const bands = task.shape[2];
  const dims = bands * (1 + 2 * WINDOWS.length);
  const perPixel = isPerPixel(task.kind);
  return {
    name: `windows ${WINDOWS.join(', ')}`,
    dims: perPixel ? dims : 2 * dims,
    rows: async (split, chip, pixels) => {
      const map = mapOf(task, split, chip);
      if (!perPixel) return pooled(map, dims);
      return pixels ? picked(map, dims, pixels) : map;
    },
  };
}

/** The maps of test chips, which every trial reads. */
const kept = new WeakMap<Task, Map<number, Float32Array>>();
/** How many maps are kept, in numbers. */
const KEPT = 60_000_000;

function mapOf(task: Task, split: Split, chip: number): Float32Array {
  if (split !== 'test') return neighbourhoods(shownOf(task, split, chip), task.shape);
  const maps = kept.get(task) ?? new Map<number, Float32Array>();
  kept.set(task, maps);
  const map = maps.get(chip) ?? neighbourhoods(shownOf(task, split, chip), task.shape);
  if (maps.size * map.length < KEPT) maps.set(chip, map);
  return map;
}

/** Row-major [height, width, dims]: bands, then a window's means and deviations after the other's. */
export function neighbourhoods(
  image: Float32Array,
  [height, width, bands]: readonly [number, number, number],
): Float32Array {
  const dims = bands * (1 + 2 * WINDOWS.length);
  const result = new Float32Array(height * width * dims);
  for (let i = 0; i < height * width; i++) {
    for (let b = 0; b < bands; b++) result[i * dims + b] = image[i * bands + b];
  }
  const side = width + 1;
  for (let b = 0; b < bands; b++) {
    // Sums over all above and left, of values and squares: a window takes four of each.
    const sums = new Float64Array((height + 1) * side);
    const squares = new Float64Array((height + 1) * side);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = image[(y * width + x) * bands + b];
        const at = (y + 1) * side + x + 1;
        sums[at] = value + sums[at - 1] + sums[at - side] - sums[at - side - 1];
        squares[at] = value ** 2 + squares[at - 1] + squares[at - side] - squares[at - side - 1];
      }
    }
    for (const [w, wide] of WINDOWS.entries()) {
      const reach = (wide - 1) / 2;
      for (let y = 0; y < height; y++) {
        const [top, bottom] = [Math.max(0, y - reach), Math.min(height, y + reach + 1)];
        for (let x = 0; x < width; x++) {
          const [left, right] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)];
          const window = { from: top * side, to: bottom * side, left, right };
          const count = (bottom - top) * (right - left);
          const mean = sumIn(sums, window) / count;
          const at = (y * width + x) * dims + bands * (1 + 2 * w) + b;
          result[at] = mean;
          result[at + bands] = Math.sqrt(Math.max(0, sumIn(squares, window) / count - mean ** 2));
        }
      }
    }
  }
  return result;
}

/** The sum of a window, of a table of the sums over all above and left. */
function sumIn(
  table: Float64Array,
  { from, to, left, right }: { from: number; to: number; left: number; right: number },
): number {
  return table[to + right] - table[from + right] - table[to + left] + table[from + left];
}
