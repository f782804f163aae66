import * as tf from '@tensorflow/tfjs-core';
import { runKernel } from './runKernel.js';

/** What batch norm remembers of the batches so far. */
export interface RunningStatistics {
  runningMean: tf.Tensor1D;
  runningVar: tf.Tensor1D;
  /** Number of batches, int32. */
  tracked: tf.Scalar;
}

/** The statistics of a batch: mean and biased variance of `count` values a channel. */
export interface BatchStatistics {
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
  count: number;
}

/**
 * Takes a batch into the running statistics of batch norm, as torch's BatchNorm2d does: the running variance is of
 * unbiased ones.
 *
 * @param momentum Weight of the batch.
 * @returns The new running mean, running variance and number of batches.
 */
export function updateRunningStatistics(
  { runningMean, runningVar, tracked }: RunningStatistics,
  { mean, variance, count }: BatchStatistics,
  momentum: number,
): tf.Tensor[] {
  const inputs = { runningMean, runningVar, tracked, mean, variance };
  const updated = runKernel<tf.Tensor[]>('DiffusionSslRunningStatistics', inputs, { count, momentum });
  if (updated) return updated;
  const blend = (running: tf.Tensor1D, batch: tf.Tensor1D) =>
    tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum));
  return tf.tidy(() => [
    blend(runningMean, mean),
    blend(runningVar, tf.mul(variance, count / (count - 1))),
    tf.add(tracked, tf.scalar(1, 'int32')),
  ]);
}
