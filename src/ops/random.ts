import * as tf from '@tensorflow/tfjs-core';
import { checkInteger } from '../internal/checks.js';
import type { RandomKey } from '../internal/philox.js';
import * as philox from '../internal/philox.js';

export type { RandomKey } from '../internal/philox.js';

/**
 * Uniform random numbers in [0, 1) from a named sequence: the same on every backend and machine.
 *
 * Philox4x32-10 in plain JavaScript, uploaded. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
 *
 * @param shape Shape of the result.
 * @param key Seed, stream and step that name the sequence.
 * @returns Float32 tensor of multiples of 2^-24.
 * @throws If the key is out of range.
 * @example
 * ```ts
 * import { randomUniform } from 'diffusion-ssl/ops';
 *
 * const a = randomUniform([2, 3], { seed: 1, stream: 0, step: 7 });
 * console.log(a.shape); // [2, 3]
 * ```
 */
export function randomUniform<R extends tf.Rank>(shape: tf.ShapeMap[R], key: RandomKey): tf.Tensor<R> {
  return tf.tensor(philox.randomUniform(sizeOf(shape), key), shape);
}

/**
 * Standard normal random numbers from a named sequence: the same on every backend and machine.
 *
 * Box-Muller transform of Philox4x32-10 words, in float64, rounded to float32.
 *
 * @param shape Shape of the result.
 * @param key Seed, stream and step that name the sequence.
 * @throws If the key is out of range.
 * @example
 * ```ts
 * import { randomNormal } from 'diffusion-ssl/ops';
 *
 * const noise = randomNormal([1, 8, 8, 4], { seed: 1, stream: 0, step: 7 });
 * console.log(noise.shape); // [1, 8, 8, 4]
 * ```
 */
export function randomNormal<R extends tf.Rank>(shape: tf.ShapeMap[R], key: RandomKey): tf.Tensor<R> {
  return tf.tensor(philox.randomNormal(sizeOf(shape), key), shape);
}

/** Options of {@link randomIntegers}. */
export interface RandomIntegersOptions {
  /**
   * Draw number i from the i-th of `count` equal parts of the range, so that each batch covers all of it. Over batches
   * of shuffled samples every integer stays as likely as any other. Default false: independent draws.
   */
  stratified?: boolean;
}

/**
 * Uniform random integers in [0, bound) from a named sequence, such as the timesteps of a batch.
 *
 * Stratified draws lower the variance of a batch's loss over timesteps, as the low-discrepancy sampler of Kingma et
 * al., "Variational Diffusion Models" (2021), appendix I.1, does.
 *
 * @param count How many.
 * @param bound Exclusive upper bound, up to 2^24.
 * @param key Seed, stream and step that name the sequence.
 * @throws If an argument is out of range.
 * @example
 * ```ts
 * import { randomIntegers } from 'diffusion-ssl/ops';
 *
 * const key = { seed: 1, stream: 0, step: 7 };
 * console.log(randomIntegers(8, 1000, key).length); // 8
 * console.log(randomIntegers(2, 1000, key, { stratified: true })[1] >= 500); // true
 * ```
 */
export function randomIntegers(
  count: number,
  bound: number,
  key: RandomKey,
  { stratified = false }: RandomIntegersOptions = {},
): Int32Array {
  checkInteger('randomIntegers: count', count, 0);
  checkInteger('randomIntegers: bound', bound, 1, 2 ** 24);
  return Int32Array.from(philox.randomWords(count, key), (word, i) => {
    const uniform = word / 2 ** 32;
    return Math.floor((stratified ? (i + uniform) / count : uniform) * bound);
  });
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
