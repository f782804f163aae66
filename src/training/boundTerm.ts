import * as tf from '@tensorflow/tfjs-core';
import { gatherSchedule } from '../diffusion/gatherSchedule.js';
import type { PosteriorTable } from '../diffusion/posteriorTable.js';
import type { PredictionType } from '../diffusion/predictionType.js';
import { predictX0 } from '../diffusion/predictX0.js';
import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { normalKl } from '../losses/normalKl.js';
import { type DataLevels, normalNll } from '../losses/normalNll.js';
import { reduceSamples } from '../losses/reduceSamples.js';

/**
 * Variance of the reverse steps in the bound: that of the forward process' posterior (`'fixed_small'`), that of the
 * forward step (`'fixed_large'`), or one between them that the network predicts (`'learned_range'`; Nichol and Dhariwal
 * 2021): its output then has twice the channels, in the second half v in [−1, 1], and ln of the variance goes from the
 * small one at −1 to the large one at 1.
 */
export type BoundVariance = 'fixed_small' | 'fixed_large' | 'learned_range';

/** The options that the terms of the variational bound share. */
export interface BoundOptions {
  /** ᾱ of each timestep, as `computeAlphaSchedule` gives it. */
  alphaBars: ArrayLike<number>;
  /** What the denoiser predicts. Default `'noise'`. */
  predictionType?: PredictionType;
  /** Limits of the x0 estimate. Default: not clipped. */
  clip?: readonly [min: number, max: number];
  /**
   * How the last step encodes the data. `'density'`: as values of a continuum; the bound is then one of −log₂ of a
   * density, which may be below 0. DataLevels, such as `{ count: 256, range: [-1, 1] }` for bytes: the probability of
   * each value's level. Default `'density'`.
   */
  decoder?: 'density' | DataLevels;
}

/** A batch at some steps of a diffusion. */
export interface BoundBatch {
  x0: tf.Tensor;
  xT: tf.Tensor;
  /** Of each sample, which step of `table` it is at. */
  steps: Int32Array;
  table: PosteriorTable;
}

/** Throws unless the options are such. */
export function checkBoundOptions({ clip, decoder = 'density' }: BoundOptions): void {
  if (clip !== undefined && !(clip[0] < clip[1])) {
    throw argumentError('clip', clip, '[min, max] with min < max');
  }
  if (decoder === 'density') return;
  if (typeof decoder !== 'object' || decoder === null) {
    throw argumentError('decoder', decoder, "'density' or { count, range }");
  }
  checkInteger('decoder.count', decoder.count, 2);
  const [first, last] = decoder.range ?? [];
  checkNumber('decoder.range[0]', first);
  if (!(last > first)) throw argumentError('decoder.range', decoder.range, 'two ascending values');
}

/** The two halves of an output of `'learned_range'` along the last axis: the prediction, and v. */
export function splitVariance(
  functionName: string,
  output: tf.Tensor,
  shape: readonly number[],
): [prediction: tf.Tensor, v: tf.Tensor] {
  const doubled = [...shape.slice(0, -1), 2 * shape[shape.length - 1]];
  if (!tf.util.arraysEqual(output.shape, doubled)) {
    const accepted = `[${doubled}]: prediction and variance one behind the other`;
    throw argumentError(`${functionName}: prediction.shape`, output.shape, accepted);
  }
  return tf.split(output, 2, -1) as [tf.Tensor, tf.Tensor];
}

/**
 * The term of the variational bound of each sample at its step, in bits per dimension [batch]: the divergence of the
 * network's reverse step from the posterior, or at step 0 what it takes to encode x0 (Ho et al. 2020, equation 5).
 *
 * @param variance One of the fixed ones, or v of each element.
 */
export function boundTerm(
  prediction: tf.Tensor,
  variance: Exclude<BoundVariance, 'learned_range'> | tf.Tensor,
  { x0, xT, steps, table }: BoundBatch,
  { alphaBars, predictionType, clip, decoder = 'density' }: BoundOptions,
): tf.Tensor1D {
  if (typeof variance === 'string')
    checkOneOf('boundTerm: variance', variance, ['fixed_small', 'fixed_large']);
  return tf.tidy(() => {
    const column = (values: Float64Array) =>
      tf.reshape(gatherSchedule(values, steps), [steps.length, ...new Array(x0.rank - 1).fill(1)]);
    const [ofX0, ofXT] = [column(table.ofX0), column(table.ofXT)];
    const [small, large] = [column(table.logSmall), column(table.logLarge)];
    const t = steps.map((step) => table.timesteps[step]);
    let estimate = predictX0(xT, t, prediction, { alphaBars, predictionType });
    if (clip) estimate = tf.clipByValue(estimate, clip[0], clip[1]);
    const mean = (clean: tf.Tensor) => tf.add(tf.mul(ofX0, clean), tf.mul(ofXT, xT));
    let logVariance: tf.Tensor = variance === 'fixed_large' ? large : small;
    if (typeof variance !== 'string') {
      const share = tf.mul(tf.add(variance, 1), 0.5);
      logVariance = tf.add(small, tf.mul(share, tf.sub(large, small)));
    }
    const reverse = { mean: mean(estimate), logVariance };
    const posterior = { mean: mean(x0), logVariance: small };
    const divergence = reduceSamples(normalKl(posterior, reverse));
    const levels = decoder === 'density' ? undefined : decoder;
    const encoding = reduceSamples(normalNll(x0, reverse, levels));
    const isFirst = tf.tensor1d(
      Array.from(steps, (step) => step === 0),
      'bool',
    );
    return tf.div(tf.where(isFirst, encoding, divergence), Math.LN2) as tf.Tensor1D;
  });
}
