import * as tf from '@tensorflow/tfjs-core';
import { checkInteger, checkOneOf } from '../internal/checks.js';
import { checkShape } from './checkShape.js';
import { cubicMatrix } from './cubicMatrix.js';
import { customGradient } from './customGradient.js';
import { type Matrix, resampleAxes, transposed } from './separable.js';

/** By whose rule learned positions are brought to another grid: see {@link resizePositions}. */
export type PositionRule = 'timm' | 'dino';

/** The values of {@link PositionRule}. */
export const positionRules: readonly PositionRule[] = ['timm', 'dino'];

/** Options of {@link resizePositions}. */
export interface ResizePositionsOptions {
  /** Rows and columns of patches that the positions are of. */
  from: readonly [rows: number, columns: number];
  /** Rows and columns that are wanted. */
  to: readonly [rows: number, columns: number];
  /** Positions before those of the patches, such as that of a class token, which stay. Default 0. */
  prefix?: number;
  /** Default `'dino'`. */
  rule?: PositionRule;
}

/**
 * Learned positions of a grid of patches, for another grid.
 *
 * Both rules are bicubic, and up to 0.7 apart: `'timm'` resamples to the grid, with antialiasing (a = −0.5), as
 * timm's `resample_abs_pos_embed`; `'dino'` resamples without (a = −0.75), by the factor (rows + 0.1) / old rows, as
 * DINO's `interpolate_pos_encoding`. The 0.1 kept torch from rounding a row away, and trained weights know it. Where
 * both grids are the same, the positions are too.
 *
 * @param positions Tensor of shape [1, prefix + rows · columns, channels], row by row.
 * @returns Tensor of shape [1, prefix + rows · columns of `to`, channels].
 * @throws If `positions` is not of the grid `from`, a side is no positive integer, or the rule is unknown.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { resizePositions } from 'diffusion-ssl/ops';
 *
 * const positions = tf.randomNormal<tf.Rank.R3>([1, 1 + 14 * 14, 8]);
 * console.log(resizePositions(positions, { from: [14, 14], to: [28, 28], prefix: 1 }).shape); // [1, 785, 8]
 * ```
 */
export function resizePositions(
  positions: tf.Tensor3D,
  { from, to, prefix = 0, rule = 'dino' }: ResizePositionsOptions,
): tf.Tensor3D {
  for (const side of [...from, ...to]) checkInteger('resizePositions: a side', side, 1);
  checkOneOf('resizePositions: rule', rule, positionRules);
  const channels = positions.shape[2];
  const count = from[0] * from[1];
  checkShape('resizePositions', 'positions', positions, [1, prefix + count, channels]);
  if (from[0] === to[0] && from[1] === to[1]) return tf.clone(positions);
  const [vertical, horizontal] = [0, 1].map((axis) => matrixOf(from[axis], to[axis], rule));
  return tf.tidy(() => {
    const patches = tf.slice(positions, [0, prefix, 0], [1, count, channels]);
    const grid = resampled(tf.reshape(patches, [1, ...from, channels]), vertical, horizontal);
    const resized: tf.Tensor3D = tf.reshape(grid, [1, to[0] * to[1], channels]);
    return prefix === 0
      ? resized
      : tf.concat([tf.slice(positions, [0, 0, 0], [1, prefix, channels]), resized], 1);
  });
}

function matrixOf(from: number, to: number, rule: PositionRule): Matrix {
  return rule === 'timm'
    ? cubicMatrix(from, to, { a: -0.5, antialias: true })
    : cubicMatrix(from, to, { a: -0.75, step: from / (to + 0.1) });
}

function resampled(grid: tf.Tensor4D, vertical: Matrix, horizontal: Matrix): tf.Tensor4D {
  return customGradient(
    [grid],
    (grid) => ({ value: resampleAxes(grid, vertical, horizontal), saved: [] }),
    (dy) => [resampleAxes(dy, transposed(vertical), transposed(horizontal))],
  );
}
