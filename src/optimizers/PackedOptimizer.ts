import * as tf from '@tensorflow/tfjs-core';

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
 * Base of the optimizers: a `tf.Optimizer` that updates all parameters as one packed vector.
 *
 * A handful of operations a step instead of a dozen for every variable, which on small networks is most of a step.
 * State is saved and restored under the names that the caller gives to the variables.
 */
export abstract class PackedOptimizer extends tf.Optimizer {
  private variables: tf.Variable[] = [];
  private slots: tf.Tensor1D[] = [];
  private updates = 0;

  /** @param learningRate Step size; may be set between steps. */
  protected constructor(public learningRate: number) {
    super();
  }

  /** Names of the state vectors, as torch calls them. */
  protected abstract readonly slotNames: readonly string[];

  /**
   * One update of the packed parameters.
   *
   * @param parameters All trainable values.
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
    const named: [string, tf.Tensor][] = Array.isArray(gradients)
      ? gradients.map(({ name, tensor }) => [name, tensor])
      : Object.entries(gradients);
    const registered = tf.engine().registeredVariables;
    this.pack(
      named.map(([name]) => {
        const variable = registered[name];
        if (!variable)
          throw new Error(`applyGradients: there is no variable '${name}' (was its model disposed?).`);
        return variable;
      }),
    );
    const { parameters, slots } = tf.tidy(() =>
      this.update(
        concatenate(this.variables),
        concatenate(named.map(([, tensor]) => tensor)),
        this.slots,
        this.updates + 1,
      ),
    );
    this.updates++;
    tf.dispose(this.slots);
    this.slots = slots.map((slot) => tf.keep(slot));
    tf.tidy(() => {
      const parts = tf.split(parameters, sizes(this.variables));
      this.variables.forEach((variable, i) => {
        variable.assign(tf.reshape(parts[i], variable.shape));
      });
    });
    parameters.dispose();
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
    const names = this.variables.map((variable) => {
      const name = nameOf.get(variable);
      if (name === undefined)
        throw new Error(`state: variable '${variable.name}' is updated but was given no name.`);
      return name;
    });
    const values = await Promise.all(this.slots.map((slot) => slot.data<'float32'>()));
    const ends: number[] = [];
    for (const { size } of this.variables) ends.push((ends.at(-1) ?? 0) + size);
    const slots: OptimizerState['slots'] = {};
    this.slotNames.forEach((slotName, i) => {
      const part = (j: number) => values[i].slice(j === 0 ? 0 : ends[j - 1], ends[j]);
      slots[slotName] = new Map(names.map((name, j) => [name, part(j)]));
    });
    return { step: this.updates, slots };
  }

  /**
   * Goes on from a saved state.
   *
   * @param parameters The variables under the names by which the state was saved.
   * @throws If the state has a parameter that is not given, or one of another size, or lacks a slot of this optimizer.
   */
  restore(parameters: readonly NamedVariable[], { step, slots }: OptimizerState): void {
    for (const slotName of this.slotNames) {
      if (!slots[slotName]) {
        throw new Error(
          `restore: the state has no '${slotName}' (it has ${Object.keys(slots).join(', ') || 'none'}): it is another optimizer's.`,
        );
      }
    }
    const variableOf = new Map(parameters.map(({ name, variable }) => [name, variable]));
    const names = [...(slots[this.slotNames[0]]?.keys() ?? [])];
    const variables = names.map((name) => {
      const variable = variableOf.get(name);
      if (!variable) throw new Error(`restore: the state has '${name}', which is no parameter of the model.`);
      return variable;
    });
    const total = sizes(variables).reduce((sum, size) => sum + size, 0);
    const packed = this.slotNames.map((slotName) => {
      const vector = new Float32Array(total);
      let offset = 0;
      names.forEach((name, i) => {
        const values = slots[slotName].get(name);
        if (values?.length !== variables[i].size) {
          throw new Error(
            `restore: '${slotName}' of '${name}' has ${values?.length ?? 0} values; the parameter has ${variables[i].size}.`,
          );
        }
        vector.set(values, offset);
        offset += values.length;
      });
      return vector;
    });
    tf.dispose(this.slots);
    this.variables = variables;
    this.slots = packed.map((vector) => tf.keep(tf.tensor1d(vector)));
    this.updates = step;
  }

  override dispose(): void {
    tf.dispose(this.slots);
    this.slots = [];
    this.variables = [];
    super.dispose();
  }

  /** Makes the state vectors on the first step; the variables of later steps must be the same. */
  private pack(variables: tf.Variable[]): void {
    if (this.variables.length === 0) {
      this.variables = variables;
      const total = sizes(variables).reduce((sum, size) => sum + size, 0);
      this.slots = this.slotNames.map(() => tf.keep(tf.zeros([total])));
      return;
    }
    if (variables.length !== this.variables.length || variables.some((v, i) => v !== this.variables[i])) {
      throw new Error(
        `applyGradients: got gradients of ${variables.length} variables, not of the ${this.variables.length} of the ` +
          'first step in their order; make a new optimizer to train other variables.',
      );
    }
  }
}

function sizes(variables: readonly tf.Tensor[]): number[] {
  return variables.map(({ size }) => size);
}

function concatenate(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [tensor.size]) as tf.Tensor1D));
}
