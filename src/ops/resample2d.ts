import type * as tf from '@tensorflow/tfjs-core';
import { checkInteger, checkOneOf } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { type InterpolationMode, interpolationMatrix } from './interpolationMatrix.js';
import { resampleAxes, transposed } from './separable.js';

/** Options of {@link resample2d}. */
export interface Resample2dOptions {
  /** Height and width of the result. */
  size: readonly [height: number, width: number];
  /** Default `'bilinear'`. */
  mode?: InterpolationMode;
  /** Whether the first and last pixels' centres stay where they are; without effect on `'nearest'`. Default false. */
  alignCorners?: boolean;
}

/**
 * Resamples an image to another size.
 *
 * Equals `torch.nn.functional.interpolate(x, size, mode, align_corners)`, without antialiasing. It is linear and
 * separable: a matrix product for the rows and one for the columns, and their transposes in the gradient.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @returns Tensor of shape [batch, ...size, channels].
 * @throws If a side of `size` is no positive integer, or the mode is unknown.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { resample2d } from 'diffusion-ssl/ops';
 *
 * console.log(resample2d(tf.ones([1, 4, 4, 2]), { size: [7, 9], mode: 'bicubic' }).shape); // [1, 7, 9, 2]
 * ```
 */
export function resample2d(
  x: tf.Tensor4D,
  { size, mode = 'bilinear', alignCorners = false }: Resample2dOptions,
): tf.Tensor4D {
  for (const side of size) checkInteger('resample2d: size', side, 1);
  checkOneOf('resample2d: mode', mode, ['nearest', 'bilinear', 'bicubic']);
  const [, height, width] = x.shape;
  const vertical = interpolationMatrix(height, size[0], mode, alignCorners);
  const horizontal = interpolationMatrix(width, size[1], mode, alignCorners);
  return customGradient(
    [x],
    (x) => ({ value: resampleAxes(x, vertical, horizontal), saved: [] }),
    (dy) => [resampleAxes(dy, transposed(vertical), transposed(horizontal))],
  );
}
