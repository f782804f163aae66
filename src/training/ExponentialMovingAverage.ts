import * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../errors/CheckpointError.js';
import { checkNumber } from '../internal/checks.js';
import { type StoredValues, VariablePacks } from '../ops/VariablePacks.js';
import { blend } from '../optimizers/blend.js';
import type { NamedVariable } from '../optimizers/PackedOptimizer.js';

/**
 * Exponential moving average of a model's float weights and running statistics.
 *
 * After step n the average is decayₙ · average + (1 - decayₙ) · weights with decayₙ = min(decay, (1 + n) / (10 + n)),
 * so that the first steps do not hold on to the initial weights (Polyak and Juditsky, 1992; the ramp is TensorFlow's
 * `ExponentialMovingAverage`, which diffusers' `EMAModel` offers too).
 *
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { ExponentialMovingAverage } from 'diffusion-ssl/training';
 *
 * const ema = new ExponentialMovingAverage(namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] })), 0.999);
 * ema.update();
 * console.log(ema.step); // 1
 * ema.dispose();
 * ```
 */
export class ExponentialMovingAverage {
  private readonly parameters: readonly NamedVariable[];
  private readonly packs: VariablePacks;
  private average: tf.Tensor1D[];
  private updates = 0;

  /**
   * @param parameters What to average; int32 counters among them are passed over.
   * @param decay In [0, 1).
   */
  constructor(
    parameters: readonly NamedVariable[],
    readonly decay: number,
  ) {
    checkNumber('ExponentialMovingAverage: decay', decay, 0, 1 - 2 ** -24);
    this.parameters = parameters.filter(({ variable }) => variable.dtype === 'float32');
    this.packs = new VariablePacks(this.parameters.map(({ variable }) => variable));
    this.average = this.copy();
  }

  /** Updates so far. */
  get step(): number {
    return this.updates;
  }

  /** Takes the present weights into the average. */
  update(): void {
    this.updates++;
    const decay = Math.min(this.decay, (1 + this.updates) / (10 + this.updates));
    this.average.forEach((average, i) => {
      const blended = tf.tidy(() => blend(average, this.packs.read(i), decay));
      average.dispose();
      this.average[i] = tf.keep(blended);
    });
  }

  /** Runs `body` with the average in the model's place, and puts the weights back whatever happens. */
  async apply<T>(body: () => Promise<T>): Promise<T> {
    const weights = this.copy();
    this.write(this.average);
    try {
      return await body();
    } finally {
      this.write(weights);
      tf.dispose(weights);
    }
  }

  /** The average of each parameter, on the host, in the variable's own layout. */
  async values(): Promise<Map<string, Float32Array>> {
    const values = await this.packs.values(this.average);
    return new Map(this.parameters.map(({ name, variable }) => [name, values.get(variable)!]));
  }

  /** What {@link values} gives, fetched one parameter at a time; it holds until the next update. */
  storedValues(): Map<string, StoredValues> {
    const stored = this.packs.stored(this.average);
    return new Map(this.parameters.map(({ name, variable }) => [name, stored.get(variable)!]));
  }

  /**
   * Goes on from saved values.
   *
   * @throws If a parameter is missing or of another size; the average is then unchanged.
   */
  restore(step: number, values: ReadonlyMap<string, Float32Array>): void {
    this.checkSizes(values);
    tf.dispose(this.average);
    const nameOf = this.names();
    this.average = this.packs.fromValues((variable) => values.get(nameOf.get(variable)!)!);
    this.updates = step;
  }

  /**
   * Goes on from saved values as {@link restore} does, reading them one parameter at a time.
   *
   * @throws As {@link restore}; what `read` throws, after which the average is of use to nobody.
   */
  async load(step: number, values: ReadonlyMap<string, StoredValues>): Promise<void> {
    this.checkSizes(values);
    const nameOf = this.names();
    await this.packs.load(this.average, (variable) => values.get(nameOf.get(variable)!)!);
    this.updates = step;
  }

  /**
   * Throws unless there are values of every parameter, of its size.
   *
   * @internal
   */
  checkSizes(values: ReadonlyMap<string, { length: number }>): void {
    for (const { name, variable } of this.parameters) {
      const length = values.get(name)?.length ?? 0;
      if (length !== variable.size) {
        throw new CheckpointError(
          `ExponentialMovingAverage: '${name}' has ${length} saved values; the model has ${variable.size}.`,
        );
      }
    }
  }

  /** Releases the average. */
  dispose(): void {
    tf.dispose(this.average);
  }

  private names(): Map<tf.Variable, string> {
    return new Map(this.parameters.map(({ name, variable }) => [variable, name]));
  }

  private copy(): tf.Tensor1D[] {
    return this.packs.packs.map((_, i) => tf.keep(tf.tidy(() => tf.clone(this.packs.read(i)))));
  }

  private write(vectors: readonly tf.Tensor1D[]): void {
    vectors.forEach((vector, i) => {
      this.packs.write(i, vector);
    });
  }
}
