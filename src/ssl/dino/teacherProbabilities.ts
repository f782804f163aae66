import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkNumber } from '../../internal/checks.js';

/** The teacher's outputs, [rows, out], centred and sharpened: rows whose sum is 1. */
export function teacherProbabilities(
  teacher: tf.Tensor2D,
  centre: tf.Tensor,
  temperature: number,
): tf.Tensor2D {
  checkNumber('dinoLoss: teacherTemperature', temperature, Number.MIN_VALUE);
  if (centre.size !== teacher.shape[1]) {
    throw argumentError('dinoLoss: the shape of centre', centre.shape, `[1, ${teacher.shape[1]}]`);
  }
  return tf.tidy(() => {
    const centred = tf.sub(teacher, tf.reshape(centre, [1, centre.size]));
    return tf.softmax(tf.div<tf.Tensor2D>(centred, temperature));
  });
}
