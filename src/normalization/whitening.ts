import { argumentError, checkNumber } from '../internal/checks.js';
import { symmetricEigen } from '../internal/symmetricEigen.js';

/** Below this share of the variance of a band a direction counts as noise and is raised no further. */
const LEAST = 1e-4;

/** Symmetric matrices, a row a band. */
export interface Whitening {
  /** From z-scores to uncorrelated values. */
  whiten: number[][];
  /** Back. */
  mixing: number[][];
}

const known = new WeakMap<object, Whitening>();

/**
 * The inverse square root of a correlation matrix, and the square root. Of all matrices that make bands uncorrelated
 * with variance 1, this changes each band least (ZCA-cor: Kessy, Lewin & Strimmer, "Optimal whitening and
 * decorrelation", 2018). Directions of less than 1e-4 of a band's variance keep part of theirs.
 *
 * @throws If the correlations are missing, not finite or of another number of bands.
 */
export function whiteningOf(
  correlation: readonly (readonly number[])[] | undefined,
  channels: number,
): Whitening {
  if (!isList(correlation)) {
    throw argumentError(
      'globalStats.correlation',
      correlation,
      "given, a row a band, with strategy 'whiten'",
    );
  }
  if (correlation.length !== channels || correlation.some((row) => row.length !== channels)) {
    const sizes = [correlation.length, ...new Set(correlation.map((row) => row.length))];
    throw argumentError('globalStats.correlation.size', sizes, `the raster's ${channels} bands`);
  }
  for (const row of correlation)
    for (const value of row) checkNumber('globalStats.correlation', value, -1, 1);
  const found = known.get(correlation);
  if (found) return found;
  const { values, vectors } = symmetricEigen(correlation.flat(), channels);
  const power = (exponent: number) =>
    correlation.map((row, i) =>
      row.map((_, j) =>
        values.reduce((sum, value, k) => {
          const [a, b] = [vectors[k * channels + i], vectors[k * channels + j]];
          return sum + a * b * Math.max(value, LEAST) ** exponent;
        }, 0),
      ),
    );
  const made = { whiten: power(-0.5), mixing: power(0.5) };
  known.set(correlation, made);
  return made;
}

/** `Array.isArray`, which would take a readonly list for another kind. */
function isList(value: readonly (readonly number[])[] | undefined): value is readonly (readonly number[])[] {
  return Array.isArray(value);
}

/** Each pixel times a symmetric matrix; pixels whose `mask` is 0 become `fill`. */
export function mixBands(
  data: Float32Array,
  matrix: readonly (readonly number[])[],
  { mask, fill = 0 }: { mask?: Float32Array; fill?: number } = {},
): Float32Array {
  const channels = matrix.length;
  const out = new Float32Array(data.length);
  for (let i = 0, pixel = 0; i < data.length; i += channels, pixel++) {
    if (mask?.[pixel] === 0) {
      out.fill(fill, i, i + channels);
      continue;
    }
    for (let k = 0; k < channels; k++) {
      let sum = 0;
      for (let j = 0; j < channels; j++) sum += matrix[k][j] * data[i + j];
      out[i + k] = sum;
    }
  }
  return out;
}
