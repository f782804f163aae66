import type { BandStatistics } from './bandStatisticsTypes.js';

/** The statistics of some bands, such as those of one raster of a chip. */
export function takeBands(statistics: BandStatistics, bands: readonly number[]): BandStatistics {
  const part = (values?: ArrayLike<number>) =>
    values && bands.filter((band) => band < values.length).map((band) => values[band]);
  const { min, max, mean, std } = statistics;
  return { min: part(min), max: part(max), mean: part(mean), std: part(std) };
}
