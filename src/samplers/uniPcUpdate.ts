import type * as tf from '@tensorflow/tfjs-core';
import { combine } from './stepTensors.js';

/** What one update of UniPC goes from. */
interface UniPcStep {
  /** x̂ at the level `from`. */
  x: tf.Tensor;
  /** Index of the level that the update starts at; it ends at the next one. */
  from: number;
  order: number;
  /** What the denoiser said at `from` and before, newest first. */
  outputs: tf.Tensor[];
  /** What it said at the end of the update: given to the corrector alone. */
  there?: tf.Tensor;
  sigmas: Float64Array;
  solverType: 'bh1' | 'bh2';
  predictX0: boolean;
}

/** UniP, or with `there` UniC, from a level to the next (Zhao et al. 2023). */
export function uniPcUpdate(step: UniPcStep): tf.Tensor {
  const { x, from, order, outputs, there, sigmas, solverType, predictX0 } = step;
  const [m0] = outputs;
  const lambda = (index: number) => -Math.log(sigmas[index]);
  const h = lambda(from + 1) - lambda(from);
  const hh = predictX0 ? -h : h;
  const first = Math.expm1(hh);
  const [keep, scale] = predictX0 ? [sigmas[from + 1] / sigmas[from], 1] : [1, sigmas[from + 1]];
  let moved = combine(keep, x, -scale * first, m0);
  // Places of the known outputs, in units of the step, and the end for the corrector.
  const places = outputs.slice(1, order).map((_, k) => (lambda(from - k - 1) - lambda(from)) / h);
  const terms = places.map((place, k) => combine(1 / place, outputs[k + 1], -1 / place, m0));
  if (there !== undefined) {
    places.push(1);
    terms.push(combine(1, there, -1, m0));
  }
  const b = solverType === 'bh1' ? hh : first;
  // A single unknown is 1/2 in the paper, which B(h) makes exact up to the order.
  const weights = places.length === 1 ? [0.5] : solveVandermonde(places, integrals(hh, places.length, b));
  terms.forEach((term, k) => {
    moved = combine(1, moved, -scale * b * weights[k], term);
  });
  return moved;
}

/** φ_k(h) h k! / B(h) for k = 1, 2, …: what the weighted powers of the places must give. */
function integrals(hh: number, count: number, b: number): number[] {
  const values: number[] = [];
  let phi = Math.expm1(hh) / hh - 1;
  for (let k = 1, factorial = 1; k <= count; k++) {
    values.push((phi * factorial) / b);
    factorial *= k + 1;
    phi = phi / hh - 1 / factorial;
  }
  return values;
}

/** The weights with Σ weightᵢ · placeᵢᵏ = valuesₖ for k = 0, 1, …, by elimination. */
function solveVandermonde(places: number[], values: number[]): number[] {
  const n = places.length;
  const rows = values.map((value, k) => [...places.map((place) => place ** k), value]);
  for (let column = 0; column < n; column++) {
    // Places differ, so with k = 0 first no pivot is 0: row by row, powers are taken down by one place.
    for (let row = column + 1; row < n; row++) {
      const factor = rows[row][column] / rows[column][column];
      rows[row] = rows[row].map((entry, j) => entry - factor * rows[column][j]);
    }
  }
  const weights = new Array<number>(n).fill(0);
  for (let row = n - 1; row >= 0; row--) {
    const known = weights.reduce((sum, weight, j) => (j > row ? sum + weight * rows[row][j] : sum), 0);
    weights[row] = (rows[row][n] - known) / rows[row][row];
  }
  return weights;
}
