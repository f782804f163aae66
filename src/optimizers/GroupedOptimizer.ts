import type * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../errors/CheckpointError.js';
import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkNumber } from '../internal/checks.js';
import type { StateSizes } from './checkOptimizerState.js';
import {
  type NamedVariable,
  type OptimizerState,
  PackedOptimizer,
  type PackedUpdate,
  type StoredOptimizerState,
} from './PackedOptimizer.js';

/** Parameters with a learning rate of their own, or without weight decay. */
export interface ParameterGroup {
  parameters: readonly NamedVariable[];
  /** Times the optimizer's learning rate. Default 1. */
  factor?: number;
  /** Whether they have the optimizer's weight decay; where not, it must be one of Adam's family. Default true. */
  decays?: boolean;
}

/**
 * Groups of parameters, each with an optimizer and a learning rate of its own, as torch's parameter groups: layer-wise
 * learning rates, a head that is trained first. A step may leave a group out; its count of updates then stays.
 *
 * `learningRate`, `momentum` and `weightDecay` are those of all groups, the first times each one's factor: what a
 * schedule sets. The state is saved and restored as one.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { AdamW, GroupedOptimizer } from 'diffusion-ssl/optimizers';
 *
 * const [slow, fast] = ['slow', 'fast'].map((name) => ({ name, variable: tf.variable(tf.scalar(1)) }));
 * const groups = [{ parameters: [slow], factor: 0.1 }, { parameters: [fast] }];
 * const optimizer = new GroupedOptimizer(() => new AdamW({ learningRate: 0.5, weightDecay: 0 }), groups);
 * optimizer.minimize(() => tf.add(tf.square(slow.variable), tf.square(fast.variable)) as tf.Scalar);
 * console.log(await slow.variable.data(), await fast.variable.data()); // 0.95 and 0.5
 * ```
 */
export class GroupedOptimizer extends PackedOptimizer {
  static get className(): string {
    return 'DiffusionSslGroupedOptimizer';
  }
  protected readonly slotNames: readonly string[] = [];
  private readonly groups: {
    optimizer: PackedOptimizer;
    parameters: readonly NamedVariable[];
    factor: number;
    decays: boolean;
  }[];

  /**
   * @param make Makes the optimizer of a group: the same, with the same options, for each.
   * @throws If there is no group, a parameter is in two, a factor is negative, or `make` gives a SAM.
   */
  constructor(make: () => PackedOptimizer, groups: readonly ParameterGroup[]) {
    const optimizers = groups.map(() => make());
    super(optimizers[0]?.learningRate ?? 0);
    if (groups.length === 0) throw argumentError('GroupedOptimizer: groups', groups, 'at least one');
    if (optimizers[0].getClassName() === 'DiffusionSslSAM') {
      throw argumentError('GroupedOptimizer: make', 'a SAM', 'another optimizer: SAM has no groups');
    }
    const names = groups.flatMap(({ parameters }) => parameters.map(({ name }) => name));
    const twice = names.find((name, i) => names.indexOf(name) < i);
    if (twice !== undefined) throw new ConfigError(`GroupedOptimizer: '${twice}' is in two groups.`);
    this.groups = groups.map(({ parameters, factor = 1, decays = true }, i) => {
      checkNumber('GroupedOptimizer: factor', factor, 0);
      if (!decays) decaying(optimizers[i]).weightDecay = 0;
      return { optimizer: optimizers[i], parameters, factor, decays };
    });
    this.learningRate = super.learningRate;
  }

  override get step(): number {
    return Math.max(...this.groups.map(({ optimizer }) => optimizer.step));
  }

  override get learningRate(): number {
    return super.learningRate;
  }

  override set learningRate(value: number) {
    super.learningRate = value;
    for (const { optimizer, factor } of this.groups ?? []) optimizer.learningRate = value * factor;
  }

  override get momentum(): number | undefined {
    return this.groups[0].optimizer.momentum;
  }

  override set momentum(value: number) {
    for (const { optimizer } of this.groups) optimizer.momentum = value;
  }

  /** Of the groups that decay; undefined where the optimizer has none that can be set. */
  get weightDecay(): number | undefined {
    const { optimizer } = this.groups.find(({ decays }) => decays) ?? this.groups[0];
    return (optimizer as Decaying).weightDecay;
  }

  set weightDecay(value: number) {
    for (const { optimizer, decays } of this.groups) if (decays) decaying(optimizer).weightDecay = value;
  }

