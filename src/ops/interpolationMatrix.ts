import { cubicKernel } from './cubicMatrix.js';
import type { Matrix } from './separable.js';

/** How the values between two samples are computed. */
export type InterpolationMode = 'nearest' | 'bilinear' | 'bicubic';

/** Keys' kernel, as torch and OpenCV have it. */
const weightAt = cubicKernel(-0.75);

/** Weights of `from` samples of an axis in each of `to` interpolated ones, as torch's `interpolate` takes them. */
export function interpolationMatrix(
  from: number,
  to: number,
  mode: InterpolationMode,
  aligned: boolean,
): Matrix {
  const data = new Float32Array(to * from);
  const add = (i: number, sample: number, weight: number) => {
    // Beyond the edge its sample is repeated.
    data[i * from + Math.min(Math.max(sample, 0), from - 1)] += weight;
  };
  for (let i = 0; i < to; i++) {
    if (mode === 'nearest') {
      // In float32, as torch computes it: the product may lie just below a whole number.
      add(i, Math.floor(Math.fround(i * Math.fround(from / to))), 1);
      continue;
    }
    const position = aligned ? (to > 1 ? (i * (from - 1)) / (to - 1) : 0) : ((i + 0.5) * from) / to - 0.5;
    const lower = Math.floor(position);
    const rest = position - lower;
    if (mode === 'bilinear') {
      add(i, lower, 1 - rest);
      add(i, lower + 1, rest);
    } else {
      for (let k = -1; k <= 2; k++) add(i, lower + k, weightAt(rest - k));
    }
  }
  return { rows: to, columns: from, data };
}
