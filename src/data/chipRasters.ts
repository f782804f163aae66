import { DataError } from '../errors/DataError.js';
import { argumentError } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { isPerBand, type NodataValues } from '../normalization/nodataValues.js';
import { type BandSelection, findBands } from './findBands.js';
import type { GeoTiff, GeoTiffInfo } from './geoTiffTypes.js';
import { pickBands } from './pickBands.js';

/** The bands of a raster that a chip is made of, from 0, and the bands of the chip that they become. */
export interface ChosenBands {
  bands: readonly number[];
  places: readonly number[];
}

/** A raster with the bands that a chip is made of. */
export interface ChipImage {
  /** Its file, for messages. */
  name: string;
  image: GeoTiff;
  /** The chip's band that each of its bands is. */
  places: readonly number[];
}

/**
 * The bands of each raster that a chip is made of: those that are chosen, or all, alpha among them where it counts.
 *
 * @throws Unless the rasters have one size, and the bands that are chosen, or `channels` in all.
 */
export function chooseBands(
  images: readonly Pick<GeoTiffInfo, 'width' | 'height' | 'bands' | 'alphaBand' | 'bandNames'>[],
  names: readonly string[],
  { channels, bands: selection }: { channels: number; bands?: BandSelection },
): ChosenBands[] {
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
  if (!selection && bands !== channels && bands - alphas !== channels) {
    const alpha = alphas > 0 ? ` (${alphas} of them alpha)` : '';
    throw new DataError(`${names.join(' + ')}: has ${bands} bands${alpha}, but channels is ${channels}.`);
  }
  const numbers = selection && findBands(images, selection, names.join(' + '));
  let first = 1;
  let next = 0;
  return images.map(({ bands: count, alphaBand }) => {
    const own = Array.from({ length: count }, (_, band) => band);
    const begin = first;
    first += count;
    if (numbers) {
      const places = numbers.flatMap((number, place) => (own.includes(number - begin) ? [place] : []));
      return { bands: places.map((place) => numbers[place] - begin), places };
    }
    const taken = bands === channels ? own : own.filter((band) => band !== alphaBand);
    return { bands: taken, places: taken.map(() => next++) };
  });
}

/**
 * The rasters with the bands that a chip is made of, without those of which it has none.
 *
 * @param rasters Read whole, or the chosen bands of them.
 */
export function chipImages(
  rasters: readonly (GeoTiff | undefined)[],
  names: readonly string[],
  chosen: readonly ChosenBands[],
): ChipImage[] {
  return rasters.flatMap((raster, i) => {
    if (!raster) return [];
    const { bands, places } = chosen[i];
    const image = raster.bands === bands.length ? alphaAsData(raster) : pickBands(raster, bands);
    return [{ name: names[i], image, places }];
  });
}

/** A band that is data masks no other. */
function alphaAsData(image: GeoTiff): GeoTiff {
  if (image.alphaBand === null || image.nodata !== null || !image.valid) return image;
  return { ...image, valid: null };
}

/** The other bands, their pixels missing where alpha is 0. */
export function withoutAlpha(image: GeoTiff): GeoTiff {
  const { alphaBand, bands } = image;
  if (alphaBand === null) return image;
  return pickBands(
    image,
    Array.from({ length: bands }, (_, band) => band).filter((band) => band !== alphaBand),
  );
}

/** An image's values as float32, NaN where they are missing. */
export function rasterOf(image: GeoTiff): Raster {
  const { height, width, bands, data, valid } = image;
  const values = data instanceof Float32Array && !valid ? data : new Float32Array(data);
  if (valid) for (let i = 0; i < values.length; i++) if (valid[i] === 0) values[i] = Number.NaN;
  return { height, width, channels: bands, data: values };
}

/**
 * The values that mark missing pixels of an image beside what its file says.
 *
 * @param given Those of a chip.
 * @param places The chip's band that each of the image's is.
 */
export function nodataOf(given: NodataValues = [], places: readonly number[]): NodataValues {
  return isPerBand(given) ? places.map((place) => given[place]) : given;
}
