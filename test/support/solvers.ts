import type * as tf from '@tensorflow/tfjs-core';
import {
  type Denoiser,
  type SolverOptions,
  sampleDpmPlusPlus2M,
  sampleEuler,
  sampleEulerAncestral,
  sampleHeun,
} from '../../src/samplers/index.js';

/** A sampler over noise levels, as the tests of all of them see it. */
export interface SolverRow {
  name: string;
  sample: (denoiser: Denoiser, alphaBars: ArrayLike<number>, options: SolverOptions) => Promise<tf.Tensor>;
  /** Order of convergence to the probability flow; undefined where noise is added. */
  order?: number;
}

/** Binds options of the sampler's own. */
function bind<O extends SolverOptions>(
  sample: (denoiser: Denoiser, alphaBars: ArrayLike<number>, options: O) => Promise<tf.Tensor>,
  own: Omit<O, keyof SolverOptions>,
): SolverRow['sample'] {
  return (denoiser, alphaBars, options) => sample(denoiser, alphaBars, { ...options, ...own } as O);
}

/** Every sampler over noise levels, with each of its kinds. A name is the function's, then what is set. */
export const solvers: SolverRow[] = [
  { name: 'sampleEuler', sample: sampleEuler, order: 1 },
  { name: 'sampleEuler with churn', sample: bind(sampleEuler, { churn: { amount: 10 } }) },
  { name: 'sampleEulerAncestral', sample: sampleEulerAncestral },
  { name: 'sampleHeun', sample: sampleHeun, order: 2 },
  { name: 'sampleHeun with churn', sample: bind(sampleHeun, { churn: { amount: 10 } }) },
  { name: 'sampleDpmPlusPlus2M', sample: sampleDpmPlusPlus2M, order: 2 },
];
