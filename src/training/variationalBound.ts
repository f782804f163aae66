import * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from '../diffusion/Denoiser.js';
import { posteriorTable } from '../diffusion/posteriorTable.js';
import { qSample } from '../diffusion/qSample.js';
import { refuseNoiseAtZero } from '../diffusion/refuseNoiseAtZero.js';
import { requireBackend } from '../diffusion/requireBackend.js';
import { argumentError, checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { nextTurn } from '../internal/nextTurn.js';
import { randomStreams } from '../internal/streams.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { normalKl } from '../losses/normalKl.js';
import { reduceSamples } from '../losses/reduceSamples.js';
import { randomNormal } from '../ops/random.js';
import {
  type BoundOptions,
  type BoundVariance,
  boundTerm,
  checkBoundOptions,
  splitVariance,
} from './boundTerm.js';

/** Options of {@link variationalBound}. */
export interface VariationalBoundOptions<C = unknown> extends BoundOptions {
  /** Variance of the reverse steps. Default `'fixed_small'`. */
  variance?: BoundVariance;
  /** The timesteps of the reverse process, ascending; fewer take less time and give a looser bound. Default: all. */
  timesteps?: ArrayLike<number>;
  /** What the denoiser is told besides. */
  condition?: C;
  /** Seed of the noise. Default 0. */
  seed?: number;
  /** Ends the evaluation before its next timestep, with an `AbortError`. */
  signal?: AbortSignal;
}

/** What {@link variationalBound} returns, all in bits per dimension, a number a sample. */
export interface VariationalBound {
  /** The bound: `prior` plus all `terms`. */
  total: Float64Array;
  /** What the noisiest image still tells of x0. */
  prior: Float64Array;
  /** `terms[i]` are those of `timesteps[i]`; the first are what it takes to encode x0 itself. */
  terms: Float64Array[];
  /** Ascending. */
  timesteps: Int32Array;
}

/**
 * The variational bound of images under a denoiser: an upper bound of −log₂ of their likelihood, in bits per dimension,
 * by one draw of noise a timestep (Ho et al. 2020, equation 5; guided-diffusion's `calc_bpd_loop`).
 *
 * Comparable between networks on the same images, values scaled alike, and with the same `decoder`. Bits per byte, as
 * published ones are: images scaled to [−1, 1] and `decoder: { count: 256, range: [-1, 1] }`.
 *
 * @param denoiser Any function from noisy images, timesteps and a condition to a prediction. It is called once a
 * timestep.
 * @param x0 Clean images [batch, …, channels].
 * @throws {ConfigError} If an argument is none that it can use, or the prediction has another shape.
 * @throws {BackendError} If no backend is started.
 * @throws {AbortError} If `options.signal` is aborted.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { variationalBound } from 'diffusion-ssl/training';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(50, { type: 'linear', betaEnd: 0.3 }));
 * const denoiser = (xT: tf.Tensor) => tf.mul(xT, 0.5);
 * const { total } = await variationalBound(denoiser, tf.zeros([2, 8, 8, 4]), { alphaBars });
 * console.log(total.length); // 2
 * ```
 */
export async function variationalBound<C = undefined>(
  denoiser: Denoiser<C>,
  x0: tf.Tensor,
  options: VariationalBoundOptions<C>,
): Promise<VariationalBound> {
  const name = 'variationalBound';
  const { alphaBars, variance = 'fixed_small', condition, seed = 0, signal } = options;
  requireBackend(name);
  if (!(x0 instanceof tf.Tensor) || x0.rank < 2) {
    throw argumentError(`${name}: x0`, x0, 'a tensor [batch, …, channels]');
  }
  checkOneOf(`${name}: variance`, variance, ['fixed_small', 'fixed_large', 'learned_range']);
  const table = inFunction(name, () => {
    checkBoundOptions(options);
    refuseNoiseAtZero(alphaBars, options.predictionType);
    return posteriorTable(alphaBars, options.timesteps);
  });
  const { timesteps } = table;
  const batch = x0.shape[0];

  const termAt = (i: number) =>
    tf.tidy(() => {
      const t = new Int32Array(batch).fill(timesteps[i]);
      const noise = randomNormal(x0.shape, { seed, stream: randomStreams.bound, step: timesteps[i] });
      const xT = qSample(x0, t, alphaBars, noise);
      const call = { training: false, step: 0 };
      const output = denoiser(xT, tf.tensor1d(t, 'int32'), condition as C, call);
      const steps = new Int32Array(batch).fill(i);
      const parts = { x0, xT, steps, table };
      if (variance !== 'learned_range') return boundTerm(output, variance, parts, options);
      const [prediction, v] = splitVariance(name, output, x0.shape);
      return boundTerm(prediction, v, parts, options);
    });

  const prior = await read(priorOf(x0, alphaBars[timesteps[timesteps.length - 1]]));
  const total = prior.slice();
  const terms: Float64Array[] = [];
  for (let i = 0; i < timesteps.length; i++) {
    if (signal) {
      await nextTurn();
      throwIfAborted(signal, `${name}: stopped before timestep ${i + 1} of ${timesteps.length}.`);
    }
    const term = await read(termAt(i));
    term.forEach((bits, sample) => {
      total[sample] += bits;
    });
    terms.push(term);
  }
  return { total, prior, terms, timesteps };
}

/** The divergence of the noisiest image, given x0, from the noise that samples start from. */
function priorOf(x0: tf.Tensor, alphaBar: number): tf.Tensor1D {
  return tf.tidy(() => {
    const noisiest = {
      mean: tf.mul(x0, Math.sqrt(alphaBar)),
      logVariance: tf.scalar(Math.log1p(-alphaBar)),
    };
    const start = { mean: tf.scalar(0), logVariance: tf.scalar(0) };
    return tf.div(reduceSamples(normalKl(noisiest, start)), Math.LN2) as tf.Tensor1D;
  });
}

async function read(values: tf.Tensor1D): Promise<Float64Array> {
  const read = await values.data();
  values.dispose();
  return Float64Array.from(read);
}
