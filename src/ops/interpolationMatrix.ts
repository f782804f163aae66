import type { Matrix } from './separable.js';

/** How the values between two samples are computed. */
export type InterpolationMode = 'nearest' | 'bilinear' | 'bicubic';

/** Keys' parameter, as torch and OpenCV have it. */
const A = -0.75;

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
      const weights = [far(1 + rest), near(rest), near(1 - rest), far(2 - rest)];
      for (const [k, weight] of weights.entries()) add(i, lower - 1 + k, weight);
    }
  }
  return { rows: to, columns: from, data };
}

/** Weight of a sample at most 1 away. */
const near = (distance: number) => ((A + 2) * distance - (A + 3)) * distance * distance + 1;

/** Weight of a sample from 1 to 2 away. */
const far = (distance: number) => ((A * distance - 5 * A) * distance + 8 * A) * distance - 4 * A;