  override applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[]): void {
    const left = new Map(
      Array.isArray(gradients)
        ? gradients.map(({ name, tensor }) => [name, tensor])
        : Object.entries(gradients),
    );
    const parts = this.groups.map(({ optimizer, parameters }) => {
      const own = parameters.flatMap(({ variable: { name } }) => {
        const tensor = left.get(name);
        left.delete(name);
        return tensor ? [{ name, tensor }] : [];
      });
      return { optimizer, own };
    });
    const [stranger] = left.keys();
    if (stranger !== undefined) {
      throw new ConfigError(`applyGradients: there is a gradient of '${stranger}', which is in no group.`);
    }
    for (const { optimizer, own } of parts) if (own.length > 0) optimizer.applyGradients(own);
    this.incrementIterations();
  }

  override async state(): Promise<OptimizerState> {
    const states = await Promise.all(
      this.groups.map(({ optimizer, parameters }) => optimizer.state(parameters)),
    );
    return joined(states, this.step);
  }

  override storedState(): StoredOptimizerState {
    return joined(
      this.groups.map(({ optimizer, parameters }) => optimizer.storedState(parameters)),
      this.step,
    );
  }

  override restore(parameters: readonly NamedVariable[], state: OptimizerState): void {
    this.checkState(parameters, state);
    for (const [i, { optimizer, parameters }] of this.groups.entries()) {
      optimizer.restore(parameters, this.part(state, i) as OptimizerState);
    }
  }

  override async load(parameters: readonly NamedVariable[], state: StoredOptimizerState): Promise<void> {
    this.checkState(parameters, state);
    for (const [i, { optimizer, parameters }] of this.groups.entries()) {
      await optimizer.load(parameters, this.part(state, i) as StoredOptimizerState);
    }
  }

  /** @internal */
  override checkState(_parameters: readonly NamedVariable[], state: StateSizes): void {
    const known = new Set(this.groups.flatMap(({ parameters }) => parameters.map(({ name }) => name)));
    for (const slot of Object.values(state.slots)) {
      for (const name of slot.keys()) {
        if (!known.has(name))
          throw new CheckpointError(`restore: the state has '${name}', which is in no group.`);
      }
    }
    for (const [i, { optimizer, parameters }] of this.groups.entries()) {
      optimizer.checkState(parameters, this.part(state, i));
    }
  }

  override dispose(): void {
    for (const { optimizer } of this.groups) optimizer.dispose();
    super.dispose();
  }

  override getConfig(): tf.serialization.ConfigDict {
    const [{ optimizer }] = this.groups;
    const factors = this.groups.map(({ factor }) => factor);
    return { base: { className: optimizer.getClassName(), config: optimizer.getConfig() }, factors };
  }

  protected override update(): PackedUpdate {
    throw new ConfigError('GroupedOptimizer: it cannot be the base of another optimizer, such as SAM.');
  }

  /** What a state holds of group `i`. */
  private part({ slots, scalars = {} }: StateSizes, i: number): StateSizes {
    const prefix = `group${i}.`;
    const step = scalars[`${prefix}step`];
    if (step === undefined || scalars[`group${this.groups.length}.step`] !== undefined) {
      const saved = Object.keys(scalars).filter((name) => name.endsWith('.step')).length;
      throw new CheckpointError(
        `restore: the state is of ${saved === 0 ? 'an optimizer without groups' : `${saved} groups`}; ` +
          `this optimizer has ${this.groups.length}.`,
      );
    }
    const names = new Set(this.groups[i].parameters.map(({ name }) => name));
    const own = Object.entries(slots).map(
      ([slot, values]) => [slot, new Map([...values].filter(([name]) => names.has(name)))] as const,
    );
    return {
      step,
      slots: step === 0 ? {} : Object.fromEntries(own),
      scalars: Object.fromEntries(
        Object.entries(scalars).flatMap(([name, value]) =>
          name.startsWith(prefix) && name !== `${prefix}step` ? [[name.slice(prefix.length), value]] : [],
        ),
      ),
    };
  }
}

/** An optimizer whose weight decay can be set. */
type Decaying = PackedOptimizer & { weightDecay?: number };

/** @throws If it cannot. */
function decaying(optimizer: PackedOptimizer): Decaying {
  if ('weightDecay' in optimizer) return optimizer as Decaying;
  const accepted = "of Adam's family, whose weight decay can be set";
  throw argumentError('GroupedOptimizer: make', optimizer.getClassName(), accepted);
}

/** The states of all groups as one. */
function joined<T>(
  states: readonly {
    step: number;
    slots: Record<string, Map<string, T>>;
    scalars?: Record<string, number>;
  }[],
  step: number,
) {
  const slots: Record<string, Map<string, T>> = {};
  const scalars: Record<string, number> = {};
  for (const [i, state] of states.entries()) {
    for (const [slot, values] of Object.entries(state.slots)) {
      slots[slot] = new Map([...(slots[slot] ?? []), ...values]);
    }
    for (const [name, value] of Object.entries({ ...state.scalars, step: state.step })) {
      scalars[`group${i}.${name}`] = value;
    }
  }
  return { step, slots, scalars };
}
