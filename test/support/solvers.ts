import type * as tf from '@tensorflow/tfjs-core';
import {
  type Denoiser,
  type SolverOptions,
  sampleDdim,
  sampleDdpm,
  sampleDpmPlusPlus2M,
  sampleDpmSde,
  sampleDpmSolver,
  sampleDpmSolverSinglestep,
  sampleEuler,
  sampleEulerAncestral,
  sampleHeun,
  sampleLms,
  samplePndm,
  sampleUniPc,
} from '../../src/samplers/index.js';

/** A sampler over noise levels, as the tests of all of them see it. */
export interface SolverRow {
  name: string;
  sample: (
    denoiser: Denoiser,
    alphaBars: ArrayLike<number>,
    options: SolverOptions<unknown>,
  ) => Promise<tf.Tensor>;
  /** Order of convergence to the probability flow; undefined where noise is added. */
  order?: number;
  /** The same with v prediction, where it is another. */
  orderOfV?: number;
}

/** Binds options of the sampler's own. */
function bind<O extends SolverOptions<unknown>>(
  sample: (denoiser: Denoiser, alphaBars: ArrayLike<number>, options: O) => Promise<tf.Tensor>,
  own: Omit<O, keyof SolverOptions>,
): SolverRow['sample'] {
  return (denoiser, alphaBars, options) => sample(denoiser, alphaBars, { ...options, ...own } as O);
}

/** Every sampler over noise levels, with each of its kinds. A name is the function's, then what is set. */
export const solvers: SolverRow[] = [
  { name: 'sampleDdpm', sample: sampleDdpm },
  { name: 'sampleDdpm of the large variance', sample: bind(sampleDdpm, { variance: 'fixed_large' }) },
  { name: 'sampleDdim', sample: sampleDdim, order: 1 },
  { name: 'sampleDdim at eta 1', sample: bind(sampleDdim, { eta: 1 }) },
  { name: 'sampleEuler', sample: sampleEuler, order: 1 },
  { name: 'sampleEuler with churn', sample: bind(sampleEuler, { churn: { amount: 10 } }) },
  { name: 'sampleEulerAncestral', sample: sampleEulerAncestral },
  { name: 'sampleHeun', sample: sampleHeun, order: 2 },
  { name: 'sampleHeun with churn', sample: bind(sampleHeun, { churn: { amount: 10 } }) },
  { name: 'sampleDpmPlusPlus2M', sample: sampleDpmPlusPlus2M, order: 2 },
  { name: 'sampleDpmSolver of order 1', sample: bind(sampleDpmSolver, { order: 1 }), order: 1 },
  { name: 'sampleDpmSolver', sample: sampleDpmSolver, order: 2 },
  { name: 'sampleDpmSolver of order 3', sample: bind(sampleDpmSolver, { order: 3 }), order: 3 },
  { name: 'sampleDpmSolver SDE', sample: bind(sampleDpmSolver, { algorithm: 'sde-dpmsolver++' }) },
  {
    name: 'sampleDpmSolver SDE of order 3',
    sample: bind(sampleDpmSolver, { algorithm: 'sde-dpmsolver++', order: 3 }),
  },
  { name: 'sampleDpmSolverSinglestep', sample: sampleDpmSolverSinglestep, order: 2 },
  {
    name: 'sampleDpmSolverSinglestep of order 3',
    sample: bind(sampleDpmSolverSinglestep, { order: 3 }),
    order: 3,
  },
  {
    name: 'sampleDpmSolverSinglestep SDE',
    sample: bind(sampleDpmSolverSinglestep, { algorithm: 'sde-dpmsolver++' }),
  },
  {
    name: 'sampleDpmSolverSinglestep SDE of order 3',
    sample: bind(sampleDpmSolverSinglestep, { algorithm: 'sde-dpmsolver++', order: 3, solverType: 'heun' }),
  },
  { name: 'sampleDpmSde', sample: sampleDpmSde },
  { name: 'sampleLms', sample: sampleLms, order: 3 },
  { name: 'samplePndm', sample: samplePndm, order: 2, orderOfV: 1 },
  { name: 'sampleUniPc', sample: sampleUniPc, order: 2 },
  // A last step of lower order would end the test of a higher one.
  {
    name: 'sampleUniPc of order 3',
    sample: bind(sampleUniPc, { order: 3, lowerOrderFinal: false }),
    order: 3,
  },
];
