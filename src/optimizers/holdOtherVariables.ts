import * as tf from '@tensorflow/tfjs-core';
import { holdVariables } from './holdVariables.js';

/**
 * `holdVariables` of every variable on the present backend but those of the gradients. Variables of a backend that was
 * left, or has ended, take no part in what is computed now.
 */
export function holdOtherVariables(gradients: tf.NamedTensorMap): () => void {
  const { registeredVariables, state } = tf.engine();
  const here = Object.values(registeredVariables).filter(
    ({ dataId }) => state.tensorInfo.get(dataId)?.backend === tf.backend(),
  );
  return holdVariables(here.filter(({ name }) => !(name in gradients)));
}
