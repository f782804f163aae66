/**
 * `n` noise levels from `max` down to `min`, evenly spaced in σ^(1/ρ) (Karras et al. 2022, equation 5), or in ln σ where
 * ρ is infinite (k-diffusion's exponential levels).
 */
export function spacedSigmas(n: number, max: number, min: number, rho: number): Float64Array {
  const share = (i: number) => (n === 1 ? 0 : i / (n - 1));
  if (rho === Number.POSITIVE_INFINITY) {
    return Float64Array.from({ length: n }, (_, i) => max * (min / max) ** share(i));
  }
  const [first, last] = [max ** (1 / rho), min ** (1 / rho)];
  return Float64Array.from({ length: n }, (_, i) => (first + share(i) * (last - first)) ** rho);
}
