import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields } from '../diffusion/Denoiser.js';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { randomUniform } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';

/** Options of {@link dropCondition}. */
export interface DropConditionOptions<F extends ConditionFields> {
  /** Probability that a sample loses a field, in [0, 1]: of each field alone, or by name; a field without one stays. */
  probability: number | { readonly [K in keyof F]?: number };
  /**
   * Probability that a sample loses all fields at once, in [0, 1]: guidance away from all of them needs it. Default 0.
   */
  together?: number;
  /**
   * What stands for no condition, for each field that may be lost: a number, or a tensor of a sample's shape. One that
   * data have too, such as 0 for a month, is learned as that value: take another, such as the index after the last
   * class, or NaN for metadata, whose embedding is then zero.
   */
  unconditional: { readonly [K in keyof F]?: number | tf.Tensor };
  /** Seed of the draws, an integer in [0, 2^53). */
  seed: number;
  /** The number of the batch within the run, an integer in [0, 2^32): of one step, it draws the same again. */
  step: number;
}

/**
 * Takes the condition from random samples of a batch, so that one network learns to predict with and without it, as
 * classifier-free guidance needs (Ho and Salimans 2022). With a probability of 1 it makes the unconditional fields for
 * `guideDenoiser`.
 *
 * @param fields The condition of a batch; it stays the caller's.
 * @returns New tensors of the same names, shapes and dtypes, the caller's to dispose.
 * @throws {ConfigError} If a probability is out of range, a field is not there or has nothing that stands for none, or
 * batches or shapes disagree.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { dropCondition } from 'diffusion-ssl/training';
 *
 * const fields = { season: tf.tensor1d([0, 1, 2, 3], 'int32'), gsd: tf.tensor1d([10, 10, 20, 60]) };
 * const unconditional = { season: 4, gsd: 0 };
 * const kept = dropCondition(fields, { probability: { season: 0.1 }, together: 0.1, unconditional, seed: 0, step: 7 });
 * const none = dropCondition(fields, { probability: 1, unconditional, seed: 0, step: 0 });
 * console.log(kept.season.shape, await none.season.data()); // [4], 4 4 4 4
 * ```
 */
export function dropCondition<F extends ConditionFields>(fields: F, options: DropConditionOptions<F>): F {
  const { probability, together = 0, unconditional, seed, step } = options;
  // In an order of its own, so that the draws do not depend on that of the properties.
  const names = Object.keys(fields).sort();
  const given = typeof probability === 'number' ? [] : Object.keys(probability);
  for (const name of [...given, ...Object.keys(unconditional)]) {
    if (!names.includes(name))
      throw argumentError(`dropCondition: ${name}`, name, `one of ${names.join(', ')}`);
  }
  checkNumber('dropCondition: together', together, 0, 1);
  checkInteger('dropCondition: step', step, 0, 2 ** 32 - 1);
  const batch = names.length > 0 ? fields[names[0]].shape[0] : 0;
  const draws = randomUniform(batch * (names.length + 1), {
    seed,
    stream: randomStreams.conditionDropout,
    step,
  });
  return tf.tidy(() => {
    const result = names.map((name, index) => {
      const field = fields[name];
      const rate = (typeof probability === 'number' ? probability : probability[name]) ?? 0;
      checkNumber(`dropCondition: probability.${name}`, rate, 0, 1);
      if (field.rank === 0 || field.shape[0] !== batch) {
        throw argumentError(`dropCondition: ${name}.shape`, field.shape, `[${batch}, …] as ${names[0]}'s`);
      }
      if (rate === 0 && together === 0) return [name, tf.clone(field)];
      const isLost = Array.from({ length: batch }, (_, i) => {
        return draws[i] < together || draws[(index + 1) * batch + i] < rate;
      });
      const mask = tf.tensor(isLost, [batch, ...field.shape.slice(1).map(() => 1)], 'bool');
      return [name, tf.where(mask, noneOf(name, unconditional[name], field), field)];
    });
    return Object.fromEntries(result) as F;
  });
}

/** What stands for none in place of a whole field. */
function noneOf(name: string, none: number | tf.Tensor | undefined, field: tf.Tensor): tf.Tensor {
  const shape = field.shape.slice(1);
  const isNumber = Number.isFinite(none) || (Number.isNaN(none) && field.dtype === 'float32');
  const fits = none instanceof tf.Tensor ? tf.util.arraysEqual(none.shape, shape) : isNumber;
  if (none === undefined || !fits) {
    const accepted = `a number, or a tensor [${shape}] as a sample's`;
    throw argumentError(`dropCondition: unconditional.${name}`, none, accepted);
  }
  return tf.add(tf.zerosLike(field), tf.cast(none, field.dtype));
}
