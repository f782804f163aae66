import type * as tf from '@tensorflow/tfjs-core';
import type { StoredValues } from '../ops/VariablePacks.js';

/** A variable under the name by which its optimizer state is saved: its torch name. */
export interface NamedVariable {
  name: string;
  variable: tf.Variable;
}

/** What an optimizer remembers, on the host. */
export interface OptimizerState {
  /** Updates so far. */
  step: number;
  /** For each slot, such as `exp_avg`, the values of each parameter in the variable's own layout. */
  slots: Record<string, Map<string, Float32Array>>;
  /** Numbers that belong to no parameter, such as `mu_product` of NAdam. Default none. */
  scalars?: Record<string, number>;
}

/**
 * An {@link OptimizerState} whose values are fetched one parameter at a time, so that it need not fit into memory
 * twice.
 */
export interface StoredOptimizerState extends Omit<OptimizerState, 'slots'> {
  slots: Record<string, Map<string, StoredValues>>;
}
