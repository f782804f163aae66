/** The largest finite σ: what stands for the infinite one of zero terminal SNR is that of ᾱ = 2⁻²⁴, as in diffusers. */
const LARGEST_SIGMA = Math.sqrt(2 ** 24 - 1);

/** σ = √((1 − ᾱ) / ᾱ), noise over signal: infinite where ᾱ is 0. */
export function sigmaOf(alphaBar: number): number {
  return Math.sqrt((1 - alphaBar) / alphaBar);
}

/** σ at each trained timestep, ascending, the last one made finite. */
export function sigmaTable(alphaBars: ArrayLike<number>): Float64Array {
  const table = Float64Array.from(alphaBars, sigmaOf);
  const last = table.length - 1;
  if (table[last] === Number.POSITIVE_INFINITY)
    table[last] = Math.max(LARGEST_SIGMA, 2 * (table[last - 1] ?? 0));
  return table;
}

/** σ at a timestep that may lie between two of a table of σ at each timestep, interpolated linearly. */
export function sigmaAt(table: Float64Array, t: number): number {
  const low = Math.min(Math.floor(t), table.length - 1);
  if (t === low) return table[low];
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
