import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';

/** Throws unless what a denoiser has returned is a tensor of its input's shape; a side of `null` may be any. */
export function checkPrediction(
  prediction: unknown,
  shape: readonly (number | null)[],
  note = " as xT's",
): void {
  const isTensor = prediction instanceof tf.Tensor;
  const fits = (side: number | null, i: number) =>
    side === null || side === (prediction as tf.Tensor).shape[i];
  if (!isTensor || prediction.rank !== shape.length || !shape.every(fits)) {
    throw argumentError(
      isTensor ? 'prediction.shape' : "the denoiser's prediction",
      isTensor ? prediction.shape : prediction,
      `${isTensor ? '' : 'a tensor '}[${shape.map((side) => side ?? 'any')}]${note}`,
    );
  }
}
