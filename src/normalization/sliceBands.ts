import type { BandStatistics } from './bandStatisticsTypes.js';

/** The statistics of `count` bands from `first` on, such as those of one raster of a chip. */
export function sliceBands(statistics: BandStatistics, first: number, count: number): BandStatistics {
  const part = (values?: ArrayLike<number>) => values && Array.from(values).slice(first, first + count);
  const { min, max, mean, std } = statistics;
  return { min: part(min), max: part(max), mean: part(mean), std: part(std) };
}
