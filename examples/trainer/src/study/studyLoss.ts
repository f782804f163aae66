import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from 'diffusion-ssl/losses';
import { NO_LABEL } from '../transfer/Task.js';

/** The study's own loss, over one-hot classes, and the usual one. */
export type StudyLoss = 'bce' | 'ce';

/** The mean loss of the pixels that have a label. */
export function studyLoss(kind: StudyLoss, logits: tf.Tensor4D, labels: tf.Tensor): tf.Scalar {
  if (kind === 'ce') return crossEntropy(logits, labels, { ignoreIndex: NO_LABEL });
  return tf.tidy(() => {
    const classes = logits.shape[3];
    const known = tf.cast(tf.notEqual(labels, NO_LABEL), 'float32');
    const oneHot = tf.cast(tf.oneHot(tf.cast(tf.maximum(labels, 0), 'int32'), classes), 'float32');
    const each = tf.sub(tf.softplus(logits), tf.mul(oneHot, logits));
    const sum = tf.sum(tf.mul(tf.mean(each, 3), known));
    return tf.div<tf.Scalar>(sum, tf.maximum(tf.sum(known), 1));
  });
}
