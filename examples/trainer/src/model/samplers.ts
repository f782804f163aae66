import * as samplers from 'diffusion-ssl/samplers';

/** The samplers by the names that `--sampler` takes. */
export const SAMPLERS = {
  ddim: samplers.sampleDdim,
  ddpm: samplers.sampleDdpm,
  'dpm++2m': samplers.sampleDpmPlusPlus2M,
  'dpm++sde': samplers.sampleDpmSde,
  'dpm-solver': samplers.sampleDpmSolver,
  'dpm-solver-singlestep': samplers.sampleDpmSolverSinglestep,
  euler: samplers.sampleEuler,
  'euler-a': samplers.sampleEulerAncestral,
  heun: samplers.sampleHeun,
  lcm: samplers.sampleLcm,
  lms: samplers.sampleLms,
  pndm: samplers.samplePndm,
  unipc: samplers.sampleUniPc,
} as const;

/** Name of a sampler. */
export type SamplerName = keyof typeof SAMPLERS;
