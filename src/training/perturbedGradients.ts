import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { holdVariables } from '../optimizers/holdVariables.js';
import type { SAM } from '../optimizers/SAM.js';

/** Whether an optimizer is a SAM. (`instanceof` is true of every `tf.Optimizer`.) */
export function isSam(optimizer: tf.Optimizer): optimizer is SAM {
  return 'perturb' in optimizer;
}

/**
 * The gradients at the weights that `sam` perturbs by `gradients`, which are consumed. The weights and the running statistics of batch
 * norm are afterwards as before, also when `pass` throws.
 */
export async function perturbedGradients(
  model: tfl.LayersModel,
  sam: SAM,
  gradients: tf.NamedTensorMap,
  pass: () => Promise<{ gradients: tf.NamedTensorMap }>,
): Promise<tf.NamedTensorMap> {
  const statistics = model.nonTrainableWeights.map((weight) => weight.read() as tf.Variable);
  const putBack = [holdVariables(statistics), sam.perturb(gradients)];
  tf.dispose(gradients);
  try {
    return (await pass()).gradients;
  } finally {
    for (const back of putBack) back();
  }
}
