import { DataError } from '../errors/DataError.js';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { JointStatistics, type RasterMoments } from './JointStatistics.js';
import { addMoments, emptyMoments, type Moments } from './Moments.js';
import { checkNodata, type NodataValues } from './nodataValues.js';
import { PercentileSketch } from './PercentileSketch.js';
import { bandStatistics } from './statistics.js';
import type { LocalStatistics, StatisticsSummary } from './typicalParameters.js';
import { validMask } from './validMask.js';

/** Options of {@link GlobalStatistics}. */
export interface GlobalStatisticsOptions {
  /** Bands of a chip, all its rasters together. */
  channels: number;
  /** Take one of so many pixels: those whose row and column add up to a multiple of it; default 1, all. */
  downfactor?: number;
}

/** Options of {@link GlobalStatistics.add}. */
export interface AddRasterOptions {
  /**
   * Values that mark missing pixels, or a list of them for each of the raster's bands; default none. NaN and infinities
   * always do.
   */
  nodata?: NodataValues;
  /** The chip's band that is the raster's first, where a chip has several rasters; default 0. */
  firstBand?: number;
  /** The chip's band that each of the raster's is, where they are not in one row; default: from `firstBand` on. */
  bands?: readonly number[];
}

/** {@link GlobalStatistics} as plain data. */
export interface GlobalStatisticsState {
  downfactor: number;
  bands: BandState[];
  /** The bands of each raster together. */
  rasters: RasterMoments[];
}

interface BandState {
  pixels: Moments;
  /** Keys and counts of the percentile sketch. */
  bins: number[];
  /** Chips with a valid value, and the means over them of what `'lpb'` and `'lab'` take from each. */
  lpb: MeanStatistics;
  lab: MeanStatistics;
  /** The chip's band that is the first of this band's raster; -1 before any. */
  firstBand: number;
}

interface MeanStatistics {
  chips: number;
  mean: LocalStatistics;
}

interface Band extends Omit<BandState, 'bins'> {
  sketch: PercentileSketch;
}

/**
 * Statistics of a data set in one pass: rasters are added one by one and forgotten, and parts computed apart can be
 * merged. Per band the count, minimum, maximum, mean and standard deviation (the population's) in double precision,
 * the correlations of the bands of a raster, and percentiles within 2^-10 (0.1 %) of the value; beside them the mean
 * over the chips of what the local procedures `'lab'` and `'lpb'` take from each, of all its pixels (see
 * `typicalParameters`).
 *
 * Memory does not grow with the data. The same parts merged in the same order give the same bits.
 *
 * @throws If `channels` or `downfactor` is no positive integer.
 * @example
 * import { GlobalStatistics, normalizeRaster } from 'diffusion-ssl/normalization';
 * const statistics = new GlobalStatistics({ channels: 1 });
 * const chip = { height: 1, width: 3, channels: 1, data: new Float32Array([1, 2, 6]) };
 * statistics.add(chip);
 * const globalStats = statistics.summary();
 * console.log(globalStats.mean, globalStats.max, statistics.percentile(50)); // [3], [6], [2]
 * normalizeRaster(chip, { procedure: 'gpb', globalStats });
 */
export class GlobalStatistics {
  private readonly bands: Band[];
  private joint = new JointStatistics();
  private readonly downfactor: number;

  constructor({ channels, downfactor = 1 }: GlobalStatisticsOptions) {
    checkInteger('GlobalStatistics: channels', channels, 1);
    checkInteger('GlobalStatistics: downfactor', downfactor, 1);
    this.downfactor = downfactor;
    this.bands = Array.from({ length: channels }, () => ({
      pixels: emptyMoments(),
      sketch: new PercentileSketch(),
      lpb: emptyMean(),
      lab: emptyMean(),
      firstBand: -1,
    }));
  }

