import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../../internal/checks.js';

/**
 * The centre after a step: a moving average of the teacher's outputs. DINO takes it after the loss.
 *
 * @param centre [1, out], or [out].
 * @param teacher The teacher's outputs, [rows, out].
 * @param momentum Share of the old centre, from 0 to 1: 0.9 in DINO.
 * @returns Tensor of the shape of `centre`.
 * @throws If `momentum` is out of range.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { movedCentre } from 'diffusion-ssl/ssl/dino';
 *
 * console.log(await movedCentre(tf.zeros([1, 2]), tf.ones([6, 2]), 0.9).data()); // 0.1, 0.1
 * ```
 */
export function movedCentre<T extends tf.Tensor>(centre: T, teacher: tf.Tensor2D, momentum: number): T {
  checkNumber('movedCentre: momentum', momentum, 0, 1);
  return tf.tidy(() => {
    const mean = tf.reshape(tf.mean(teacher, 0), centre.shape);
    return tf.add(tf.mul(centre, momentum), tf.mul(mean, 1 - momentum)) as T;
  });
}
