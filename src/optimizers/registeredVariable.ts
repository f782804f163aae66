import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from '../errors/ConfigError.js';

/** The variable that tfjs knows by a name, as gradients have it. */
export function registeredVariable(functionName: string, name: string): tf.Variable {
  const variable = tf.engine().registeredVariables[name];
  if (!variable)
    throw new ConfigError(`${functionName}: there is no variable '${name}' (was its model disposed?).`);
  return variable;
}
