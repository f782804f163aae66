import { DataError } from '../errors/DataError.js';
import { checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { globalScalings, type Scaling, scalingOf } from './bandScalings.js';
import type {
  BandStatistics,
  NormalizationParameters,
  NormalizationStrategy,
  StatisticsProcedure,
} from './bandStatisticsTypes.js';
import { takeBands } from './takeBands.js';
import { whiteningOf } from './whitening.js';

/** What a local procedure takes from one chip. */
export interface LocalStatistics {
  min: number;
  max: number;
  mean: number;
  std: number;
}

/** One number a band: the mean over the chips of each chip's minimum, maximum, mean and standard deviation. */
export type TypicalStatistics = Record<keyof LocalStatistics, number[]>;

/** Statistics of a data set as plain numbers, one a band, as `GlobalStatistics.summary` gives them. */
export interface StatisticsSummary extends TypicalStatistics {
  /** A row a band: correlations of the pixels of a raster's bands; 0 between bands of several rasters. */
  correlation: number[][];
  /** Valid pixels counted. */
  count: number[];
  /** The chip's band that is the first of this band's raster: 0 throughout where chips are single files. */
  firstBands: number[];
  /** What the procedure `'lpb'` takes from a chip, on average. */
  lpb: TypicalStatistics;
  /** What the procedure `'lab'` takes from a chip, on average: the same for all bands of a raster. */
  lab: TypicalStatistics;
}

/** Options of {@link typicalParameters}: those of the normalisation to undo. */
export interface TypicalParametersOptions {
  /** Default `'min_max'`. */
  strategy?: NormalizationStrategy;
  /** Default `'lab'`. */
  procedure?: StatisticsProcedure;
}

/**
 * Offset and scale of each band with which samples are brought back to physical units: for the global procedures
 * those that every chip was normalised with, for the local ones those of an average chip.
 *
 * @param statistics `GlobalStatistics.summary()`; for `'gab'` and `'gpb'` the `globalStats` given to the normalisation
 * are enough.
 * @throws If the statistics that the procedure needs are missing.
 * @example
 * import { denormalizeRaster, GlobalStatistics, typicalParameters } from 'diffusion-ssl/normalization';
 * const statistics = new GlobalStatistics({ channels: 1 });
 * statistics.add({ height: 1, width: 2, channels: 1, data: new Float32Array([-22, -8]) });
 * statistics.add({ height: 1, width: 2, channels: 1, data: new Float32Array([-18, -4]) });
 * const parameters = typicalParameters(statistics.summary(), { procedure: 'lab' });
 * const sample = { height: 1, width: 2, channels: 1, data: new Float32Array([0, 1]) };
 * console.log(denormalizeRaster(sample, parameters).data); // -20, -6
 */
export function typicalParameters(
  statistics: BandStatistics | StatisticsSummary,
  { strategy = 'min_max', procedure = 'lab' }: TypicalParametersOptions = {},
): NormalizationParameters {
  checkOneOf('typicalParameters: strategy', strategy, ['min_max', 'z_value', 'whiten']);
  checkOneOf('typicalParameters: procedure', procedure, ['lab', 'lpb', 'gab', 'gpb']);
  const scalings =
    procedure === 'lab' || procedure === 'lpb'
      ? localScalings(statistics, strategy, procedure)
      : scalingsByRaster(statistics, strategy, procedure);
  const parameters = { offset: scalings.map((s) => s.offset), scale: scalings.map((s) => s.scale) };
  if (strategy !== 'whiten') return parameters;
  const { mixing } = inFunction('typicalParameters', () =>
    whiteningOf((statistics as BandStatistics).correlation, scalings.length),
  );
  return { ...parameters, mixing };
}

function localScalings(
  statistics: BandStatistics | StatisticsSummary,
  strategy: NormalizationStrategy,
  procedure: 'lab' | 'lpb',
) {
  if (!(procedure in statistics)) {
    throw new DataError(
      `typicalParameters: the statistics have no '${procedure}', which is gathered from chips; ` +
        'pass GlobalStatistics.summary().',
    );
  }
  const { min, max, mean, std } = (statistics as StatisticsSummary)[procedure];
  return min.map((_, k) => scalingOf(strategy, { min: min[k], max: max[k], mean: mean[k], std: std[k] }));
}

/** Each raster of a chip is normalised by itself. */
function scalingsByRaster(
  statistics: BandStatistics | StatisticsSummary,
  strategy: NormalizationStrategy,
  procedure: 'gab' | 'gpb',
): Scaling[] {
  const { min, mean } = statistics;
  const firstBands =
    'firstBands' in statistics ? statistics.firstBands : Array.from(min ?? mean ?? [], () => 0);
  const scalings: Scaling[] = [];
  for (const first of new Set([0, ...firstBands])) {
    const bands = firstBands.flatMap((band, k) => (band === first ? [k] : []));
    const part = takeBands(statistics, bands);
    inFunction('typicalParameters', () => globalScalings(part, strategy, procedure, bands.length)).forEach(
      (scaling, k) => {
        scalings[bands[k]] = scaling;
      },
    );
  }
  return scalings;
}
