import {
  type BandStatistics,
  denormalizeRaster,
  type Raster,
  typicalParameters,
} from 'diffusion-ssl/normalization';
import { isGlobal } from './chipStatistics.js';
import type { PretrainConfig } from './pretrainOptions.js';
import type { ValueRange } from './toRgb.js';

/** How the images of a run are shown. */
export interface Display {
  /** An image as the network sees it, in the units that it is shown in. */
  inUnits(image: Raster): Raster;
  /** The values of these bands that are shown as black and as full brightness. */
  rangeOf(bands: readonly number[]): ValueRange;
}

/** The values between which nearly all of clean chips lie, as the network sees them. */
export function imageRange({ normalization }: PretrainConfig): ValueRange {
  return normalization === 'z_value' ? [-2, 2] : [0, 1];
}

/**
 * Images in the chips' own units where all chips were scaled alike, so that colours are those of the chips; otherwise as
 * the network sees them.
 */
export function displayOf(config: PretrainConfig, statistics: BandStatistics): Display {
  const limits = imageRange(config);
  if (!isGlobal(config)) return { inUnits: (image) => image, rangeOf: () => limits };
  const { normalization, statistics: procedure } = config;
  const strategy = normalization === 'z_value' ? normalization : 'min_max';
  const parameters = typicalParameters(statistics, { strategy, procedure });
  const { min, max } = statistics;
  /** Where a value lies in the band's units, but not beyond what the band has. */
  const at = (value: number, band: number) => {
    const inUnits = parameters.offset[band] + value * parameters.scale[band];
    return Math.min(Math.max(inUnits, min?.[band] ?? -Infinity), max?.[band] ?? Infinity);
  };
  return {
    inUnits: (image) => denormalizeRaster(image, parameters),
    rangeOf: (bands) => {
      const ends = limits.map((value) => bands.map((band) => at(value, band)));
      return [Math.floor(Math.min(...ends[0])), Math.ceil(Math.max(...ends[1]))];
    },
  };
}
