import type { BandStatistics } from './bandStatisticsTypes.js';

/** The statistics of some bands, such as those of one raster of a chip. */
export function takeBands(statistics: BandStatistics, bands: readonly number[]): BandStatistics {
  const part = (values?: ArrayLike<number>) =>
    values && bands.filter((band) => band < values.length).map((band) => values[band]);
  const { min, max, mean, std, correlation } = statistics;
  const isAll = bands.length === correlation?.length && bands.every((band, k) => band === k);
  return {
    min: part(min),
    max: part(max),
    mean: part(mean),
    std: part(std),
    // The matrix itself where it is whole, so that what was made of it is found again.
    correlation: isAll ? correlation : correlation && part2d(correlation, bands),
  };
}

function part2d(matrix: readonly (readonly number[])[], bands: readonly number[]): number[][] {
  return bands.map((row) => bands.map((column) => matrix[row]?.[column]));
}
