import * as tf from '@tensorflow/tfjs-core';
import { checkInteger, checkNumber } from '../internal/checks.js';
import type { RandomKey } from '../internal/philox.js';
import { chooseItems } from './chooseItems.js';

/** Options of {@link blockMask}. */
export interface BlockMaskOptions {
  /**
   * Share of the blocks that is masked, from 0 to 1, to the nearest whole block; the same in each sample. Default 0.5.
   */
  ratio?: number;
  /** Side of the square blocks in pixels; 1 masks single pixels. The last ones may reach over the border. Default 8. */
  size?: number;
  /** Names the mask: the same key and shape give the same on every backend. */
  key: RandomKey;
}

/**
 * A mask of random blocks of pixels, as of masked image modelling (He et al. 2022, "Masked autoencoders are scalable
 * vision learners"): as many in each sample, at places of its own, over all bands.
 *
 * @param shape [batch, height, width] of the images; further sides are left aside.
 * @returns A mask [batch, height, width, 1], 1 where masked, 0 elsewhere, the caller's to dispose.
 * @throws {ConfigError} If a side or an option is out of range.
 * @example
 * ```ts
 * import { blockMask } from 'diffusion-ssl/training';
 *
 * const mask = blockMask([2, 32, 32], { ratio: 0.75, size: 8, key: { seed: 1, stream: 30, step: 7 } });
 * console.log(mask.shape); // [2, 32, 32, 1], of which 12 of 16 blocks are 1
 * ```
 */
export function blockMask(shape: readonly number[], options: BlockMaskOptions): tf.Tensor4D {
  const { ratio = 0.5, size = 8, key } = options;
  const [batch, height, width] = shape;
  for (const [axis, side] of [batch, height, width].entries()) {
    checkInteger(`blockMask: shape[${axis}]`, side, 1);
  }
  checkNumber('blockMask: ratio', ratio, 0, 1);
  checkInteger('blockMask: size', size, 1);
  const [rows, columns] = [Math.ceil(height / size), Math.ceil(width / size)];
  const masked = chooseItems(batch, rows * columns, Math.round(ratio * rows * columns), key);
  const values = new Float32Array(batch * height * width);
  for (let i = 0; i < values.length; i++) {
    const [sample, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    values[i] = masked[(sample * rows + Math.floor(y / size)) * columns + Math.floor(x / size)];
  }
  return tf.tensor4d(values, [batch, height, width, 1]);
}
