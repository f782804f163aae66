import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from '../errors/ConfigError.js';
import { type StoredValues, VariablePacks } from '../ops/VariablePacks.js';
import type { NamedVariable, OptimizerState, StoredOptimizerState } from './OptimizerState.js';

/** New values of a vector of parameters and of its state vectors. */
export interface PackedUpdate {
  parameters: tf.Tensor1D;
  slots: tf.Tensor1D[];
}

/** The state vectors of an optimizer: for each slot, one vector a pack of variables. */
export class OptimizerSlots {
  private readonly packs: VariablePacks;
  private readonly vectors: tf.Tensor1D[][];

  /** @param valuesOf Where the vectors start. Default zero. */
  constructor(
    variables: readonly tf.Variable[],
    private readonly names: readonly string[],
    valuesOf?: (slot: string, variable: tf.Variable) => Float32Array,
  ) {
    this.packs = new VariablePacks(variables);
    this.vectors = names.map((slot) =>
      valuesOf ? this.packs.fromValues((variable) => valuesOf(slot, variable)) : this.packs.zeros(),
    );
  }

  get variables(): readonly tf.Variable[] {
    return this.packs.variables;
  }

  /** Writes each vector of parameters and its state anew, as `rule` gives them. */
  update(
    gradientOf: (variable: tf.Variable) => tf.Tensor,
    rule: (parameters: tf.Tensor1D, gradients: tf.Tensor1D, slots: tf.Tensor1D[]) => PackedUpdate,
  ): void {
    for (const index of this.packs.packs.keys()) {
      const { parameters, slots } = tf.tidy(() => {
        const gradients = this.packs.concatenate(index, gradientOf);
        const old = this.vectors.map((vectors) => vectors[index]);
        return { ...rule(this.packs.read(index), gradients, old) };
      });
      this.packs.write(index, parameters);
      parameters.dispose();
      slots.forEach((vector, slot) => {
        this.vectors[slot][index].dispose();
        this.vectors[slot][index] = tf.keep(vector);
      });
    }
  }

  /** The values by slot and by the name of the parameter, fetched as they are read. */
  stored(parameters: readonly NamedVariable[]): StoredOptimizerState['slots'] {
    const nameOf = new Map(parameters.map(({ name, variable }) => [variable, name]));
    const slots: StoredOptimizerState['slots'] = {};
    for (const [slot, slotName] of this.names.entries()) {
      slots[slotName] = new Map();
      for (const [variable, values] of this.packs.stored(this.vectors[slot])) {
        const name = nameOf.get(variable);
        if (name === undefined)
          throw new ConfigError(`state: variable '${variable.name}' is updated but was given no name.`);
        slots[slotName].set(name, values);
      }
    }
    return slots;
  }

  /** The values on the host. */
  async values(parameters: readonly NamedVariable[]): Promise<OptimizerState['slots']> {
    const slots: OptimizerState['slots'] = {};
    for (const [slotName, stored] of Object.entries(this.stored(parameters))) {
      slots[slotName] = new Map();
      // A copy: some backends give their own memory.
      for (const [name, values] of stored) slots[slotName].set(name, (await values.read()).slice());
    }
    return slots;
  }

  /** Replaces the vectors, one after the other. */
  async load(valuesOf: (slot: string, variable: tf.Variable) => StoredValues): Promise<void> {
    for (const [slot, name] of this.names.entries())
      await this.packs.load(this.vectors[slot], (variable) => valuesOf(name, variable));
  }

  dispose(): void {
    tf.dispose(this.vectors);
  }
}
