import * as tf from '@tensorflow/tfjs-core';
import { holdVariables } from './holdVariables.js';

/** `holdVariables` of every variable that tfjs knows but those of the gradients. */
export function holdOtherVariables(gradients: tf.NamedTensorMap): () => void {
  const all = Object.values(tf.engine().registeredVariables);
  return holdVariables(all.filter(({ name }) => !(name in gradients)));
}
