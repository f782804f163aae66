import type { Raster } from '../../internal/raster.js';
import { isPerBand, type NodataValues } from '../../normalization/nodataValues.js';

/** What is remembered of a chip's values to judge them beside those of other chips. */
export interface ChipFacts {
  /** Least and greatest valid value of each band, NaN where there is none. */
  least: number[];
  greatest: number[];
  /** Values of each band that float32 does not hold but as infinite. */
  infinite: number[];
  /** How many values each of the given nodata values matches. */
  nodataMatches: number[];
}

/** The nodata values of all bands, one after the other. */
export function flatNodata(nodata: NodataValues): readonly number[] {
  return isPerBand(nodata) ? nodata.flat() : nodata;
}

/** Facts of no raster yet. @param nodata Values that mark missing pixels. */
export function noFacts(nodata: NodataValues): ChipFacts {
  return { least: [], greatest: [], infinite: [], nodataMatches: flatNodata(nodata).map(() => 0) };
}

/** What the parts of a chip are together; they have the same bands. */
export function mergeFacts(parts: readonly ChipFacts[]): ChipFacts {
  const [first, ...others] = parts;
  // What is NaN is no value.
  const either = (a: number, b: number, choose: (a: number, b: number) => number) =>
    Number.isNaN(a) ? b : Number.isNaN(b) ? a : choose(a, b);
  return others.reduce(
    (all, part) => ({
      least: all.least.map((value, k) => either(value, part.least[k], Math.min)),
      greatest: all.greatest.map((value, k) => either(value, part.greatest[k], Math.max)),
      infinite: all.infinite.map((count, k) => count + part.infinite[k]),
      nodataMatches: all.nodataMatches.map((count, i) => count + part.nodataMatches[i]),
    }),
    first,
  );
}

/**
 * Adds a raster's bands.
 *
 * @param raster NaN where its file says that values are missing.
 * @param nodata Further values that mark missing pixels of the chip.
 * @param places The chip's band that each of the raster's is.
 */
export function addFacts(
  facts: ChipFacts,
  { data, channels }: Raster,
  nodata: NodataValues,
  places: readonly number[],
): void {
  for (let k = 0; k < channels; k++) {
    const place = places[k];
    const values = isPerBand(nodata) ? nodata[place] : nodata;
    const before = isPerBand(nodata) ? nodata.slice(0, place).flat().length : 0;
    const missing = values.map(Math.fround);
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let infinite = 0;
    for (let i = k; i < data.length; i += channels) {
      const value = data[i];
      if (Number.isNaN(value)) continue;
      const match = missing.indexOf(value);
      if (match >= 0) facts.nodataMatches[before + match]++;
      else if (!Number.isFinite(value)) infinite++;
      else {
        if (value < least) least = value;
        if (value > greatest) greatest = value;
      }
    }
    facts.least[place] = least <= greatest ? least : Number.NaN;
    facts.greatest[place] = least <= greatest ? greatest : Number.NaN;
    facts.infinite[place] = infinite;
  }
}
