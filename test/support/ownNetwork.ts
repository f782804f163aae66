import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../../src/diffusion/Denoiser.js';
import { randomNormal } from '../../src/internal/philox.js';
import type { NamedVariable } from '../../src/optimizers/PackedOptimizer.js';

/** A network that is no tf.LayersModel: a function and its variables. */
export interface Network<C> {
  denoiser: Denoiser<C>;
  parameters: NamedVariable[];
  /** Variables that the forward pass changes in training. */
  statistics: NamedVariable[];
}

/** Variables of normal values, scaled by the inputs that each sums over. */
export function makeVariables<K extends string>(seed: number, shapes: Record<K, number[]>) {
  const entries = (Object.entries(shapes) as [K, number[]][]).map(([name, shape], stream) => {
    const size = shape.reduce((product, side) => product * side, 1);
    const scale = 1 / Math.sqrt(size / shape[shape.length - 1]);
    const values = randomNormal(size, { seed, stream, step: 0 }).map((value) => scale * value);
    return { name, variable: tf.variable(tf.tensor(values, shape)) };
  });
  const byName = Object.fromEntries(entries.map(({ name, variable }) => [name, variable]));
  return { parameters: entries as NamedVariable[], byName: byName as Record<K, tf.Variable> };
}
