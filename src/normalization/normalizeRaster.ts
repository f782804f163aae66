import { argumentError, checkNumber, checkOneOf } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { bandStatistics, percentileLimits } from './statistics.js';

/** How values are scaled: to [0, 1] by minimum and maximum, or to mean 0 and standard deviation 1. */
export type NormalizationStrategy = 'min_max' | 'z_value';

/**
 * Whose statistics: `'lab'` the chip's over all bands, `'lpb'` the chip's per band, `'gab'` and `'gpb'` the given
 * global ones, averaged over the bands or per band.
 */
export type StatisticsProcedure = 'lab' | 'lpb' | 'gab' | 'gpb';

/** Statistics of a data set, one number a band: `min` and `max` for `'min_max'`, `mean` and `std` for `'z_value'`. */
export interface GlobalStatistics {
  min?: ArrayLike<number>;
  max?: ArrayLike<number>;
  mean?: ArrayLike<number>;
  std?: ArrayLike<number>;
}

/** Options of {@link normalizeRaster}. */
export interface NormalizationOptions {
  /** Default `'min_max'`. */
  strategy?: NormalizationStrategy;
  /** Default `'lab'`. */
  procedure?: StatisticsProcedure;
  /** Needed by `'gab'` and `'gpb'`. */
  globalStats?: GlobalStatistics | null;
  /** Percent in [0, 50) cut off at each tail of a band before `'min_max'` scaling; default 0. */
  clipPercent?: number;
  /** The values are integers, so that the limits of `clipPercent` are cut to integers too; default false. */
  integers?: boolean;
  /** Values that mark missing pixels; default none. NaN and infinities always do. */
  nodata?: readonly number[];
  /** What missing pixels become; default 0. */
  fill?: number;
  /** What happens when no valid pixel is left for the statistics: an error (default), or `fill` everywhere. */
  onEmpty?: 'error' | 'fill';
  /** `'tutorial'`: negative values count as missing, and missing values are scaled like all others. */
  compat?: 'tutorial';
}

/**
 * Scales a raster's values for a network. Missing pixels are left out of the statistics and become `fill`;
 * negative values are data. With `'min_max'` the result is limited to [0, 1]; a range or a standard deviation of
 * zero counts as 1e-6.
 *
 * Follows `do_normalization` of the ClarkCGA eofm-tutorial, which `compat: 'tutorial'` reproduces: there missing
 * and negative values are only left out of the statistics. The percentiles of `clipPercent` limit the values, while
 * the minimum and maximum of `'lab'` and `'lpb'` stay those of the unlimited ones.
 *
 * @param raster Height × width × channels; not changed.
 * @returns A new raster of the same shape.
 * @throws If an option is not one of those accepted, global statistics are missing or of another band count, or no
 * valid pixel is left.
 * @example
 * import { normalizeRaster } from 'diffusion-ssl/normalization';
 * const raster = { height: 1, width: 3, channels: 1, data: new Float32Array([-9999, 10, 20]) };
 * const { data } = normalizeRaster(raster, { strategy: 'min_max', procedure: 'lab', nodata: [-9999] });
 * console.log(data); // 0, 0, 1
 */
export function normalizeRaster(raster: Raster, options: NormalizationOptions = {}): Raster {
  const { strategy = 'min_max', procedure = 'lab', clipPercent = 0, fill = 0, onEmpty = 'error' } = options;
  const tutorial = options.compat === 'tutorial';
  checkOneOf('normalizeRaster', 'strategy', strategy, ['min_max', 'z_value']);
  checkOneOf('normalizeRaster', 'procedure', procedure, ['lab', 'lpb', 'gab', 'gpb']);
  checkOneOf('normalizeRaster', 'onEmpty', onEmpty, ['error', 'fill']);
  checkNumber('normalizeRaster', 'clipPercent', clipPercent, 0, 49.999);
  checkNumber('normalizeRaster', 'fill', fill);
  const { data, channels } = raster;
  const valid = validMask(data, options.nodata ?? [], tutorial);
  const scalings = bandScalings(raster, valid, options, strategy, procedure);
  const bounded = strategy === 'min_max';
  const out = new Float32Array(data.length);
  for (let band = 0; band < channels; band++) {
    const scaling = scalings[band];
    if (scaling === null) {
      if (onEmpty === 'error') throw emptyError(procedure, band, data.length);
      for (let i = band; i < data.length; i += channels) out[i] = fill;
      continue;
    }
    const { offset, scale } = scaling;
    const [low, high] =
      bounded && clipPercent > 0
        ? percentileLimits(data, valid, band, channels, clipPercent, options.integers ?? false)
        : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = band; i < data.length; i += channels) {
      let value = data[i];
      if (!valid[i] && !(tutorial && Number.isFinite(value))) {
        out[i] = fill;
        continue;
      }
      if (value < low) value = low;
      else if (value > high) value = high;
      value = (value - offset) / scale;
      out[i] = bounded ? Math.min(Math.max(value, 0), 1) : value;
    }
  }
  return { ...raster, data: out };
}

