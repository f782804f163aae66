import { DataError } from '../errors/DataError.js';
import { argumentError } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { isPerBand, type NodataValues } from '../normalization/nodataValues.js';
import type { GeoTiff, GeoTiffInfo, PixelArray } from './geoTiffTypes.js';
import { byAlpha } from './tiff/validValues.js';

/**
 * Throws unless the rasters of a chip have one size and `channels` bands in all, alpha bands counted or not.
 *
 * @returns Whether alpha bands are counted.
 */
export function checkRasters(
  images: readonly Pick<GeoTiffInfo, 'width' | 'height' | 'bands' | 'alphaBand'>[],
  names: readonly string[],
  channels: number,
): { withAlpha: boolean } {
  if (images.length === 0) throw argumentError('decodeChip: files', [], 'a list of at least one file');
  images.forEach((image, i) => {
    if (image.height !== images[0].height || image.width !== images[0].width) {
      throw new DataError(
        `${names[i]}: is ${image.width} × ${image.height} pixels, ` +
          `but ${names[0]} of the same chip is ${images[0].width} × ${images[0].height}.`,
      );
    }
  });
  const bands = images.reduce((sum, image) => sum + image.bands, 0);
  const alphas = images.filter(({ alphaBand }) => alphaBand !== null).length;
  if (bands !== channels && bands - alphas !== channels) {
    const alpha = alphas > 0 ? ` (${alphas} of them alpha)` : '';
    throw new DataError(`${names.join(' + ')}: has ${bands} bands${alpha}, but channels is ${channels}.`);
  }
  return { withAlpha: bands === channels };
}

/** The rasters with the bands that the chip is made of. */
export function chosenBands(
  rasters: readonly GeoTiff[],
  names: readonly string[],
  channels: number,
): readonly GeoTiff[] {
  if (checkRasters(rasters, names, channels).withAlpha) return rasters.map(alphaAsData);
  return rasters.map(withoutAlpha);
}

/** A band that is data masks no other. */
function alphaAsData(image: GeoTiff): GeoTiff {
  if (image.alphaBand === null || image.nodata !== null || !image.valid) return image;
  return { ...image, valid: null };
}

/** The other bands, their pixels missing where alpha is 0. */
export function withoutAlpha(image: GeoTiff): GeoTiff {
  const { alphaBand, bands, data } = image;
  if (alphaBand === null) return image;
  const transparent = byAlpha(data, bands, alphaBand);
  const rest = bands - 1;
  const others = new (data.constructor as new (length: number) => PixelArray)((data.length / bands) * rest);
  const valid = transparent || image.valid ? new Uint8Array(others.length) : null;
  let to = 0;
  for (let i = 0; i < data.length; i++) {
    if (i % bands === alphaBand) continue;
    others[to] = data[i];
    if (valid) valid[to] = (transparent?.[i] ?? 1) & (image.valid?.[i] ?? 1);
    to++;
  }
  const keep = (values: number[] | null) => values?.filter((_, band) => band !== alphaBand) ?? null;
  const [scales, offsets] = [keep(image.scales), keep(image.offsets)];
  return { ...image, bands: rest, alphaBand: null, data: others, valid, scales, offsets };
}

/** An image's values as float32, NaN where they are missing. */
export function rasterOf(image: GeoTiff): Raster {
  const { height, width, bands, data, valid } = image;
  const values = data instanceof Float32Array && !valid ? data : new Float32Array(data);
  if (valid) for (let i = 0; i < values.length; i++) if (valid[i] === 0) values[i] = Number.NaN;
  return { height, width, channels: bands, data: values };
}

/**
 * The values that mark missing pixels of an image beside what its file says. @param firstBand The chip's band that is
 * its first.
 */
export function nodataOf({ bands }: GeoTiff, given: NodataValues = [], firstBand = 0): NodataValues {
  return isPerBand(given) ? given.slice(firstBand, firstBand + bands) : given;
}
