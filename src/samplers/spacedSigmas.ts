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
  const [first, last] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)];
  return Float64Array.from({ length: n }, (_, i) => {
    // The ends are what they are, without rounding: another level may be equal to one.
    if (i === 0) return sigmaMax;
    if (i === n - 1) return sigmaMin;
    const share = i / (n - 1);
    if (sigmas === 'exponential') return sigmaMax * (sigmaMin / sigmaMax) ** share;
    return (first + share * (last - first)) ** rho;
  });
}
