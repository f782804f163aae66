import * as tf from '@tensorflow/tfjs-core';
import { checkInteger } from '../internal/checks.js';
import { VariablePacks } from '../ops/VariablePacks.js';

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
}

/**
 * Base of the optimizers: a `tf.Optimizer` that updates all small parameters as one vector and each large one alone,
 * and whose state is saved and restored under the names that the caller gives to the variables.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { PackedOptimizer } from 'diffusion-ssl/optimizers';
 *
 * class Momentum extends PackedOptimizer {
 *   static get className() {
 *     return 'Momentum';
 *   }
 *   protected readonly slotNames = ['momentum_buffer'];
 *   constructor(learningRate: number) {
 *     super(learningRate);
 *   }
 *   protected update(parameters: tf.Tensor1D, gradients: tf.Tensor1D, [velocity]: tf.Tensor1D[]) {
 *     const next = tf.add(tf.mul(velocity, 0.9), gradients) as tf.Tensor1D;
 *     return { parameters: tf.sub(parameters, tf.mul(next, this.learningRate)) as tf.Tensor1D, slots: [next] };
 *   }
 *   getConfig() {
 *     return { learningRate: this.learningRate };
 *   }
 * }
 * const x = tf.variable(tf.scalar(3));
 * const optimizer = new Momentum(0.1);
 * optimizer.minimize(() => tf.square(x) as tf.Scalar, false, [x]);
 * console.log((await optimizer.state([{ name: 'x', variable: x }])).slots.momentum_buffer.get('x')); // 6
 * ```
 */
export abstract class PackedOptimizer extends tf.Optimizer {
  private packs = new VariablePacks([]);
  /** For each slot, one vector a pack. */
  private slots: tf.Tensor1D[][] = [];
  private updates = 0;

  /** @param learningRate Step size; may be set between steps. */
  protected constructor(public learningRate: number) {
    super();
  }

  /** Names of the state vectors, as torch calls them. */
  protected abstract readonly slotNames: readonly string[];

  /**
   * One update of a vector of parameters.
   *
   * @param parameters Trainable values.
   * @param gradients Their gradients.
   * @param slots The state vectors, all zero before the first step.
   * @param step 1 for the first update.
   * @returns The new parameters and state vectors.
   */
  protected abstract update(
    parameters: tf.Tensor1D,
    gradients: tf.Tensor1D,
    slots: tf.Tensor1D[],
    step: number,
  ): { parameters: tf.Tensor1D; slots: tf.Tensor1D[] };

  /** Updates so far. */
  get step(): number {
    return this.updates;
  }

  override applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[]): void {
    const byName = new Map(
      Array.isArray(gradients)
        ? gradients.map(({ name, tensor }) => [name, tensor])
        : Object.entries(gradients),
    );
    this.pack([...byName.keys()]);
    this.updates++;
    this.packs.packs.forEach((_, index) => {
      const updated = tf.tidy(() =>
        this.update(
          this.packs.read(index),
          this.packs.concatenate(index, (variable) => byName.get(variable.name)!),
          this.slots.map((vectors) => vectors[index]),
          this.updates,
        ),
      );
      this.packs.write(index, updated.parameters);
      updated.parameters.dispose();
      updated.slots.forEach((vector, slot) => {
        this.slots[slot][index].dispose();
        this.slots[slot][index] = tf.keep(vector);
      });
    });
    this.incrementIterations();
  }

  /**
   * The state under the variables' given names.
   *
   * @param parameters Every variable that the optimizer updates, and perhaps others, which are passed over.
   * @throws If the optimizer updates a variable that has no name here.
   */
  async state(parameters: readonly NamedVariable[]): Promise<OptimizerState> {
    const nameOf = new Map(parameters.map(({ name, variable }) => [variable, name]));
    const slots: OptimizerState['slots'] = {};
    for (const [slot, slotName] of this.slotNames.entries()) {
      const values = await this.packs.values(this.slots[slot] ?? []);
      slots[slotName] = new Map();
      for (const [variable, data] of values) {
        const name = nameOf.get(variable);
        if (name === undefined)
          throw new Error(`state: variable '${variable.name}' is updated but was given no name.`);
        slots[slotName].set(name, data);
      }
    }
    return { step: this.updates, slots };
  }

  /**
   * Goes on from a saved state.
   *
   * @param parameters The variables under the names by which the state was saved. A state of step 0 may have no slots.
   * @throws If the state lacks a slot of this optimizer, or has a parameter that is not given, one of another size, or
   * one that not every slot has; the optimizer is then unchanged.
   */
  restore(parameters: readonly NamedVariable[], { step, slots }: OptimizerState): void {
    checkInteger('restore', 'step', step, 0);
    if (step === 0 && Object.keys(slots).length === 0) {
      this.release();
      this.updates = 0;
      return;
    }
    const variableOf = new Map(parameters.map(({ name, variable }) => [name, variable]));
    for (const slotName of this.slotNames) {
      if (!slots[slotName]) {
        const found = Object.keys(slots).join(', ') || 'none';
        throw new Error(
          `restore: the state has no '${slotName}' (it has ${found}): it is another optimizer's.`,
        );
      }
      for (const [name, { length }] of slots[slotName]) {
        const size = variableOf.get(name)?.size;
        if (size !== length) {
          throw new Error(
            `restore: '${slotName}' of '${name}' has ${length} values; ${size === undefined ? 'there is no such parameter' : `the parameter has ${size}`}.`,
          );
        }
      }
    }
    const saved = new Set(this.slotNames.flatMap((slotName) => [...slots[slotName].keys()]));
    for (const slotName of this.slotNames) {
      for (const name of saved) {
        if (!slots[slotName].has(name))
          throw new Error(`restore: the state has no '${slotName}' of '${name}'.`);
      }
    }
    const named = parameters.filter(({ name }) => saved.has(name));
    const nameOf = new Map(named.map(({ name, variable }) => [variable, name]));
    this.release();
    this.packs = new VariablePacks(named.map(({ variable }) => variable));
    this.slots = this.slotNames.map((slotName) =>
      this.packs.fromValues((variable) => slots[slotName].get(nameOf.get(variable)!)!),
    );
    this.updates = step;
  }

  override dispose(): void {
    this.release();
    super.dispose();
  }

  private release(): void {
    tf.dispose(this.slots);
    this.slots = [];
    this.packs = new VariablePacks([]);
  }

  /** Makes the state vectors on the first step; the variables of later steps must be the same. */
  private pack(names: readonly string[]): void {
    const registered = tf.engine().registeredVariables;
    const known = new Set(this.packs.variables.map(({ name }) => name));
    if (known.size > 0) {
      if (names.length === known.size && names.every((name) => known.has(name))) return;
      throw new Error(
        `applyGradients: got gradients of ${names.length} variables, not of the ${known.size} of the first step; ` +
          'make a new optimizer to train other variables.',
      );
    }
    const variables = names.map((name) => {
      const variable = registered[name];
      if (!variable)
        throw new Error(`applyGradients: there is no variable '${name}' (was its model disposed?).`);
      return variable;
    });
    this.packs = new VariablePacks(variables);
    this.slots = this.slotNames.map(() => this.packs.zeros());
  }
}
