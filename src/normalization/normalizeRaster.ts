import { DataError } from '../errors/DataError.js';
import { allFinite } from '../internal/allFinite.js';
import { argumentError, checkNumber, checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import type { Raster } from '../internal/raster.js';
import { globalScalings, type Scaling, scalingOf } from './bandScalings.js';
import type {
  BandStatistics,
  NormalizationParameters,
  NormalizationStrategy,
  StatisticsProcedure,
} from './bandStatisticsTypes.js';
import { checkNodata, type NodataValues } from './nodataValues.js';
import { bandStatistics, percentileLimits } from './statistics.js';
import { validMask } from './validMask.js';
import { mixBands, whiteningOf } from './whitening.js';

/** Options of {@link normalizeRaster}. */
export interface NormalizationOptions {
  /**
   * Default `'min_max'`, as in the tutorial; the trainer and the page of the examples take `'z_value'` with `'gpb'`.
   */
  strategy?: NormalizationStrategy;
  /** Default `'lab'`, which needs no statistics. */
  procedure?: StatisticsProcedure;
  /** Needed by `'gab'` and `'gpb'`. */
  globalStats?: BandStatistics | null;
  /** Percent in [0, 50) cut off at each tail of a band before `'min_max'` scaling; default 0. */
  clipPercent?: number;
  /** The values are integers, so that the limits of `clipPercent` are cut to integers too; default false. */
  integers?: boolean;
  /** Scaled values are limited to [-limit, limit]; default: they are not. */
  limit?: number;
  /** Values that mark missing pixels, or a list of them for each band; default none. NaN and infinities always do. */
  nodata?: NodataValues;
  /** What missing pixels become; default 0. */
  fill?: number;
  /** What happens when no valid pixel is left for the statistics: an error (default), or `fill` everywhere. */
  onEmpty?: 'error' | 'fill';
  /** `'tutorial'`: negative values count as missing, and missing values are scaled like all others. */
  compat?: 'tutorial';
}

/** A normalised raster and what was done to it, for {@link denormalizeRaster}. */
export interface NormalizedRaster extends Raster {
  /** One offset and scale a band; 0 and 1 for a band without a valid pixel. */
  parameters: NormalizationParameters;
  /** One channel: 0 where the value of any band is missing and was filled, else 1. Absent where none is. */
  mask?: Raster;
}

/**
 * Scales a raster's values for a network. Missing pixels are left out of the statistics and become `fill`;
 * negative values are data. With `'min_max'` the result is limited to [0, 1]; a range or a standard deviation of
 * zero counts as 1e-6. `'whiten'` takes z-scores times the inverse square root of the bands' correlation matrix, so
 * that no band tells what another has told: bands of one sensor are much alike, and what sets land covers apart may lie
 * in their small differences. A pixel missing in one band is missing in all of them then.
 *
 * Follows `do_normalization` of the ClarkCGA eofm-tutorial, which `compat: 'tutorial'` reproduces: there missing
 * and negative values are only left out of the statistics. The percentiles of `clipPercent` limit the values, while
 * the minimum and maximum of `'lab'` and `'lpb'` stay those of the unlimited ones.
 *
 * @param raster Height × width × channels; not changed.
 * @returns A new raster of the same shape, with the `parameters` that undo the scaling and the `mask` of missing
 * pixels.
 * @throws If an option is not one of those accepted, global statistics are missing or of another band count, or no
 * valid pixel is left.
 * @example
 * import { normalizeRaster } from 'diffusion-ssl/normalization';
 * const raster = { height: 1, width: 3, channels: 1, data: new Float32Array([-9999, 10, 20]) };
 * const { data, parameters } = normalizeRaster(raster, { strategy: 'min_max', procedure: 'lab', nodata: [-9999] });
 * console.log(data, parameters); // 0, 0, 1 and { offset: [10], scale: [10] }
 */
export function normalizeRaster(raster: Raster, options: NormalizationOptions = {}): NormalizedRaster {
  const { strategy = 'min_max', procedure = 'lab', clipPercent = 0, fill = 0, onEmpty = 'error' } = options;
  const { limit, nodata = [], integers = false } = options;
  const tutorial = options.compat === 'tutorial';
  checkOneOf('normalizeRaster: strategy', strategy, ['min_max', 'z_value', 'whiten']);
  if (strategy === 'whiten') return whitenRaster(raster, options);
  checkOneOf('normalizeRaster: procedure', procedure, ['lab', 'lpb', 'gab', 'gpb']);
  checkOneOf('normalizeRaster: onEmpty', onEmpty, ['error', 'fill']);
  checkNumber('normalizeRaster: clipPercent', clipPercent, 0, 49.999);
  checkNumber('normalizeRaster: fill', fill);
  if (limit !== undefined) checkNumber('normalizeRaster: limit', limit, Number.MIN_VALUE);
  const { data, channels } = raster;
  checkNodata('normalizeRaster', nodata, channels);
  const plain = clipPercent === 0 && limit === undefined && nodata.length === 0;
  if (strategy === 'min_max' && procedure === 'lab' && plain) {
    const range = completeRange(data);
    if (range && (range.min >= 0 || !tutorial)) {
      return scaleWhole(raster, new Array(channels).fill(scalingOf('min_max', range)));
    }
  }
  const bounded = strategy === 'min_max';
  const isLocal = procedure === 'lab' || procedure === 'lpb';
  const global = isLocal
    ? undefined
    : inFunction('normalizeRaster', () => globalScalings(options.globalStats, strategy, procedure, channels));
  if (global && plain && !bounded && data.length > 0 && allFinite(data)) return scaleWhole(raster, global);
  const valid = validMask(data, channels, nodata, tutorial);
  const scalings = isLocal ? localScalings(raster, valid, strategy, procedure) : (global ?? []);
  const [lowest, highest] = [bounded ? 0 : Number.NEGATIVE_INFINITY, bounded ? 1 : Number.POSITIVE_INFINITY];
  const [least, most] =
    limit === undefined ? [lowest, highest] : [Math.max(lowest, -limit), Math.min(highest, limit)];
  const out = new Float32Array(data.length);
  let present: Float32Array | undefined;
  let missing = 0;
  const miss = (i: number) => {
    missing++;
    out[i] = fill;
    present ??= new Float32Array(data.length / channels).fill(1);
    present[Math.floor(i / channels)] = 0;
  };
  for (let band = 0; band < channels; band++) {
    const scaling = scalings[band];
    if (scaling === null) {
      if (onEmpty === 'error') throw emptyError(procedure, band, data.length);
      for (let i = band; i < data.length; i += channels) miss(i);
      continue;
    }
    const { offset, scale } = scaling;
    const [low, high] =
      bounded && clipPercent > 0
        ? percentileLimits({ data, valid, channels }, band, { percent: clipPercent, integers })
        : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = band; i < data.length; i += channels) {
      let value = data[i];
      if (!valid[i] && !(tutorial && Number.isFinite(value))) {
        miss(i);
        continue;
      }
      if (value < low) value = low;
      else if (value > high) value = high;
      out[i] = Math.min(Math.max((value - offset) / scale, least), most);
    }
  }
  if (missing === data.length && onEmpty === 'error') throw emptyError('lab', 0, data.length);
  const parameters = {
    offset: scalings.map((scaling) => scaling?.offset ?? 0),
    scale: scalings.map((scaling) => scaling?.scale ?? 1),
  };
  const { height, width } = raster;
  const mask = present && { height, width, channels: 1, data: present };
  return { height, width, channels, data: out, parameters, ...(mask && { mask }) };
}