  /**
   * Adds a raster's valid values in its own units, before any normalisation.
   *
   * @throws If its bands are not among the chip's, or lie in another raster than before.
   */
  add(raster: Raster, options: AddRasterOptions = {}): this {
    const { data, channels } = raster;
    const { nodata = [] } = options;
    const bands = this.placesOf(channels, options);
    const firstBand = Math.min(...bands);
    checkNodata('GlobalStatistics.add', nodata, channels);
    const valid = validMask(data, channels, nodata);
    const some = this.downfactor === 1 ? { data, valid } : sample(raster, valid, this.downfactor);
    const bits = new Int32Array(some.data.buffer, some.data.byteOffset, some.data.length);
    const all = emptyMoments();
    for (let k = 0; k < channels; k++) {
      const band = this.bands[bands[k]];
      if (band.firstBand >= 0 && band.firstBand !== firstBand) {
        const accepted = `${band.firstBand}, as for the rasters before`;
        throw argumentError('GlobalStatistics.add: firstBand', firstBand, accepted);
      }
      band.firstBand = firstBand;
      const whole = bandStatistics({ data, valid, channels }, k);
      if (whole === null) continue;
      addMoments(all, whole);
      addToMean(band.lpb, 1, whole);
      const part = some.data === data ? whole : bandStatistics({ ...some, channels }, k);
      if (part) addMoments(band.pixels, part);
      for (let i = k; i < bits.length; i += channels) if (some.valid[i]) band.sketch.addBits(bits[i]);
    }
    this.joint.add({ ...some, channels }, bands);
    if (all.count > 0) {
      const chip = localOf(all);
      for (const k of bands) addToMean(this.bands[k].lab, 1, chip);
    }
    return this;
  }

  /**
   * Adds what another one has gathered.
   *
   * @throws If the two have not the same bands, rasters and `downfactor`.
   */
  merge(other: GlobalStatistics): this {
    if (other.bands.length !== this.bands.length || other.downfactor !== this.downfactor) {
      throw new DataError(
        `GlobalStatistics.merge: ${other.bands.length} bands with downfactor ${other.downfactor} cannot be added to ` +
          `${this.bands.length} bands with downfactor ${this.downfactor}.`,
      );
    }
    this.bands.forEach((band, k) => {
      const part = other.bands[k];
      if (part.firstBand >= 0 && band.firstBand >= 0 && part.firstBand !== band.firstBand) {
        throw new DataError(
          `GlobalStatistics.merge: band ${k} is of the raster from band ${band.firstBand}, ` +
            `in the other from band ${part.firstBand}.`,
        );
      }
      band.firstBand = Math.max(band.firstBand, part.firstBand);
      addMoments(band.pixels, part.pixels);
      band.sketch.merge(part.sketch);
      for (const key of ['lpb', 'lab'] as const) addToMean(band[key], part[key].chips, part[key].mean);
    });
    this.joint.merge(other.joint.rasters);
    return this;
  }

  /**
   * The statistics as plain numbers, one a band: what `normalizeRaster` takes as `globalStats`, and
   * `typicalParameters` for the inverse.
   *
   * @throws If a band has no valid pixel.
   */
  summary(): StatisticsSummary {
    this.checkFilled('summary');
    const pixels = this.bands.map((band) => band.pixels);
    const local = (key: 'lpb' | 'lab') => {
      const each = this.bands.map((band) => band[key].mean);
      return {
        min: each.map((s) => s.min),
        max: each.map((s) => s.max),
        mean: each.map((s) => s.mean),
        std: each.map((s) => s.std),
      };
    };
    return {
      count: pixels.map((m) => m.count),
      min: pixels.map((m) => m.min),
      max: pixels.map((m) => m.max),
      mean: pixels.map((m) => m.mean),
      std: pixels.map((m) => Math.sqrt(m.squares / m.count)),
      correlation: this.joint.correlation(this.bands.length),
      firstBands: this.bands.map((band) => band.firstBand),
      lpb: local('lpb'),
      lab: local('lab'),
    };
  }

