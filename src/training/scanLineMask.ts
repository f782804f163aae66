import * as tf from '@tensorflow/tfjs-core';
import { checkInteger, checkNumber } from '../internal/checks.js';
import { type RandomKey, uniformGenerator } from '../internal/philox.js';

/** Options of {@link scanLineMask}. */
export interface ScanLineMaskOptions {
  /** Share of the pixels that is masked: each sample draws its own between the two. Default [0.15, 0.45]. */
  share?: readonly [from: number, to: number];
  /** Pixels from one gap to the next, down the image: each sample draws its own. Default [6, 16]. */
  period?: readonly [from: number, to: number];
  /** Largest slope of the gaps, in degrees to either side. Default 15. */
  slope?: number;
  /** Names the mask: the same key and shape give the same on every backend. */
  key: RandomKey;
}

/**
 * A mask of parallel gaps across the image, over all bands, as a scanner leaves whose line corrector failed (Landsat 7
 * since 2003). A gap is at least one pixel wide, so that shares below 1 / period are not met.
 *
 * @param shape [batch, height, width] of the images; further sides are left aside.
 * @returns A mask [batch, height, width, 1], 1 where masked, 0 elsewhere, the caller's to dispose.
 * @throws {ConfigError} If a side or an option is out of range.
 * @example
 * ```ts
 * import { scanLineMask } from 'diffusion-ssl/training';
 *
 * const mask = scanLineMask([2, 32, 32], { share: [0.3, 0.3], key: { seed: 1, stream: 30, step: 7 } });
 * console.log(mask.shape); // [2, 32, 32, 1]
 * ```
 */
export function scanLineMask(shape: readonly number[], options: ScanLineMaskOptions): tf.Tensor4D {
  const [batch, height, width] = shape;
  for (const [axis, side] of [batch, height, width].entries()) {
    checkInteger(`scanLineMask: shape[${axis}]`, side, 1);
  }
  const { share = [0.15, 0.45], period = [6, 16], slope = 15, key } = options;
  checkNumber('scanLineMask: share[0]', share[0], 0, 1);
  checkNumber('scanLineMask: share[1]', share[1], share[0], 1);
  checkNumber('scanLineMask: period[0]', period[0], 1);
  checkNumber('scanLineMask: period[1]', period[1], period[0]);
  checkNumber('scanLineMask: slope', slope, 0, 89);
  const uniform = uniformGenerator(key);
  const between = ([from, to]: readonly [number, number]) => from + (to - from) * uniform();
  const values = new Float32Array(batch * height * width);
  for (let sample = 0; sample < batch; sample++) {
    const distance = between(period);
    const gap = Math.max(1, between(share) * distance);
    const rise = Math.tan((between([-slope, slope]) * Math.PI) / 180);
    const start = uniform() * distance;
    for (let pixel = 0; pixel < height * width; pixel++) {
      const along = Math.floor(pixel / width) + (pixel % width) * rise + start;
      const within = along - Math.floor(along / distance) * distance;
      values[sample * height * width + pixel] = within < gap ? 1 : 0;
    }
  }
  return tf.tensor4d(values, [batch, height, width, 1]);
}
