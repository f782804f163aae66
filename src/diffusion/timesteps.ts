import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { checkAlphaBars } from './checkAlphaBars.js';
import { alphaBarAt } from './sigmaTable.js';

/**
 * One 0-based timestep a sample: integers on the host, or an int32 tensor of shape [batch]. Integers on the host are
 * checked against the schedule's length; a tensor's are not, because reading them back would stall the device. A
 * `Float32Array` may hold timesteps between two of the schedule: at those σ = √((1 − ᾱ) / ᾱ) is interpolated linearly,
 * as the samplers do.
 */
export type Timesteps = readonly number[] | Int32Array | Float32Array | tf.Tensor;

/** Number of samples that `t` speaks of. */
function batchOf(t: Timesteps): number {
  if (Array.isArray(t) || ArrayBuffer.isView(t)) return t.length;
  if (!(t instanceof tf.Tensor)) throw argumentError('t', t, 'a list of timesteps, one a sample');
  if (t.rank !== 1 || t.dtype !== 'int32') {
    throw argumentError(
      't',
      `${t.dtype} tensor [${t.shape}]`,
      'an int32 tensor of shape [batch] (timesteps between two: a Float32Array)',
    );
  }
  return t.shape[0];
}

/** `f(schedule[t], t)` for each sample, in float64 up to the upload: a float32 tensor of shape [batch]. */
export function scheduleAt(
  schedule: ArrayLike<number>,
  t: Timesteps,
  f: (value: number, timestep: number) => number,
): tf.Tensor1D {
  batchOf(t);
  if (t instanceof tf.Tensor) return tf.tidy(() => tf.gather(tf.tensor1d(Float32Array.from(schedule, f)), t));
  const values = new Float32Array(t.length);
  for (let i = 0; i < t.length; i++) {
    checkInteger(`t[${i}]`, t[i], 0, schedule.length - 1);
    values[i] = f(schedule[t[i]], t[i]);
  }
  return tf.tensor1d(values);
}

/** ᾱ at each sample's timestep, on the host, where these may lie between two of the schedule. */
export function alphaBarsAt(alphaBars: ArrayLike<number>, t: ArrayLike<number>): Float64Array {
  return Float64Array.from(t, (timestep, i) => {
    checkNumber(`t[${i}]`, timestep, 0, alphaBars.length - 1);
    return alphaBarAt(alphaBars, timestep);
  });
}

/**
 * `Σ_k f_k(ᾱ_t) · terms[k]`, the coefficients in float64 up to the upload. All terms have the shape
 * [batch, …] of the first.
 */
export function combineAt(
  schedule: ArrayLike<number>,
  timesteps: Timesteps,
  terms: Record<string, readonly [tensor: tf.Tensor, coefficient: (alphaBar: number) => number]>,
): tf.Tensor {
  for (const [name, [tensor]] of Object.entries(terms)) {
    if (!(tensor instanceof tf.Tensor)) throw argumentError(name, tensor, 'a tensor [batch, …]');
  }
  checkAlphaBars('alphaBars', schedule);
  // Levels between two of the schedule are looked up as a schedule of their own, with one level a sample.
  const [alphaBars, t]: [ArrayLike<number>, Timesteps] =
    timesteps instanceof Float32Array
      ? [alphaBarsAt(schedule, timesteps), Int32Array.from(timesteps.keys())]
      : [schedule, timesteps];
  return tf.tidy(() => {
    const [[firstName, [first]], ...others] = Object.entries(terms);
    const batch = batchOf(t);
    if (first.rank < 1 || first.shape[0] !== batch) {
      throw argumentError(`${firstName}.shape`, first.shape, `[${batch}, …] for a t of ${batch}`);
    }
    for (const [name, [tensor]] of others) {
      if (!tf.util.arraysEqual(tensor.shape, first.shape)) {
        throw argumentError(`${name}.shape`, tensor.shape, `[${first.shape}] as ${firstName}'s`);
      }
    }
    const products = Object.values(terms).map(([tensor, coefficient]) => {
      const factors = scheduleAt(alphaBars, t, (alphaBar, timestep) => {
        checkNumber(`alphaBars[${timestep}]`, alphaBar, 0, 1);
        return coefficient(alphaBar);
      });
      return tf.mul(tensor, tf.reshape(factors, [batch, ...new Array(first.rank - 1).fill(1)]));
    });
    return products.reduce((sum, product) => tf.add(sum, product));
  });
}
