import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from 'diffusion-ssl/errors';
import { binaryCrossEntropy, crossEntropy, diceLoss, focalLoss } from 'diffusion-ssl/losses';
import { NO_LABEL, type Task } from '../transfer/Task.js';
import type { TuneConfig } from './TuneConfig.js';

/** What a network's outputs are worth for labels. */
export type TuningLoss = (logits: tf.Tensor, labels: tf.Tensor) => tf.Scalar;

/** The loss that a configuration names. */
export function tuningLoss(task: Task, config: TuneConfig): TuningLoss {
  const { loss, labelSmoothing } = config;
  const classWeights = weightsOf(task, config);
  if (task.kind === 'groups') {
    if (loss !== 'ce')
      throw new ConfigError(`--loss ${loss} is of one class a pixel or chip; groups take ce.`);
    return (logits, labels) =>
      binaryCrossEntropy(logits, tf.cast(labels, 'float32'), { positiveWeights: classWeights });
  }
  const options = { ignoreIndex: NO_LABEL, classWeights };
  return {
    ce: (logits: tf.Tensor, labels: tf.Tensor) =>
      crossEntropy(logits, labels, { ...options, labelSmoothing }),
    dice: (logits: tf.Tensor, labels: tf.Tensor) => diceLoss(logits, labels, options),
    focal: (logits: tf.Tensor, labels: tf.Tensor) => focalLoss(logits, labels, options),
    'ce+dice': (logits: tf.Tensor, labels: tf.Tensor) =>
      tf.add(
        crossEntropy(logits, labels, { ...options, labelSmoothing }),
        diceLoss(logits, labels, options),
      ) as tf.Scalar,
  }[loss];
}

/** One a class: those given, or by how rare a class is in the training labels, 1 on average. */
function weightsOf(task: Task, { classWeights }: TuneConfig): number[] | undefined {
  if (classWeights === undefined) return undefined;
  const { length } = task.classes;
  if (classWeights !== 'balanced') {
    if (classWeights.length === length) return classWeights;
    throw new ConfigError(`--class-weights has ${classWeights.length} numbers; there are ${length} classes.`);
  }
  const counts = new Array<number>(length).fill(0);
  const { labels } = task.sets.train;
  let known = 0;
  for (const [i, label] of labels.entries()) {
    if (label === NO_LABEL) continue;
    known++;
    // Of groups there is a 0 or 1 a class.
    if (task.kind !== 'groups') counts[label]++;
    else counts[i % length] += label;
  }
  if (task.kind === 'groups') return counts.map((count) => (count > 0 ? known / length / count - 1 : 1));
  const present = counts.filter((count) => count > 0).length;
  const inverse = counts.map((count) => (count > 0 ? known / count : 0));
  const sum = inverse.reduce((a, b) => a + b, 0);
  return inverse.map((value) => (value > 0 ? (value * present) / sum : 1));
}
