/** How values are scaled: to [0, 1] by minimum and maximum, or to mean 0 and standard deviation 1. */
export type NormalizationStrategy = 'min_max' | 'z_value';

/**
 * Whose statistics: `'lab'` the chip's over all bands, `'lpb'` the chip's per band, `'gab'` and `'gpb'` the given
 * global ones, averaged over the bands or per band.
 */
export type StatisticsProcedure = 'lab' | 'lpb' | 'gab' | 'gpb';

/** Statistics of a data set, one number a band: `min` and `max` for `'min_max'`, `mean` and `std` for `'z_value'`. */
export interface BandStatistics {
  min?: ArrayLike<number>;
  max?: ArrayLike<number>;
  mean?: ArrayLike<number>;
  std?: ArrayLike<number>;
}

/** What a normalisation subtracted and divided by, one number a band: `(value - offset) / scale`. */
export interface NormalizationParameters {
  offset: number[];
  scale: number[];
}
