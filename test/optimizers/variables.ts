import * as tf from '@tensorflow/tfjs-core';
import { randomNormal } from '../../src/internal/philox.js';
import type { NamedVariable, PackedOptimizer } from '../../src/optimizers/PackedOptimizer.js';

/** Variables on both sides of the size from which one is updated alone, and one of a single value. */
const SHAPES = [[3, 5], [64, 80], [], [4096], [4095], [2, 2048, 1]];

export function makeVariables(seed = 1): NamedVariable[] {
  return SHAPES.map((shape, i) => ({
    name: `layer.${i}`,
    variable: tf.tidy(() => tf.variable(normal(shape, seed, i))),
  }));
}

export function normal(shape: number[], seed: number, step: number): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(randomNormal(size, { seed, stream: 0, step }), shape);
}

/** One update with gradients that depend on `step` alone. */
export function update(optimizer: PackedOptimizer, parameters: readonly NamedVariable[], step: number): void {
  tf.tidy(() => {
    const gradients = parameters.map(({ variable }, i) => ({
      name: variable.name,
      tensor: normal(variable.shape, 100 + step, i),
    }));
    optimizer.applyGradients(gradients);
  });
}

/** The values of variables, one array each. */
export const valuesOf = (parameters: readonly NamedVariable[]) =>
  Promise.all(parameters.map(({ variable }) => variable.data<'float32'>()));
