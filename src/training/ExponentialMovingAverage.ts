import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import type { NamedVariable } from '../optimizers/PackedOptimizer.js';

/**
 * Exponential moving average of a model's float weights and running statistics.
 *
 * After step n the average is decayₙ · average + (1 - decayₙ) · weights with decayₙ = min(decay, (1 + n) / (10 + n)), so
 * that the first steps do not hold on to the initial weights (Polyak and Juditsky, 1992; the ramp is TensorFlow's
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
  private average: tf.Tensor1D;
  private updates = 0;

  /**
   * @param parameters What to average; int32 counters among them are passed over.
   * @param decay In [0, 1).
   */
  constructor(
    parameters: readonly NamedVariable[],
    readonly decay: number,
  ) {
    checkNumber('ExponentialMovingAverage', 'decay', decay, 0, 1 - 2 ** -24);
    this.parameters = parameters.filter(({ variable }) => variable.dtype === 'float32');
    this.average = tf.keep(tf.tidy(() => this.packed()));
  }

  /** Updates so far. */
  get step(): number {
    return this.updates;
  }

  /** Takes the present weights into the average. */
  update(): void {
    this.updates++;
    const decay = Math.min(this.decay, (1 + this.updates) / (10 + this.updates));
    const average = tf.tidy(() => tf.add(tf.mul(this.average, decay), tf.mul(this.packed(), 1 - decay)));
    this.average.dispose();
    this.average = tf.keep(average as tf.Tensor1D);
  }

  /** Runs `body` with the average in the model's place, and puts the weights back whatever happens. */
  async apply<T>(body: () => Promise<T>): Promise<T> {
    const weights = tf.keep(tf.tidy(() => this.packed()));
    this.write(this.average);
    try {
      return await body();
    } finally {
      this.write(weights);
      weights.dispose();
    }
  }

  /** The average of each parameter, on the host, in the variable's own layout. */
  async values(): Promise<Map<string, Float32Array>> {
    const packed = await this.average.data<'float32'>();
    let end = 0;
    return new Map(
      this.parameters.map(({ name, variable }) => {
        const begin = end;
        end += variable.size;
        return [name, packed.slice(begin, end)];
      }),
    );
  }

  /**
   * Goes on from saved values.
   *
   * @throws If a parameter is missing or of another size.
   */
  restore(step: number, values: ReadonlyMap<string, Float32Array>): void {
    const packed = new Float32Array(this.average.size);
    let offset = 0;
    for (const { name, variable } of this.parameters) {
      const value = values.get(name);
      if (value?.length !== variable.size) {
        throw new Error(
          `ExponentialMovingAverage: '${name}' has ${value?.length ?? 0} saved values; the model has ${variable.size}.`,
        );
      }
      packed.set(value, offset);
      offset += variable.size;
    }
    this.average.dispose();
    this.average = tf.keep(tf.tensor1d(packed));
    this.updates = step;
  }

  /** Releases the average. */
  dispose(): void {
    this.average.dispose();
  }

  private packed(): tf.Tensor1D {
    return tf.concat1d(
      this.parameters.map(({ variable }) => tf.reshape(variable, [variable.size]) as tf.Tensor1D),
    );
  }

  private write(packed: tf.Tensor1D): void {
    tf.tidy(() => {
      const parts = tf.split(
        packed,
        this.parameters.map(({ variable }) => variable.size),
      );
      this.parameters.forEach(({ variable }, i) => {
        variable.assign(tf.reshape(parts[i], variable.shape));
      });
    });
  }
}
