import * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import type { ConditionFields, Denoiser } from '../diffusion/Denoiser.js';
import { argumentError, checkInteger } from '../internal/checks.js';
import { nextTurn } from '../internal/nextTurn.js';
import { randomWords } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { mse } from '../losses/mse.js';
import { type DiffusionBatch, type DiffusionLossOptions, diffusionLoss } from './diffusionLoss.js';
import { type ConditionEffect, PairedLosses } from './PairedLosses.js';

/** Options of {@link conditionEffect}. */
export interface ConditionEffectOptions
  extends Pick<DiffusionLossOptions, 'alphaBars' | 'predictionType' | 'loss'> {
  /** Into how many equal parts the schedule is cut. Default 10. */
  bins?: number;
  /** Seed of the order in which conditions are swapped, an integer in [0, 2^53). Default 0. */
  seed?: number;
  /**
   * Ends the measurement before its next batch, with an `AbortError`. With it, the event loop has a turn before each.
   */
  signal?: AbortSignal;
}

/**
 * Whether a condition acts: the loss with each sample's own condition against that with another sample's, by field and
 * part of the schedule. Where the increase is within two or three of its standard errors of 0, the network does not use
 * the field there. Noise and timesteps are the same in all, so a few hundred samples tell.
 *
 * Conditions are swapped within a batch, in a ring in random order. Two samples may share a value: the more do, the
 * smaller the increase.
 *
 * @param batches Batches of at least two samples whose conditions differ; they stay the caller's.
 * @throws {ConfigError} If there is no batch, or one has no condition, fields of other names than the first's, or a
 * single sample.
 * @throws {AbortError} If `options.signal` is aborted.
 * @throws What `diffusionLoss` throws.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { conditionEffect } from 'diffusion-ssl/training';
 *
 * // A denoiser that has learned that x0 is what the condition says.
 * const denoiser = (xT: tf.Tensor, t: tf.Tensor1D, { value }: { value: tf.Tensor }) => tf.reshape(value, xT.shape);
 * const value = tf.tensor1d([1, 2, 3, 4]);
 * const x0 = tf.reshape(value, [4, 1]);
 * const batch = { x0, t: Int32Array.of(0, 1, 0, 1), noise: tf.zeros([4, 1]), condition: { value } };
 * const { loss, fields } = await conditionEffect(denoiser, [batch], { alphaBars: [0.9, 0.5], predictionType: 'x0' });
 * console.log(loss, fields.value.increase > 0); // 0, true
 * ```
 */
export async function conditionEffect<F extends ConditionFields>(
  denoiser: Denoiser<F>,
  batches: Iterable<DiffusionBatch<F>> | AsyncIterable<DiffusionBatch<F>>,
  options: ConditionEffectOptions,
): Promise<ConditionEffect> {
  const { bins = 10, seed = 0, signal } = options;
  checkAlphaBars('conditionEffect: alphaBars', options.alphaBars);
  checkInteger('conditionEffect: bins', bins, 1);
  let paired: PairedLosses | undefined;
  let index = 0;
  for await (const batch of batches) {
    if (signal) {
      await nextTurn();
      throwIfAborted(signal, `conditionEffect: stopped before batch ${index + 1}.`);
    }
    const names = Object.keys(batch.condition ?? {}).sort();
    paired ??= new PairedLosses(names, options.alphaBars.length, bins);
    if (names.length === 0 || names.join() !== paired.names.join()) {
      const accepted = `an object of tensors${index > 0 ? ` ${paired.names}, as the first batch's` : ''}`;
      throw argumentError(`conditionEffect: condition of batch ${index}`, batch.condition, accepted);
    }
    if (batch.t.length < 2) {
      throw argumentError(`conditionEffect: samples of batch ${index}`, batch.t.length, 'at least 2');
    }
    const own = await lossesOf(denoiser, batch, options);
    const ring = ringOf(batch.t.length, seed, index++);
    const swapped = async (chosen: readonly string[]) => {
      const condition = tf.tidy(() => swap(batch.condition as F, chosen, ring));
      try {
        return await lossesOf(denoiser, { ...batch, condition }, options);
      } finally {
        tf.dispose(chosen.map((name) => condition[name]));
      }
    };
    const alone = [];
    for (const name of names) alone.push(await swapped([name]));
    paired.add(batch.t, own, [...alone, names.length > 1 ? await swapped(names) : alone[0]]);
  }
  if (!paired) throw argumentError('conditionEffect: batches', [], 'at least one');
  return paired.result();
}

/** For each sample another one, such that each is the other of one: a ring through all of them in random order. */
function ringOf(count: number, seed: number, step: number): Int32Array {
  const words = randomWords(count, { seed, stream: randomStreams.conditionShuffle, step });
  const order = Array.from(words.keys()).sort((a, b) => words[a] - words[b] || a - b);
  const other = new Int32Array(count);
  for (const [i, sample] of order.entries()) other[sample] = order[(i + 1) % count];
  return other;
}

/** A condition in which some fields are those of the samples' others. */
function swap<F extends ConditionFields>(fields: F, names: readonly string[], others: Int32Array): F {
  const index = tf.tensor1d(others, 'int32');
  const swapped = names.map((name) => [name, tf.gather(fields[name], index)]);
  return { ...fields, ...Object.fromEntries(swapped) };
}

/** The loss of each sample outside training. */
async function lossesOf<F extends ConditionFields>(
  denoiser: Denoiser<F>,
  batch: DiffusionBatch<F>,
  { alphaBars, predictionType, loss = mse }: ConditionEffectOptions,
): Promise<Float32Array> {
  let losses: tf.Tensor | undefined;
  const perSample: typeof loss = (prediction, target) => {
    losses = tf.keep(loss(prediction, target, { reduction: 'none' }));
    return tf.mean(losses);
  };
  try {
    diffusionLoss(denoiser, batch, { alphaBars, predictionType, loss: perSample }).dispose();
    if (losses?.shape[0] !== batch.t.length) {
      throw argumentError(
        "conditionEffect: the loss's shape with reduction 'none'",
        losses?.shape,
        `[${batch.t.length}]`,
      );
    }
    return await losses.data<'float32'>();
  } finally {
    losses?.dispose();
  }
}
