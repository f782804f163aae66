import * as tf from '@tensorflow/tfjs-core';
import type { TaskKind } from '../transfer/Task.js';

/**
 * Chips as a network takes them: of change, whose chips hold the bands of both dates, first all of one date and then
 * all of the other.
 */
export function networkInput(chips: tf.Tensor4D, task: TaskKind): tf.Tensor4D {
  if (task !== 'change') return chips;
  return tf.concat(tf.split(chips, 2, 3), 0) as tf.Tensor4D;
}
