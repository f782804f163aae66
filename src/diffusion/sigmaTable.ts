/** The smallest ᾱ that levels are made of: that of zero terminal SNR would be an infinite σ (diffusers takes 2⁻²⁴ too). */
const SMALLEST_ALPHA_BAR = 2 ** -24;

/** σ = √((1 − ᾱ) / ᾱ), noise over signal, at each trained timestep, ascending. */
export function sigmaTable(alphaBars: ArrayLike<number>): Float64Array {
  return Float64Array.from(alphaBars, (alphaBar) => {
    const limited = Math.max(alphaBar, SMALLEST_ALPHA_BAR);
    return Math.sqrt((1 - limited) / limited);
  });
}

/** σ at a timestep that may lie between two of the table, interpolated linearly. */
export function sigmaAt(table: Float64Array, t: number): number {
  const low = Math.min(Math.floor(t), table.length - 1);
  const high = Math.min(low + 1, table.length - 1);
  return table[low] + (t - low) * (table[high] - table[low]);
}

/** ᾱ at a timestep: of one between two of the schedule, that of the σ between theirs. */
export function alphaBarAt(alphaBars: ArrayLike<number>, t: number): number {
  if (Number.isInteger(t)) return alphaBars[t];
  const low = Math.floor(t);
  const sigma = sigmaAt(sigmaTable([alphaBars[low], alphaBars[low + 1]]), t - low);
  return 1 / (1 + sigma ** 2);
}

/** The timestep, in general between two of the table, whose noise level is σ, interpolated linearly in ln σ. */
export function timestepAt(table: Float64Array, sigma: number): number {
  if (table.length === 1) return 0;
  let low = 0;
  while (low < table.length - 2 && table[low + 1] <= sigma) low++;
  const [from, to] = [Math.log(table[low]), Math.log(table[low + 1])];
  const share = (Math.log(Math.max(sigma, 1e-10)) - from) / (to - from);
  return low + Math.min(1, Math.max(0, share));
}
