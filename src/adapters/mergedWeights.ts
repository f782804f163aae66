import * as tf from '@tensorflow/tfjs-core';
import type { LowRankAdapter } from './LowRankAdapter.js';

/** A weight that holds what adapters add, and what it was without. */
interface MergedWeight {
  original: tf.Tensor;
  adapters: Set<LowRankAdapter>;
}

const mergedWeights = new WeakMap<tf.Variable, MergedWeight>();

/** Adds what an adapter adds to its weight. */
export function mergeAdapter(adapter: LowRankAdapter): void {
  const variable = variableOf(adapter);
  const merged = mergedWeights.get(variable) ?? {
    original: tf.keep(tf.tidy(() => tf.clone(variable))),
    adapters: new Set(),
  };
  mergedWeights.set(variable, merged);
  merged.adapters.add(adapter);
  adapter.isMerged = true;
  write(variable, merged);
}

/** Makes a weight what it is without an adapter, to the bit. */
export function unmergeAdapter(adapter: LowRankAdapter): void {
  const variable = variableOf(adapter);
  const merged = mergedWeights.get(variable)!;
  merged.adapters.delete(adapter);
  adapter.isMerged = false;
  write(variable, merged);
  if (merged.adapters.size > 0) return;
  merged.original.dispose();
  mergedWeights.delete(variable);
}

function write(variable: tf.Variable, { original, adapters }: MergedWeight): void {
  tf.tidy(() => {
    let value = tf.clone(original);
    for (const adapter of adapters) value = tf.add(value, adapter.delta());
    variable.assign(value);
  });
}

function variableOf({ weight: { layer, spec } }: LowRankAdapter): tf.Variable {
  return layer.variable(spec.name);
}