/** Z-scores, then uncorrelated. */
function whitenRaster(raster: Raster, options: NormalizationOptions): NormalizedRaster {
  const { procedure = 'lab', globalStats, limit, fill, compat } = options;
  checkOneOf("normalizeRaster: procedure (with strategy 'whiten')", procedure, ['gpb']);
  if (compat !== undefined) {
    throw argumentError("normalizeRaster: compat (with strategy 'whiten')", compat, 'left out');
  }
  const { whiten, mixing } = inFunction('normalizeRaster', () =>
    whiteningOf(globalStats?.correlation, raster.channels),
  );
  const scores = normalizeRaster(raster, { ...options, strategy: 'z_value', limit: undefined });
  const data = mixBands(scores.data, whiten, { mask: scores.mask?.data, fill });
  if (limit !== undefined) {
    for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i], -limit), limit);
  }
  return { ...scores, data, parameters: { ...scores.parameters, mixing } };
}

/** The range of values that are all finite; null where one is not. */
function completeRange(data: Float32Array): { min: number; max: number; mean: number; std: number } | null {
  let min = data[0];
  let max = data[0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value >= min) {
      if (value > max) max = value;
    } else if (value < min) min = value;
    else return null;
  }
  return Number.isFinite(min) && Number.isFinite(max) ? { min, max, mean: 0, std: 0 } : null;
}

/**
 * Scales a raster without missing pixels, of whose values none needs a limit: most of a loader's work and of a map's,
 * in a third of the time and with the same result.
 */
function scaleWhole(
  { height, width, channels, data }: Raster,
  scalings: readonly Scaling[],
): NormalizedRaster {
  const offset = scalings.map((scaling) => scaling.offset);
  const scale = scalings.map((scaling) => scaling.scale);
  const out = new Float32Array(data.length);
  for (let band = 0; band < channels; band++) {
    const [less, size] = [offset[band], scale[band]];
    for (let i = band; i < data.length; i += channels) out[i] = (data[i] - less) / size;
  }
  return { height, width, channels, data: out, parameters: { offset, scale } };
}

/** The scaling of each band by the raster's own statistics; null for a band without a valid pixel. */
function localScalings(
  { data, channels }: Raster,
  valid: Uint8Array,
  strategy: NormalizationStrategy,
  procedure: 'lab' | 'lpb',
): (Scaling | null)[] {
  const local = (band: number | null) => {
    const statistics = bandStatistics({ data, valid, channels }, band, strategy === 'z_value');
    return statistics && scalingOf(strategy, statistics);
  };
  if (procedure === 'lpb') return Array.from({ length: channels }, (_, band) => local(band));
  return new Array(channels).fill(local(null));
}

function emptyError(procedure: string, band: number, count: number): Error {
  const where = procedure === 'lpb' ? `band ${band} (counted from 0)` : `the raster's ${count} values`;
  return new DataError(
    `normalizeRaster: no valid pixel in ${where}: all are nodata or not finite. Pass onEmpty: 'fill' to accept that.`,
  );
}
