import { argumentError, checkNumber } from '../internal/checks.js';
import type { BandStatistics, NormalizationStrategy, StatisticsProcedure } from './bandStatisticsTypes.js';

/** A band becomes `(value - offset) / scale`. */
export interface Scaling {
  offset: number;
  scale: number;
}

/** The scaling that statistics give; an extent of zero counts as 1e-6. */
export function scalingOf(
  strategy: NormalizationStrategy,
  { min, max, mean, std }: { min: number; max: number; mean: number; std: number },
): Scaling {
  return strategy === 'min_max'
    ? { offset: min, scale: max - min || 1e-6 }
    : { offset: mean, scale: std || 1e-6 };
}

/**
 * The scaling of each of `channels` bands by global statistics.
 *
 * @throws If the statistics that the strategy needs are missing, not finite or of another number of bands.
 */
export function globalScalings(
  stats: BandStatistics | null | undefined,
  strategy: NormalizationStrategy,
  procedure: StatisticsProcedure,
  channels: number,
): Scaling[] {
  const given = (key: 'min' | 'max' | 'mean' | 'std') => {
    const values = stats?.[key];
    const name = `globalStats.${key}`;
    if (values === undefined) {
      throw argumentError(name, values, `given, one number a band, with procedure '${procedure}'`);
    }
    if (values.length !== channels) {
      throw argumentError(`${name}.length`, values.length, `the raster's ${channels} bands`);
    }
    return Array.from(values, (value) => {
      checkNumber(name, value);
      return value;
    });
  };
  const bounded = strategy === 'min_max';
  const [offsets, extents] = bounded ? [given('min'), given('max')] : [given('mean'), given('std')];
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / channels;
  const scaling = (offset: number, extent: number) =>
    scalingOf(strategy, { min: offset, max: extent, mean: offset, std: extent });
  if (procedure === 'gpb') return offsets.map((offset, band) => scaling(offset, extents[band]));
  const extent = bounded ? mean(extents) : Math.sqrt(mean(extents.map((std) => std * std)));
  return offsets.map(() => scaling(mean(offsets), extent));
}
