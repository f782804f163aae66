/** Statistics of valid values; `std` is the population's (divided by n). */
export interface ValueStatistics {
  /** Number of valid values. */
  count: number;
  /** Sum of the squared deviations from the mean. */
  squares: number;
  min: number;
  max: number;
  mean: number;
  std: number;
}

/** Values of which the bands change fastest, and which of them are valid. */
export interface BandValues {
  data: Float32Array;
  valid: Uint8Array;
  channels: number;
}

/**
 * Statistics of the valid values of one band, or of all with `band` null; null when none is valid.
 * Two passes in double precision: exact for a constant band.
 *
 * @param spread Whether `squares` and `std` are wanted: without, they are 0 and the second pass is left out.
 */
export function bandStatistics(
  { data, valid, channels }: BandValues,
  band: number | null,
  spread = true,
): ValueStatistics | null {
  const start = band ?? 0;
  const stride = band === null ? 1 : channels;
  let count = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = start; i < data.length; i += stride) {
    if (!valid[i]) continue;
    const value = data[i];
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return null;
  const mean = min === max ? min : sum / count;
  let squares = 0;
  for (let i = start; spread && i < data.length; i += stride) {
    if (valid[i]) squares += (data[i] - mean) ** 2;
  }
  return { count, squares, min, max, mean, std: Math.sqrt(squares / count) };
}

/** The `percent` and `100 - percent` percentiles of a band's valid values, interpolated linearly. */
export function percentileLimits(
  { data, valid, channels }: BandValues,
  band: number,
  { percent, integers }: { percent: number; integers: boolean },
): [number, number] {
  const values: number[] = [];
  for (let i = band; i < data.length; i += channels) if (valid[i]) values.push(data[i]);
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const at = (p: number) => {
    const position = (p / 100) * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    const value = sorted[below] + (sorted[above] - sorted[below]) * (position - below);
    return integers ? Math.trunc(value) : value;
  };
  return [at(percent), at(100 - percent)];
}
