import * as tf from '@tensorflow/tfjs-core';
import type { DenoiserCall } from '../diffusion/Denoiser.js';
import { ConfigError } from '../errors/ConfigError.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import type { NamedVariable } from '../optimizers/PackedOptimizer.js';
import { NonFiniteLossError } from './NonFiniteLossError.js';
import type { TrainStepBaseOptions } from './trainStep.js';

/**
 * Mean loss of one or more batches, in training unless the options say otherwise, and its gradients, which are the
 * caller's to dispose. The batches' steps count up from that of the options.
 *
 * @throws {NonFiniteLossError} If the loss of a batch is NaN or infinite; nothing is then left behind, nor when the
 * signal stops it.
 */
export async function averageGradients<B>(
  lossOf: (batch: B, call: DenoiserCall) => tf.Scalar,
  batches: readonly B[],
  { parameters, training = true, step, signal }: TrainStepBaseOptions,
): Promise<{ loss: number; gradients: tf.NamedTensorMap }> {
  let loss = 0;
  let gradients: tf.NamedTensorMap = {};
  try {
    for (const [i, batch] of batches.entries()) {
      if (signal) {
        await nextTurn();
        throwIfAborted(
          signal,
          `trainStep: stopped before batch ${i + 1} of ${batches.length}; no weight was changed.`,
        );
      }
      const { value, grads } = gradientsOf(() => lossOf(batch, { training, step: step + i }), parameters);
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

/** Value and gradients of a loss. */
function gradientsOf(loss: () => tf.Scalar, parameters: readonly NamedVariable[]) {
  let value: tf.Scalar | undefined;
  try {
    return tf.variableGrads(
      () => {
        value = loss();
        return value;
      },
      parameters.map(({ variable }) => variable),
    );
  } catch (cause) {
    value?.dispose();
    if (!(cause as Error).message.startsWith('Cannot find a connection')) throw cause;
    const message =
      `trainStep: parameters is a list of ${parameters.length}, ` +
      'on none of which the loss depends; it must be of this denoiser.';
    throw new ConfigError(message, { cause });
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
