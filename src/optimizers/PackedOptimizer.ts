import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkNumber } from '../internal/checks.js';
import { checkOptimizerState, type StateSizes } from './checkOptimizerState.js';
import { OptimizerSlots, type PackedUpdate } from './OptimizerSlots.js';
import type { NamedVariable, OptimizerState, StoredOptimizerState } from './OptimizerState.js';
import { registeredVariable } from './registeredVariable.js';

export type { PackedUpdate } from './OptimizerSlots.js';
export type { NamedVariable, OptimizerState, StoredOptimizerState } from './OptimizerState.js';

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
  /** Made in the first step, which tells the variables. */
  private memory?: OptimizerSlots;
  private updates = 0;
  private rate: number;

  /** @throws If `learningRate` is negative or not finite. */
  protected constructor(learningRate: number) {
    super();
    checkNumber(`${this.label}: learningRate`, learningRate, 0);
    this.rate = learningRate;
  }

  /** Names of the state vectors, as torch calls them. */
  protected abstract readonly slotNames: readonly string[];

  /** State that belongs to no parameter, changed in place by {@link advance} and saved with the slots. */
  protected readonly scalars: Record<string, number> = {};

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
  ): PackedUpdate;

  /** Called once a step, before the updates of its vectors: where {@link scalars} change. */
  protected advance(_step: number): void {}

  /**
   * The rule of an optimizer, for one that wraps it.
   *
   * @internal
   */
  protected static ruleOf(optimizer: PackedOptimizer) {
    return {
      slotNames: optimizer.slotNames,
      scalars: optimizer.scalars,
      advance: (step: number) => optimizer.advance(step),
      update: (...args: Parameters<PackedOptimizer['update']>) => optimizer.update(...args),
    };
  }

  /** The class's name in its errors. */
  protected get label(): string {
    return this.getClassName().replace(/^DiffusionSsl/, '');
  }

  /** Updates so far. */
  get step(): number {
    return this.updates;
  }

  /** Step size; may be set between steps, as a schedule does. */
  get learningRate(): number {
    return this.rate;
  }

  set learningRate(value: number) {
    checkNumber(`${this.label}: learningRate`, value, 0);
    this.rate = value;
  }

  /**
   * What a schedule that cycles momentum sets between steps: momentum, or the first of the `betas` of Adam's family.
   * Undefined where the optimizer has neither; setting it then throws.
   */
  get momentum(): number | undefined {
    return undefined;
  }

  set momentum(value: number) {
    throw argumentError(`${this.label}: momentum`, value, 'left alone: this optimizer has none');
  }

  override applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[]): void {
    const byName = new Map(
      Array.isArray(gradients)
        ? gradients.map(({ name, tensor }) => [name, tensor])
        : Object.entries(gradients),
    );
    this.memory = this.memoryOf([...byName.keys()]);
    this.updates++;
    this.advance(this.updates);
    this.memory.update(
      (variable) => byName.get(variable.name)!,
      (parameters, values, slots) => this.update(parameters, values, slots, this.updates),
    );
    this.incrementIterations();
  }

  /**
   * The state under the variables' given names.
   *
   * @param parameters Every variable that the optimizer updates, and perhaps others, which are passed over.
   * @throws If the optimizer updates a variable that has no name here.
   */
  async state(parameters: readonly NamedVariable[]): Promise<OptimizerState> {
    const memory = this.memory ?? new OptimizerSlots([], this.slotNames);
    return { step: this.updates, slots: await memory.values(parameters), scalars: { ...this.scalars } };
  }

  /**
   * The state, its values fetched one parameter at a time: for what writes a large one without holding it twice.
   *
   * @param parameters As for {@link state}.
   * @returns What holds until the next step.
   */
  storedState(parameters: readonly NamedVariable[]): StoredOptimizerState {
    const memory = this.memory ?? new OptimizerSlots([], this.slotNames);
    return { step: this.updates, slots: memory.stored(parameters), scalars: { ...this.scalars } };
  }

  /**
   * Goes on from a saved state. The learning rate and momentum are no part of it: they are the schedule's.
   *
   * @param parameters The variables under the names by which the state was saved. A state of step 0 may have no slots.
   * @throws If the state lacks a slot or scalar of this optimizer, has another slot, or has a parameter that is not
   * given, one of another size, or one that not every slot has; the optimizer is then unchanged.
   */
  restore(parameters: readonly NamedVariable[], state: OptimizerState): void {
    const { slots } = state;
    this.checkState(parameters, state);
    const named = savedOf(parameters, slots);
    const nameOf = new Map(named.map(({ name, variable }) => [variable, name]));
    this.memory?.dispose();
    this.memory =
      named.length > 0
        ? new OptimizerSlots(
            named.map(({ variable }) => variable),
            this.slotNames,
            (slot, variable) => slots[slot].get(nameOf.get(variable)!)!,
          )
        : undefined;
    this.count(state);
  }

  /**
   * Goes on from a saved state as {@link restore} does, reading its values one parameter at a time.
   *
   * @param parameters As for {@link restore}.
   * @throws As {@link restore}; what `read` throws, after which the state is of use to nobody.
   */
  async load(parameters: readonly NamedVariable[], state: StoredOptimizerState): Promise<void> {
    const { slots } = state;
    this.checkState(parameters, state);
    const named = savedOf(parameters, slots);
    const nameOf = new Map(named.map(({ name, variable }) => [variable, name]));
    this.memory?.dispose();
    this.memory = undefined;
    if (named.length > 0) {
      this.memory = new OptimizerSlots(
        named.map(({ variable }) => variable),
        this.slotNames,
      );
      await this.memory.load((slot, variable) => slots[slot].get(nameOf.get(variable)!)!);
    }
    this.count(state);
  }

  /**
   * Throws unless a state is one of this optimizer and of these parameters.
   *
   * @internal
   */
  checkState(parameters: readonly NamedVariable[], state: StateSizes): void {
    checkOptimizerState(state, parameters, this.slotNames, Object.keys(this.scalars));
  }

  override dispose(): void {
    this.memory?.dispose();
    this.memory = undefined;
    super.dispose();
  }

  private count({ step, scalars }: Omit<OptimizerState, 'slots'>): void {
    for (const name of Object.keys(this.scalars)) this.scalars[name] = scalars![name];
    this.updates = step;
  }

  /** The state vectors of these variables: new ones in the first step, whose variables those of later steps must be. */
  private memoryOf(names: readonly string[]): OptimizerSlots {
    if (this.memory) {
      const known = new Set(this.memory.variables.map(({ name }) => name));
      if (names.length === known.size && names.every((name) => known.has(name))) return this.memory;
      throw new ConfigError(
        `applyGradients: got gradients of ${names.length} variables, not of the ${known.size} of the first step; ` +
          'make a new optimizer to train other variables.',
      );
    }
    const variables = names.map((name) => registeredVariable('applyGradients', name));
    return new OptimizerSlots(variables, this.slotNames);
  }
}

/** The parameters that a state has values of. */
function savedOf(
  parameters: readonly NamedVariable[],
  slots: Readonly<Record<string, ReadonlyMap<string, unknown>>>,
): NamedVariable[] {
  const saved = new Set(Object.values(slots).flatMap((slot) => [...slot.keys()]));
  return parameters.filter(({ name }) => saved.has(name));
}
