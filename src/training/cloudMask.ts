import * as tf from '@tensorflow/tfjs-core';
import { checkInteger, checkNumber } from '../internal/checks.js';
import { type RandomKey, uniformGenerator } from '../internal/philox.js';

/** Options of {@link cloudMask}. */
export interface CloudMaskOptions {
  /** Share of the pixels that is masked: each sample draws its own between the two. Default [0.1, 0.5]. */
  share?: readonly [from: number, to: number];
  /** About how wide clouds are, in pixels. Default a third of the shorter side. */
  size?: number;
  /** Names the mask: the same key and shape give the same on every backend. */
  key: RandomKey;
}

/** What each finer layer of noise adds, to the one before. */
const PERSISTENCE = 0.5;

/**
 * A mask of what looks like clouds, over all bands: where smooth noise of several widths (value noise, summed over
 * octaves) is highest. The share is met to the nearest pixel.
 *
 * @param shape [batch, height, width] of the images; further sides are left aside.
 * @returns A mask [batch, height, width, 1], 1 where masked, 0 elsewhere, the caller's to dispose.
 * @throws {ConfigError} If a side or an option is out of range.
 * @example
 * ```ts
 * import { cloudMask } from 'diffusion-ssl/training';
 *
 * const mask = cloudMask([2, 32, 32], { share: [0.2, 0.4], key: { seed: 1, stream: 30, step: 7 } });
 * console.log(mask.shape); // [2, 32, 32, 1], of which 20 to 40 % are 1
 * ```
 */
export function cloudMask(shape: readonly number[], options: CloudMaskOptions): tf.Tensor4D {
  const [batch, height, width] = shape;
  for (const [axis, side] of [batch, height, width].entries()) {
    checkInteger(`cloudMask: shape[${axis}]`, side, 1);
  }
  const { share: [from, to] = [0.1, 0.5], size = Math.max(1, Math.min(height, width) / 3), key } = options;
  checkNumber('cloudMask: share[0]', from, 0, 1);
  checkNumber('cloudMask: share[1]', to, from, 1);
  checkNumber('cloudMask: size', size, 1);
  const uniform = uniformGenerator(key);
  const values = new Float32Array(batch * height * width);
  for (let sample = 0; sample < batch; sample++) {
    const count = Math.round((from + (to - from) * uniform()) * height * width);
    const heights = new Float64Array(height * width);
    for (let cell = size, weight = 1; cell >= 1; cell /= 2, weight *= PERSISTENCE) {
      addNoise(heights, width, { cell, weight, uniform });
    }
    const order = Array.from(heights, (_, i) => i).sort((a, b) => heights[b] - heights[a] || a - b);
    for (const pixel of order.slice(0, count)) values[sample * height * width + pixel] = 1;
  }
  return tf.tensor4d(values, [batch, height, width, 1]);
}

/** Adds random values at the corners of a grid, smoothly interpolated; the grid lies anywhere. */
function addNoise(
  heights: Float64Array,
  width: number,
  { cell, weight, uniform }: { cell: number; weight: number; uniform: () => number },
): void {
  const height = heights.length / width;
  const [top, left] = [uniform(), uniform()];
  const columns = Math.ceil(width / cell) + 2;
  const corners = Float64Array.from({ length: (Math.ceil(height / cell) + 2) * columns }, uniform);
  for (let i = 0; i < heights.length; i++) {
    const [y, x] = [Math.floor(i / width) / cell + top, (i % width) / cell + left];
    const [row, column] = [Math.floor(y), Math.floor(x)];
    const [v, u] = [smooth(y - row), smooth(x - column)];
    const at = row * columns + column;
    const above = corners[at] * (1 - u) + corners[at + 1] * u;
    const below = corners[at + columns] * (1 - u) + corners[at + columns + 1] * u;
    heights[i] += weight * (above * (1 - v) + below * v);
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
