import { checkNumber } from '../internal/checks.js';

/** What {@link spacedSigmas} lays its levels by. */
interface SpacedSigmas {
  sigmas: 'karras' | 'exponential';
  sigmaMin: number;
  sigmaMax: number;
  rho?: number;
}

/**
 * `n` noise levels from `sigmaMax` down to `sigmaMin`, evenly spaced in σ^(1/ρ) (Karras et al. 2022, table 1) or in
 * ln σ (k-diffusion's exponential levels).
 */
export function spacedSigmas(n: number, spaced: SpacedSigmas): Float64Array {
  const { sigmas, sigmaMin, sigmaMax, rho = 7 } = spaced;
  checkNumber('rho', rho, Number.MIN_VALUE);
  checkNumber('sigmaMax', sigmaMax, Number.MIN_VALUE);
  checkNumber('sigmaMin', sigmaMin, Number.MIN_VALUE, sigmaMax);
  const share = (i: number) => (n === 1 ? 0 : i / (n - 1));
  if (sigmas === 'exponential') {
    return Float64Array.from({ length: n }, (_, i) => sigmaMax * (sigmaMin / sigmaMax) ** share(i));
  }
  const [first, last] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)];
  return Float64Array.from({ length: n }, (_, i) => (first + share(i) * (last - first)) ** rho);
}
