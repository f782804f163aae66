import * as tf from '@tensorflow/tfjs-core';
import { holdOtherVariables } from '../optimizers/holdOtherVariables.js';
import type { SAM } from '../optimizers/SAM.js';

/** Whether an optimizer is a SAM. (`instanceof` is true of every `tf.Optimizer`.) */
export function isSam(optimizer: tf.Optimizer): optimizer is SAM {
  return 'perturb' in optimizer;
}

/**
 * The gradients at the weights that `sam` perturbs by `gradients`, which are consumed. The weights and every other
 * variable, such as the running statistics of batch norm, are afterwards as before, also when `pass` throws.
 */
export async function perturbedGradients(
  sam: SAM,
  gradients: tf.NamedTensorMap,
  pass: () => Promise<{ gradients: tf.NamedTensorMap }>,
): Promise<tf.NamedTensorMap> {
  const putBack = [holdOtherVariables(gradients), sam.perturb(gradients)];
  tf.dispose(gradients);
  try {
    return (await pass()).gradients;
  } finally {
    for (const back of putBack) back();
  }
}
