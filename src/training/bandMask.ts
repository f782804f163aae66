import * as tf from '@tensorflow/tfjs-core';
import { checkInteger } from '../internal/checks.js';
import type { RandomKey } from '../internal/philox.js';
import { chooseItems } from './chooseItems.js';

/** Options of {@link bandMask}. */
export interface BandMaskOptions {
  /** How many bands of each sample are masked, from 0 to all. Default 1. */
  count?: number;
  /** Names the mask: the same key and shape give the same on every backend. */
  key: RandomKey;
}

/**
 * A mask of whole random bands, as many in each sample, from which a network learns what one band says of the others.
 *
 * @param shape [batch, …, bands] of the images.
 * @returns A mask [batch, 1, …, bands], 1 where masked, 0 elsewhere, the caller's to dispose.
 * @throws {ConfigError} If a side or the count is out of range.
 * @example
 * ```ts
 * import { bandMask } from 'diffusion-ssl/training';
 *
 * const mask = bandMask([2, 32, 32, 4], { count: 1, key: { seed: 1, stream: 30, step: 7 } });
 * console.log(mask.shape); // [2, 1, 1, 4]
 * ```
 */
export function bandMask(shape: readonly number[], options: BandMaskOptions): tf.Tensor {
  const { count = 1, key } = options;
  const [batch, bands] = [shape[0], shape[shape.length - 1]];
  checkInteger('bandMask: shape[0]', batch, 1);
  checkInteger(`bandMask: shape[${shape.length - 1}]`, bands, 1);
  checkInteger('bandMask: count', count, 0, bands);
  const between = new Array<number>(Math.max(0, shape.length - 2)).fill(1);
  return tf.tensor(chooseItems(batch, bands, count, key), [batch, ...between, bands], 'float32');
}
