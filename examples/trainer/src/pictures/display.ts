import {
  type BandStatistics,
  denormalizeRaster,
  type NormalizationParameters,
  type Raster,
  typicalParameters,
} from 'diffusion-ssl/normalization';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import { isGlobal } from '../data/chipStatistics.js';
import { areZScores } from './areZScores.js';
import type { ValueRange } from './toRgb.js';

/** How the images of a run are shown. */
export interface Display {
  /** An image as the network sees it, in the units that it is shown in. */
  inUnits(image: Raster): Raster;
  /** The values of these bands that are shown as black and as full brightness. */
  rangeOf(bands: readonly number[]): ValueRange;
  /** Between which clean chips lie, as the network sees them. */
  limits: [low: number, high: number];
}

/** Nearly all values of chips that are z-scores lie within these, and what one looks at within those. */
const Z_LIMITS: [number, number] = [-5, 5];
const Z_SHOWN: ValueRange = [-2, 2];

/** What a sum in floating point may be beyond a round number. */
const ROUNDING = 1e-6;

/**
 * Images in the chips' own units where all chips were scaled alike or not at all, so that colours are those of the
 * chips; otherwise as the network sees them.
 */
export function displayOf(
  config: Pick<PretrainConfig, 'normalization' | 'statistics'>,
  statistics: BandStatistics,
): Display {
  const { normalization, statistics: procedure } = config;
  const { min, max, mean, std } = statistics;
  if (normalization === 'none') {
    const ends = (values: ArrayLike<number> | undefined, missing: number) => Array.from(values ?? [missing]);
    return {
      inUnits: (image) => image,
      rangeOf: rangeWithin(Z_SHOWN, { offset: ends(mean, 0), scale: ends(std, 1) }, statistics),
      limits: [Math.min(...ends(min, 0)), Math.max(...ends(max, 1))],
    };
  }
  const isZ = areZScores(normalization);
  const limits: [number, number] = isZ ? Z_LIMITS : [0, 1];
  const shown: ValueRange = isZ ? Z_SHOWN : [0, 1];
  if (!isGlobal(config)) return { inUnits: (image) => image, rangeOf: () => shown, limits };
  const parameters = typicalParameters(statistics, { strategy: normalization, procedure });
  return {
    inUnits: (image) => denormalizeRaster(image, parameters),
    rangeOf: rangeWithin(shown, parameters, statistics),
    limits,
  };
}

/**
 * One range for several bands, from scaled values: in units, but not beyond what the bands have, and in round numbers.
 */
function rangeWithin(
  shown: ValueRange,
  { offset, scale }: NormalizationParameters,
  { min, max }: BandStatistics,
): Display['rangeOf'] {
  const at = (value: number, band: number) =>
    Math.min(Math.max(offset[band] + value * scale[band], min?.[band] ?? -Infinity), max?.[band] ?? Infinity);
  return (bands) => {
    const [black, white] = shown.map((value) => bands.map((band) => at(value, band)));
    const [low, high] = [Math.min(...black), Math.max(...white)];
    const digits = Math.max(0, 1 - Math.floor(Math.log10(high - low || 1)));
    const unit = 10 ** digits;
    return [Math.floor(low * unit + ROUNDING) / unit, Math.ceil(high * unit - ROUNDING) / unit];
  };
}
