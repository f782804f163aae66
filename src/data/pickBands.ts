import type { GeoTiff, GeoTiffInfo, PixelArray } from './geoTiffTypes.js';
import { byAlpha } from './tiff/validValues.js';

/** Some bands of an image, from 0, in order. Where its alpha is none of them, pixels in which it is 0 are missing. */
export function pickBands(image: GeoTiff, bands: readonly number[]): GeoTiff {
  const { data, valid, alphaBand, bands: all } = image;
  if (bands.length === all && bands.every((band, k) => band === k)) return image;
  const opaque = alphaBand === null || bands.includes(alphaBand) ? null : byAlpha(data, all, alphaBand);
  const count = bands.length;
  const length = (data.length / all) * count;
  const picked = new (data.constructor as new (length: number) => PixelArray)(length);
  const kept = valid || opaque ? new Uint8Array(length) : null;
  for (let from = 0, to = 0; from < data.length; from += all) {
    for (let k = 0; k < count; k++, to++) {
      const at = from + bands[k];
      picked[to] = data[at];
      if (kept) kept[to] = (opaque?.[at] ?? 1) & (valid?.[at] ?? 1);
    }
  }
  return { ...image, ...bandInfo(image, bands), data: picked, valid: kept };
}

/** What a header says of its bands. */
export type BandInfo = Pick<GeoTiffInfo, 'bands' | 'alphaBand' | 'scales' | 'offsets' | 'bandNames'>;

/** What a header says of some of its bands. */
export function bandInfo(
  { alphaBand, scales, offsets, bandNames }: Omit<BandInfo, 'bands'>,
  bands: readonly number[],
): BandInfo {
  /** As a file has it that says it of these bands alone: nothing where it says what goes without saying. */
  const pick = <T>(values: readonly T[] | null, usual: T) => {
    const picked = bands.map((band) => values?.[band] ?? usual);
    return picked.every((value) => value === usual) ? null : picked;
  };
  const alpha = alphaBand === null ? -1 : bands.indexOf(alphaBand);
  return {
    bands: bands.length,
    alphaBand: alpha < 0 ? null : alpha,
    scales: pick(scales, 1),
    offsets: pick(offsets, 0),
    bandNames: pick(bandNames, null),
  };
}
