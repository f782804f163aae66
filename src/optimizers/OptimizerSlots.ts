import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from '../errors/ConfigError.js';
import { VariablePacks } from '../ops/VariablePacks.js';
import type { NamedVariable, OptimizerState } from './OptimizerState.js';

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

  /** The values on the host, by slot and by the name of the parameter. */
  async values(parameters: readonly NamedVariable[]): Promise<OptimizerState['slots']> {
    const nameOf = new Map(parameters.map(({ name, variable }) => [variable, name]));
    const slots: OptimizerState['slots'] = {};
    for (const [slot, slotName] of this.names.entries()) {
      slots[slotName] = new Map();
      for (const [variable, data] of await this.packs.values(this.vectors[slot])) {
        const name = nameOf.get(variable);
        if (name === undefined)
          throw new ConfigError(`state: variable '${variable.name}' is updated but was given no name.`);
        slots[slotName].set(name, data);
      }
    }
    return slots;
  }

  dispose(): void {
    tf.dispose(this.vectors);
  }
}
