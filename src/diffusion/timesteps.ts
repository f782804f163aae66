import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { checkAlphaBars } from './checkAlphaBars.js';
import { requireBackend } from './requireBackend.js';

/**
 * One 0-based timestep a sample: integers on the host, or an int32 tensor of shape [batch]. Integers on the host are
 * checked against the schedule's length; a tensor's are not, because reading them back would stall the device.
 */
export type Timesteps = readonly number[] | Int32Array | tf.Tensor;

/** Number of samples that `t` speaks of. */
function batchOf(functionName: string, t: Timesteps): number {
  if (Array.isArray(t) || ArrayBuffer.isView(t)) return t.length;
  if (!(t instanceof tf.Tensor))
    throw argumentError(functionName, 't', t, 'a list of timesteps, one a sample');
  if (t.rank !== 1 || t.dtype !== 'int32') {
    throw argumentError(
      functionName,
      't',
      `${t.dtype} tensor [${t.shape}]`,
      'an int32 tensor of shape [batch]',
    );
  }
  return t.shape[0];
}

/** `f(schedule[t], t)` for each sample, in float64 up to the upload: a float32 tensor of shape [batch]. */
export function scheduleAt(
  functionName: string,
  schedule: ArrayLike<number>,
  t: Timesteps,
  f: (value: number, timestep: number) => number,
): tf.Tensor1D {
  requireBackend(functionName);
  batchOf(functionName, t);
  if (t instanceof tf.Tensor) return tf.tidy(() => tf.gather(tf.tensor1d(Float32Array.from(schedule, f)), t));
  const values = new Float32Array(t.length);
  for (let i = 0; i < t.length; i++) {
    checkInteger(functionName, `t[${i}]`, t[i], 0, schedule.length - 1);
    values[i] = f(schedule[t[i]], t[i]);
  }
  return tf.tensor1d(values);
}

/**
 * `Σ_k f_k(ᾱ_t) · terms[k]`, the coefficients in float64 up to the upload. All terms have the shape
 * [batch, …] of the first.
 */
export function combineAt(
  functionName: string,
  alphaBars: ArrayLike<number>,
  t: Timesteps,
  terms: Record<string, readonly [tensor: tf.Tensor, coefficient: (alphaBar: number) => number]>,
): tf.Tensor {
  requireBackend(functionName);
  for (const [name, [tensor]] of Object.entries(terms)) {
    if (!(tensor instanceof tf.Tensor))
      throw argumentError(functionName, name, tensor, 'a tensor [batch, …]');
  }
  checkAlphaBars(functionName, alphaBars);
  return tf.tidy(() => {
    const [[firstName, [first]], ...others] = Object.entries(terms);
    const batch = batchOf(functionName, t);
    if (first.rank < 1 || first.shape[0] !== batch) {
      throw argumentError(
        functionName,
        `${firstName}.shape`,
        first.shape,
        `[${batch}, …] for a t of ${batch}`,
      );
    }
    for (const [name, [tensor]] of others) {
      if (!tf.util.arraysEqual(tensor.shape, first.shape)) {
        throw argumentError(
          functionName,
          `${name}.shape`,
          tensor.shape,
          `[${first.shape}] as ${firstName}'s`,
        );
      }
    }
    const products = Object.values(terms).map(([tensor, coefficient]) => {
      const factors = scheduleAt(functionName, alphaBars, t, (alphaBar, timestep) => {
        checkNumber(functionName, `alphaBars[${timestep}]`, alphaBar, 0, 1);
        return coefficient(alphaBar);
      });
      return tf.mul(tensor, tf.reshape(factors, [batch, ...new Array(first.rank - 1).fill(1)]));
    });
    return products.reduce((sum, product) => tf.add(sum, product));
  });
}
