import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type DiffusionBatch, type DiffusionLossOptions, diffusionLoss } from './diffusionLoss.js';
import { NonFiniteLossError } from './NonFiniteLossError.js';

/**
 * Mean loss of one or more batches, in training mode unless the options say otherwise, and its gradients, which are the caller's to dispose.
 *
 * @throws {NonFiniteLossError} If the loss of a batch is NaN or infinite; nothing is then left behind.
 */
export async function averageGradients(
  model: tfl.LayersModel,
  batches: readonly DiffusionBatch[],
  variables: tf.Variable[],
  lossOptions: DiffusionLossOptions,
): Promise<{ loss: number; gradients: tf.NamedTensorMap }> {
  let loss = 0;
  let gradients: tf.NamedTensorMap = {};
  try {
    for (const batch of batches) {
      const { value, grads } = tf.variableGrads(
        () => diffusionLoss(model, batch, { training: true, ...lossOptions }),
        variables,
      );
      gradients = accumulate(gradients, grads, 1 / batches.length);
      const [lossOfBatch] = await value.data();
      value.dispose();
      if (!Number.isFinite(lossOfBatch)) throw new NonFiniteLossError(lossOfBatch);
      loss += lossOfBatch / batches.length;
    }
    return { loss, gradients };
  } catch (error) {
    tf.dispose(gradients);
    throw error;
  }
}

/** The sum so far plus `factor` times new gradients; both are consumed. */
function accumulate(sum: tf.NamedTensorMap, gradients: tf.NamedTensorMap, factor: number): tf.NamedTensorMap {
  if (factor === 1) return gradients;
  const result: tf.NamedTensorMap = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const previous = sum[name];
    result[name] = tf.tidy(() => {
      const scaled = tf.mul(gradient, factor);
      return previous ? tf.add(previous, scaled) : scaled;
    });
  }
  tf.dispose([sum, gradients]);
  return result;
}
