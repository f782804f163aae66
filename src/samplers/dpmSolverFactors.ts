/**
 * Which exponential integrator: DPM-Solver++ works on x0, DPM-Solver on the noise; the SDE variants solve the reverse
 * stochastic equation with twice the drift and fresh noise (Lu et al. 2022, both papers; diffusers' `algorithm_type`).
 */
export type DpmAlgorithm = 'dpmsolver++' | 'dpmsolver' | 'sde-dpmsolver++' | 'sde-dpmsolver';

/** Factors of a step: x̂' = x · x̂ + m · (M0 + middle · D1) at second order, with d1 and d2 at third, + noise · z. */
export interface DpmFactors {
  x: number;
  m: number;
  d1: number;
  d2: number;
  noise: number;
}

/**
 * The factors of a step from σ to `next` on x̂. They are integrals of e^λ times 1, λ and λ²/2 over the step, h = Δλ
 * long.
 */
export function dpmSolverFactors(algorithm: DpmAlgorithm, sigma: number, next: number): DpmFactors {
  const h = Math.log(sigma) - Math.log(next);
  const isSde = algorithm.startsWith('sde');
  if (algorithm.endsWith('++')) {
    const H = isSde ? 2 * h : h;
    const first = Math.expm1(-H);
    return {
      x: (next / sigma) * (isSde ? Math.exp(-h) : 1),
      m: -first,
      d1: first / H + 1,
      d2: -((first + H) / H ** 2 - 0.5),
      noise: isSde ? next * Math.sqrt(-first) : 0,
    };
  }
  const twice = isSde ? 2 : 1;
  const first = Math.expm1(h);
  return {
    x: 1,
    m: -twice * next * first,
    d1: -twice * next * (first / h - 1),
    d2: -twice * next * ((first - h) / h ** 2 - 0.5),
    noise: isSde ? next * Math.sqrt(Math.expm1(2 * h)) : 0,
  };
}