function validMask(data: Float32Array, nodata: readonly number[], negativeIsMissing: boolean): Uint8Array {
  const valid = new Uint8Array(data.length);
  const lowest = negativeIsMissing ? 0 : Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (Number.isFinite(value) && value >= lowest) valid[i] = 1;
  }
  for (const missing of nodata.map(Math.fround)) {
    for (let i = 0; i < data.length; i++) if (data[i] === missing) valid[i] = 0;
  }
  return valid;
}

interface Scaling {
  offset: number;
  scale: number;
}

/** Offset and scale of each band; null for a band without a valid pixel. */
function bandScalings(
  raster: Raster,
  valid: Uint8Array,
  options: NormalizationOptions,
  strategy: NormalizationStrategy,
  procedure: StatisticsProcedure,
): (Scaling | null)[] {
  const { data, channels } = raster;
  const bands = Array.from({ length: channels }, (_, band) => band);
  const scaling = (s: { min: number; max: number; mean: number; std: number }): Scaling =>
    strategy === 'min_max'
      ? { offset: s.min, scale: s.max - s.min || 1e-6 }
      : { offset: s.mean, scale: s.std || 1e-6 };
  if (procedure === 'lab' || procedure === 'lpb') {
    const local = (band: number | null) => {
      const statistics = bandStatistics(data, valid, band, channels);
      return statistics && scaling(statistics);
    };
    if (procedure === 'lpb') return bands.map(local);
    const all = local(null);
    return bands.map(() => all);
  }
  const given = (key: keyof GlobalStatistics) => globalValues(options.globalStats, key, procedure, channels);
  const [offsets, extents] =
    strategy === 'min_max' ? [given('min'), given('max')] : [given('mean'), given('std')];
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / channels;
  const perBand = (offset: number, extent: number) =>
    scaling({ min: offset, max: extent, mean: offset, std: extent });
  if (procedure === 'gpb') return bands.map((band) => perBand(offsets[band], extents[band]));
  const extent = strategy === 'min_max' ? mean(extents) : Math.sqrt(mean(extents.map((std) => std * std)));
  return bands.map(() => perBand(mean(offsets), extent));
}

function globalValues(
  stats: GlobalStatistics | null | undefined,
  key: keyof GlobalStatistics,
  procedure: string,
  channels: number,
): number[] {
  const values = stats?.[key];
  if (values === undefined) {
    throw argumentError(
      'normalizeRaster',
      `globalStats.${key}`,
      values,
      `given, one number a band, with procedure '${procedure}'`,
    );
  }
  if (values.length !== channels) {
    throw argumentError(
      'normalizeRaster',
      `globalStats.${key}.length`,
      values.length,
      `the raster's ${channels} bands`,
    );
  }
  return Array.from(values, (value) => {
    checkNumber('normalizeRaster', `globalStats.${key}`, value);
    return value;
  });
}

function emptyError(procedure: string, band: number, count: number): Error {
  const where = procedure === 'lpb' ? `band ${band} (counted from 0)` : `the raster's ${count} values`;
  return new Error(
    `normalizeRaster: no valid pixel in ${where}: all are nodata or not finite. Pass onEmpty: 'fill' to accept that.`,
  );
}
