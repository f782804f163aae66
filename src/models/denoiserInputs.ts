import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ConditionFields } from '../diffusion/Denoiser.js';
import { ConfigError } from '../errors/ConfigError.js';
import { argumentError } from '../internal/checks.js';

/** Throws unless a model is one of x, t and perhaps conditions. */
export function checkDenoiserModel(functionName: string, model: tfl.LayersModel): void {
  if (!Array.isArray(model?.layers)) {
    throw argumentError(`${functionName}: model`, model, 'a tf.LayersModel, such as unetAttD()');
  }
  if (model.inputs.length < 2) {
    throw new ConfigError(
      `${functionName}: the model has one input; a denoiser's are x, t and then its conditions, by name.`,
    );
  }
}

/**
 * The inputs of a model, in its order: x, t, and the fields of the condition under the names of its further inputs.
 *
 * @throws {ConfigError} If a field is missing, or there is no input for it, or its shape or dtype is not the input's.
 */
export function denoiserInputs(
  functionName: string,
  model: tfl.LayersModel,
  [xT, t]: readonly [tf.Tensor, tf.Tensor1D],
  condition: ConditionFields | undefined,
): tf.Tensor[] {
  const names = model.inputNames.slice(2);
  const fields: unknown = condition ?? {};
  if (!(fields instanceof Object) || fields instanceof tf.Tensor) {
    throw argumentError(
      `${functionName}: condition`,
      condition,
      `an object of tensors: { ${names.join(', ')} }`,
    );
  }
  const given = Object.keys(fields);
  if (given.length !== names.length || !names.every((name) => given.includes(name))) {
    throw new ConfigError(
      `${functionName}: the condition has ${listed(given)}; the model's inputs beside x and t are ${listed(names)}.`,
    );
  }
  if (t.dtype === 'float32' && model.inputs[1].dtype === 'int32') {
    const accepted =
      'int32, as the model declares it; declare it float32 for timesteps between two trained ones';
    throw argumentError(`${functionName}: t`, t, accepted);
  }
  return [
    xT,
    fitted(t, model.inputs[1]),
    ...names.map((name, i) => {
      const field = (fields as ConditionFields)[name];
      const input = model.inputs[2 + i];
      const value = field instanceof tf.Tensor ? fitted(field, input) : undefined;
      const shape = [xT.shape[0], ...input.shape.slice(1)];
      if (
        value?.dtype !== input.dtype ||
        value.rank !== shape.length ||
        !shape.every((side, axis) => side === null || side === value.shape[axis])
      ) {
        const accepted = shape.map((side) => side ?? 'any').join(', ');
        throw argumentError(
          `${functionName}: condition.${name}`,
          field,
          `a tensor [${accepted}] of ${input.dtype}`,
        );
      }
      return value;
    }),
  ];
}

const listed = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : 'nothing');

/** One number a sample as the column that tf.layers take, integers as floats where an input asks for these. */
function fitted(value: tf.Tensor, input: tfl.SymbolicTensor): tf.Tensor {
  const isColumn = value.rank === 1 && input.shape.length === 2 && input.shape[1] === 1;
  const column = isColumn ? tf.reshape(value, [-1, 1]) : value;
  return input.dtype === 'float32' && value.dtype === 'int32' ? tf.cast(column, 'float32') : column;
}
