/**
 * How values are scaled: to [0, 1] by minimum and maximum, to mean 0 and standard deviation 1, or to that with the
 * bands uncorrelated too.
 */
export type NormalizationStrategy = 'min_max' | 'z_value' | 'whiten';

/**
 * Whose statistics: `'lab'` the chip's over all bands, `'lpb'` the chip's per band, `'gab'` and `'gpb'` the given
 * global ones, averaged over the bands or per band.
 */
export type StatisticsProcedure = 'lab' | 'lpb' | 'gab' | 'gpb';

/**
 * Statistics of a data set, one number a band: `min` and `max` for `'min_max'`, `mean` and `std` for `'z_value'`, and
 * `correlation` beside them for `'whiten'`.
 */
export interface BandStatistics {
  min?: ArrayLike<number>;
  max?: ArrayLike<number>;
  mean?: ArrayLike<number>;
  std?: ArrayLike<number>;
  /** A row a band: the correlations of its pixels with those of each band, 0 with bands of other rasters. */
  correlation?: readonly (readonly number[])[];
}

/** What a normalisation subtracted and divided by, one number a band: `(value - offset) / scale`. */
export interface NormalizationParameters {
  offset: number[];
  scale: number[];
  /** Of `'whiten'`: the symmetric matrix, a row a band, that leads from its values back to those of `'z_value'`. */
  mixing?: number[][];
}
