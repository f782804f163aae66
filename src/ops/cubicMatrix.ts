import type { Matrix } from './separable.js';

/** How an axis is resampled by cubic convolution. */
export interface CubicOptions {
  /** Samples that one resampled one stands for. Default from / to, so that both cover the same. */
  step?: number;
  /** Keys' parameter: −0.75 in torch and OpenCV, −0.5 in Pillow and in torch's antialiasing. */
  a: number;
  /** Whether the kernel is widened where the axis shrinks, and what of it lies outside left out. Default false. */
  antialias?: boolean;
}

/** Keys' kernel: the weight of a sample at a distance, 0 from 2 on. */
export function cubicKernel(a: number): (distance: number) => number {
  return (distance) => {
    const d = Math.abs(distance);
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  };
}

/** Weights of `from` samples of an axis in each of `to` resampled ones, by half-pixel centres. */
export function cubicMatrix(from: number, to: number, options: CubicOptions): Matrix {
  const { step = from / to, a, antialias = false } = options;
  const kernel = cubicKernel(a);
  const data = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const row = data.subarray(i * from, (i + 1) * from);
    const centre = (i + 0.5) * step;
    if (antialias) addWidened(row, centre, Math.max(step, 1), kernel);
    else {
      const lower = Math.floor(centre - 0.5);
      for (let sample = lower - 1; sample <= lower + 2; sample++) {
        // Beyond the edge its sample is repeated.
        row[Math.min(Math.max(sample, 0), from - 1)] += kernel(sample + 0.5 - centre);
      }
    }
  }
  return { rows: to, columns: from, data };
}

/** The kernel, as wide as what is made one, over the samples that there are; their weights have the sum 1. */
function addWidened(
  row: Float32Array,
  centre: number,
  width: number,
  kernel: (distance: number) => number,
): void {
  const first = Math.max(Math.trunc(centre - 2 * width + 0.5), 0);
  const end = Math.min(Math.trunc(centre + 2 * width + 0.5), row.length);
  const weights = Array.from({ length: end - first }, (_, j) => kernel((first + j + 0.5 - centre) / width));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  for (const [j, weight] of weights.entries()) row[first + j] = weight / sum;
}