  /**
   * A percentile of each band's values, interpolated linearly as numpy does, within 2^-10 of the larger of the two
   * values that it lies between.
   *
   * @param percent In [0, 100].
   * @throws If `percent` is out of range or a band has no valid pixel.
   */
  percentile(percent: number): number[] {
    checkNumber('GlobalStatistics.percentile: percent', percent, 0, 100);
    this.checkFilled('percentile');
    return this.bands.map(({ sketch, pixels }) => sketch.percentile(percent, pixels.min, pixels.max));
  }

  /** Everything gathered as plain data, for a file or another thread. */
  toJSON(): GlobalStatisticsState {
    const bands = this.bands.map(({ sketch, ...band }) => ({ ...band, bins: sketch.toJSON() }));
    return structuredClone({ downfactor: this.downfactor, bands, rasters: this.joint.rasters });
  }

  /** Goes on from what `toJSON` gave. */
  static fromJSON(state: GlobalStatisticsState): GlobalStatistics {
    const { downfactor, bands, rasters } = structuredClone(state);
    const statistics = new GlobalStatistics({ channels: bands.length, downfactor });
    bands.forEach(({ bins, ...band }, k) => {
      statistics.bands[k] = { ...band, sketch: PercentileSketch.fromJSON(bins) };
    });
    statistics.joint.merge(rasters);
    return statistics;
  }

  /** The chip's band that each of a raster's is. */
  private placesOf(channels: number, { firstBand = 0, bands }: AddRasterOptions): readonly number[] {
    checkInteger('GlobalStatistics.add: firstBand', firstBand, 0);
    const { length } = this.bands;
    const isPlace = (band: number) => Number.isInteger(band) && band >= 0 && band < length;
    if (bands && !(bands.length === channels && bands.every(isPlace) && new Set(bands).size === channels)) {
      const accepted = `${channels} different bands of the ${length} of the statistics, from 0`;
      throw argumentError('GlobalStatistics.add: bands', bands, accepted);
    }
    if (!bands && firstBand + channels > length) {
      const accepted = `at most the ${length} bands of the statistics`;
      throw argumentError('GlobalStatistics.add: firstBand + channels', firstBand + channels, accepted);
    }
    return bands ?? Array.from({ length: channels }, (_, k) => firstBand + k);
  }

  private checkFilled(method: string): void {
    const empty = this.bands.findIndex((band) => band.pixels.count === 0);
    if (empty < 0) return;
    throw new DataError(
      `GlobalStatistics.${method}: band ${empty} (counted from 0) has no valid pixel: ` +
        'all are nodata or not finite, or nothing was added.',
    );
  }
}

/** One in `downfactor` pixels of a raster, one after the other. */
function sample({ height, width, channels, data }: Raster, valid: Uint8Array, downfactor: number) {
  const places: number[] = [];
  for (let row = 0; row < height; row++) {
    const first = (downfactor - (row % downfactor)) % downfactor;
    for (let column = first; column < width; column += downfactor)
      places.push((row * width + column) * channels);
  }
  const some = {
    data: new Float32Array(places.length * channels),
    valid: new Uint8Array(places.length * channels),
  };
  places.forEach((from, i) => {
    some.data.set(data.subarray(from, from + channels), i * channels);
    some.valid.set(valid.subarray(from, from + channels), i * channels);
  });
  return some;
}

function emptyMean(): MeanStatistics {
  return { chips: 0, mean: { min: 0, max: 0, mean: 0, std: 0 } };
}

function localOf({ min, max, mean, squares, count }: Moments): LocalStatistics {
  return { min, max, mean, std: Math.sqrt(squares / count) };
}

/** Adds the mean of `chips` chips. */
function addToMean(into: MeanStatistics, chips: number, part: LocalStatistics): void {
  if (chips === 0) return;
  into.chips += chips;
  for (const key of ['min', 'max', 'mean', 'std'] as const) {
    into.mean[key] += ((part[key] - into.mean[key]) * chips) / into.chips;
  }
}
