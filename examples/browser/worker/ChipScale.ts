import {
  type BandStatistics,
  denormalizeRaster,
  type NormalizationOptions,
  type NormalizationParameters,
  normalizeRaster,
  type Raster,
  typicalParameters,
} from 'diffusion-ssl/normalization';
import { areZScores } from '../../trainer/src/pictures/areZScores.js';
import type { ValueRange } from '../../trainer/src/pictures/toRgb.js';
import type { ChipScaling } from '../shared/types.js';
import { displayRanges } from './displayRanges.js';

/** Where the clean image of a sample is cut off when chips are z-scores: nearly all of theirs lie within. */
const Z_LIMITS: [number, number] = [-5, 5];

/** How chips become what a network sees, and how its samples come back to their units. */
export class ChipScale {
  /** The values of each band that are shown as black and as full brightness. */
  readonly ranges: ValueRange[];
  /** Between which clean chips lie, as the network sees them. */
  readonly limits: [number, number];
  private readonly options: NormalizationOptions | null;
  /** Undefined where nothing says what the units were. */
  private readonly parameters?: NormalizationParameters;

  /** @throws If the statistics are missing that the normalisation needs, or an option is not accepted. */
  constructor({ normalization, statistics }: ChipScaling, bands: number) {
    this.options = normalization;
    this.parameters = unitsOf(normalization, statistics, bands);
    const isZ = areZScores(normalization?.strategy);
    this.limits = isZ ? Z_LIMITS : [0, 1];
    const asSeen: ValueRange = isZ ? [-2, 2] : [0, 1];
    this.ranges =
      this.parameters && statistics
        ? displayRanges(statistics, bands)
        : Array.from({ length: bands }, () => asSeen);
    if (!normalization && statistics) {
      this.limits = [
        Math.min(...Array.from(statistics.min ?? [0])),
        Math.max(...Array.from(statistics.max ?? [1])),
      ];
    }
    if (normalization && isGlobal(normalization) && this.parameters) {
      // Of a chip of several rasters each took its own statistics: said band by band they are the same.
      const { offset, scale } = this.parameters;
      const max = offset.map((low, band) => low + scale[band]);
      this.options = {
        ...normalization,
        procedure: 'gpb',
        globalStats: { min: offset, max, mean: offset, std: scale, correlation: statistics?.correlation },
      };
    }
    this.normalize({ height: 1, width: 1, channels: bands, data: new Float32Array(bands) });
  }

  /** A chip as the network sees it; missing values become 0. */
  normalize(chip: Raster): Float32Array {
    if (!this.options) return chip.data.map((value) => (Number.isFinite(value) ? value : 0));
    return normalizeRaster(chip, { ...this.options, onEmpty: 'fill' }).data;
  }

  /** An image of the network's in the units of its chips; as it is, where these are not known. */
  inUnits(image: Raster): Raster {
    return this.parameters ? denormalizeRaster(image, this.parameters) : image;
  }
}

const isGlobal = ({ procedure }: NormalizationOptions) => procedure === 'gpb' || procedure === 'gab';

function unitsOf(
  normalization: NormalizationOptions | null,
  statistics: BandStatistics | undefined,
  bands: number,
): NormalizationParameters | undefined {
  if (!normalization) return { offset: new Array(bands).fill(0), scale: new Array(bands).fill(1) };
  const { strategy, procedure = 'lab' } = normalization;
  if (isGlobal(normalization)) return typicalParameters(statistics ?? {}, { strategy, procedure });
  if (!statistics || !(procedure in statistics)) return undefined;
  return typicalParameters(statistics, { strategy, procedure });
}
