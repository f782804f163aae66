import { ConfigError } from '../errors/ConfigError.js';
import { argumentError } from '../internal/checks.js';
import type { WeightSpec } from '../layers/ParameterSpec.js';
import type { NamedVariable } from '../optimizers/OptimizerState.js';

/**
 * A variable to store, under the name that it has in files: as `namedParameters(model)` returns it, or
 * `{ name, variable }` of a network that is not made of layers, which is stored as it is.
 */
export interface NamedWeight extends NamedVariable {
  /** Default: shape and type of the variable, in its own axis order. */
  spec?: WeightSpec;
}

/** A weight of which everything is known. */
export type SpecifiedWeight = Required<NamedWeight>;

/**
 * Fills in what a list of weights leaves out, and checks it.
 *
 * @throws If an entry has no name or variable, two have the same name, or one is neither float32 nor int32.
 */
export function specifiedWeights(
  functionName: string,
  weights: readonly NamedWeight[],
): readonly SpecifiedWeight[] {
  if (!Array.isArray(weights)) {
    throw argumentError(`${functionName}: parameters`, weights, 'a list, such as namedParameters(model)');
  }
  const names = new Set<string>();
  return weights.map((weight: NamedWeight, i) => {
    const { name, variable, spec } = weight ?? {};
    if (typeof name !== 'string' || name === '' || typeof variable?.assign !== 'function') {
      throw argumentError(`${functionName}: parameters[${i}]`, weight, '{ name, variable }');
    }
    if (names.has(name)) {
      throw new ConfigError(
        `${functionName}: two parameters are called '${name}'; one of them would be lost.`,
      );
    }
    names.add(name);
    if (spec) return { name, variable, spec };
    const { shape, dtype, trainable } = variable;
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw argumentError(`${functionName}: the type of parameter '${name}'`, dtype, 'float32 or int32');
    }
    return { name, variable, spec: { shape, dtype, trainable, layout: 'same' } };
  });
}
