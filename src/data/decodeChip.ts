import { argumentError, checkInteger } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { type NormalizationOptions, normalizeRaster } from '../normalization/normalizeRaster.js';
import { decodeGeoTiff } from './decodeGeoTiff.js';
import type { GeoTiff } from './geoTiffTypes.js';

/** One file of a chip. */
export interface ChipFile {
  /** Its path, for error messages. */
  name: string;
  /** The whole file. */
  bytes: ArrayBuffer | Uint8Array;
}

/** How a chip is made of its rasters. */
export interface ChipOptions {
  /** Bands of the chip, all its rasters together: another count is an error. */
  channels: number;
  /** Size [height, width] of the chip: larger rasters are cropped around their centre before normalising, smaller ones get a border of zeros after it. Default: as read. */
  size?: readonly [number, number];
  /** Width of the border of zeros that is added to each side after normalising; default 0. */
  buffer?: number;
  /** Normalisation of each raster by itself, its own nodata value added; null: none, and only values that are not finite become 0. Default: min_max, lab. */
  normalization?: NormalizationOptions | null;
}

/**
 * Decodes the rasters of one chip, normalises each by itself and stacks their bands in the order of the files.
 *
 * Follows `process_img` and `load_data` of the ClarkCGA eofm-tutorial (a `buffer` adds zeros after normalising).
 *
 * @throws If a file cannot be read, has no valid pixel or another size than the first one, or the bands are not
 * `channels` in all; the message begins with the file's name.
 * @example
 * import { decodeChip, encodeGeoTiff } from 'diffusion-ssl/data';
 * const bytes = encodeGeoTiff({ width: 2, height: 2, bands: 1, data: new Uint8Array([0, 50, 100, 200]) });
 * const chip = await decodeChip([{ name: 'a.tif', bytes }], { channels: 1 });
 * console.log(chip.data); // 0, 0.25, 0.5, 1
 */
export async function decodeChip(files: readonly ChipFile[], options: ChipOptions): Promise<Raster> {
  const images: GeoTiff[] = [];
  for (const { name, bytes } of files) images.push(await decodeGeoTiff(bytes, { name }));
  return buildChip(
    images,
    files.map((file) => file.name),
    options,
  );
}

/** As {@link decodeChip}, of rasters already decoded. */
export function buildChip(
  images: readonly GeoTiff[],
  names: readonly string[],
  options: ChipOptions,
): Raster {
  const { channels, buffer = 0 } = options;
  checkInteger('decodeChip', 'buffer', buffer, 0);
  if (images.length === 0) throw argumentError('decodeChip', 'files', [], 'a list of at least one file');
  checkRasters(images, names, channels);
  const [first] = images;
  const [height, width] = options.size ?? [first.height, first.width];
  const out = new Float32Array((height + 2 * buffer) * (width + 2 * buffer) * channels);
  const chip: Raster = { height: height + 2 * buffer, width: width + 2 * buffer, channels, data: out };
  let band = 0;
  images.forEach((image, i) => {
    const cropped = crop(image, Math.min(height, image.height), Math.min(width, image.width));
    place(normalize(cropped, image, names[i], options.normalization), chip, band);
    band += image.bands;
  });
  return chip;
}

/** Throws unless the rasters of a chip have one size and `channels` bands in all. */
export function checkRasters(
  images: readonly { width: number; height: number; bands: number }[],
  names: readonly string[],
  channels: number,
): void {
  images.forEach((image, i) => {
    if (image.height !== images[0].height || image.width !== images[0].width) {
      throw new Error(
        `${names[i]}: is ${image.width} × ${image.height} pixels, but ${names[0]} of the same chip is ${images[0].width} × ${images[0].height}.`,
      );
    }
  });
  const bands = images.reduce((sum, image) => sum + image.bands, 0);
  if (bands !== channels) {
    throw new Error(`${names.join(' + ')}: has ${bands} bands, but channels is ${channels}.`);
  }
}

function crop(image: GeoTiff, height: number, width: number): Raster {
  const { bands, data } = image;
  if (height === image.height && width === image.width) {
    return { height, width, channels: bands, data: new Float32Array(data) };
  }
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  const out = new Float32Array(height * width * bands);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * image.width + left) * bands;
    out.set(data.subarray(start, start + width * bands), row * width * bands);
  }
  return { height, width, channels: bands, data: out };
}

function normalize(
  raster: Raster,
  image: GeoTiff,
  name: string,
  options: NormalizationOptions | null = {},
): Raster {
  if (options === null) {
    return { ...raster, data: raster.data.map((value) => (Number.isFinite(value) ? value : 0)) };
  }
  const nodata = [...(options.nodata ?? []), ...(image.nodata === null ? [] : [image.nodata])];
  const integers = !image.dtype.startsWith('float');
  try {
    return normalizeRaster(raster, { integers, ...options, nodata });
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes a raster into the middle of a chip, from band `band` on. */
function place(raster: Raster, chip: Raster, band: number): void {
  const top = Math.floor((chip.height - raster.height) / 2);
  const left = Math.floor((chip.width - raster.width) / 2);
  for (let row = 0; row < raster.height; row++) {
    for (let column = 0; column < raster.width; column++) {
      const from = (row * raster.width + column) * raster.channels;
      const to = ((top + row) * chip.width + left + column) * chip.channels + band;
      for (let k = 0; k < raster.channels; k++) chip.data[to + k] = raster.data[from + k];
    }
  }
}
