import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger, checkNumber } from '../../internal/checks.js';
import { customGradient } from '../../ops/customGradient.js';
import { teacherProbabilities } from './teacherProbabilities.js';
import { totalOf } from './totalOf.js';

/** Options of {@link dinoLoss}. */
export interface DinoLossOptions {
  /** Crops of an image, the first two of which the teacher has seen. At least 2. */
  crops: number;
  /** What is taken from the teacher's output: [1, out], or [out]. */
  centre: tf.Tensor;
  /** Default 0.1. */
  studentTemperature?: number;
  /** Default 0.04. */
  teacherTemperature?: number;
}

/**
 * How much the student's outputs surprise the teacher: cross-entropy between the teacher's, centred and sharpened, of
 * either of two crops and the student's of every other crop, as a mean over pairs and images.
 *
 * DINO's `DINOLoss`; its gradient is the student's alone. Caron et al., "Emerging Properties in Self-Supervised Vision
 * Transformers" (2021).
 *
 * @param student Outputs, [crops · batch, out]: of the first crop of all images, then of the second, …
 * @param teacher Outputs of the first two crops, [2 · batch, out].
 * @throws If the shapes do not fit, or a temperature is not above 0.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { dinoLoss } from 'diffusion-ssl/ssl/dino';
 *
 * const same = tf.zeros<tf.Rank.R2>([2 * 3, 4096]);
 * const loss = dinoLoss(same, same, { crops: 2, centre: tf.zeros([1, 4096]) });
 * console.log((await loss.data())[0].toFixed(4)); // 8.3178, ln 4096: the loss of a collapsed network
 * ```
 */
export function dinoLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, options: DinoLossOptions): tf.Scalar {
  const { crops, centre, studentTemperature = 0.1, teacherTemperature = 0.04 } = options;
  checkInteger('dinoLoss: crops', crops, 2);
  checkNumber('dinoLoss: studentTemperature', studentTemperature, Number.MIN_VALUE);
  const [rows, out] = student.shape;
  const batch = rows / crops;
  if (!Number.isInteger(batch) || batch === 0) {
    throw argumentError('dinoLoss: the shape of student', student.shape, `[${crops} · batch, out]`);
  }
  if (teacher.shape[0] !== 2 * batch || teacher.shape[1] !== out) {
    throw argumentError('dinoLoss: the shape of teacher', teacher.shape, `[${2 * batch}, ${out}]`);
  }
  const pairs = 2 * (crops - 1);
  return tf.tidy(() => {
    const probabilities = teacherProbabilities(teacher, centre, teacherTemperature);
    const [first, second] = tf.split(probabilities, 2);
    const both = tf.add(first, second);
    // What a crop is compared with: the other of the two that the teacher has seen, or both.
    const expected: tf.Tensor2D = tf.concat([
      second,
      first,
      ...new Array<tf.Tensor2D>(crops - 2).fill(both as tf.Tensor2D),
    ] as tf.Tensor2D[]);
    const scale = 1 / (batch * pairs);
    return customGradient(
      [student],
      (student) => {
        const surprise = tf.logSoftmax(tf.div<tf.Tensor2D>(student, studentTemperature));
        const value = tf.mul<tf.Scalar>(totalOf(tf.mul(expected, surprise)), -scale);
        return { value, saved: [student, expected] };
      },
      (dy, student, expected) => {
        const predicted = tf.softmax(tf.div<tf.Tensor2D>(student, studentTemperature));
        const total = tf.sum(expected, 1, true);
        const slope = tf.sub(tf.mul(predicted, total), expected);
        return [tf.mul(tf.mul(slope, scale / studentTemperature), dy)];
      },
    );
  });
}
