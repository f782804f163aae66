import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { scalingOf } from '../normalization/bandScalings.js';
import { checkNodata, isPerBand, type NodataValues } from '../normalization/nodataValues.js';
import {
  type NormalizationOptions,
  type NormalizedRaster,
  normalizeRaster,
} from '../normalization/normalizeRaster.js';
import { sliceBands } from '../normalization/sliceBands.js';
import { decodeGeoTiff } from './decodeGeoTiff.js';
import type { GeoTiff, PixelArray } from './geoTiffTypes.js';
import type { PixelDecoder, SmallIntegers } from './loadPixelDecoder.js';

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
  /** Width of the border that is added to each side; default 0. */
  buffer?: number;
  /**
   * What the border holds: zeros after normalising (default), or the pixels that the rasters have around a chip of
   * `size`, normalised with it, and zeros where they have no more.
   */
  bufferFrom?: 'zeros' | 'neighbours';
  /** Normalisation of each raster by itself, its own nodata value added, lists for each band being those of the chip; null: none, and only values that are not finite become 0. Default: min_max, lab. */
  normalization?: NormalizationOptions | null;
}

/**
 * Decodes the rasters of one chip, normalises each by itself and stacks their bands in the order of the files.
 *
 * Global statistics are those of all the chip's bands, of which each raster takes its own.
 *
 * Follows `process_img` and `load_data` of the ClarkCGA eofm-tutorial (a `buffer` adds zeros after normalising).
 *
 * @returns The chip with the `parameters` that undo the scaling, and a `mask` where pixels are missing or a border was
 * added.
 * @throws If a file cannot be read, has no valid pixel or another size than the first one, or the bands are not
 * `channels` in all; the message begins with the file's name.
 * @example
 * import { decodeChip, encodeGeoTiff } from 'diffusion-ssl/data';
 * const bytes = encodeGeoTiff({ width: 2, height: 2, bands: 1, data: new Uint8Array([0, 50, 100, 200]) });
 * const chip = await decodeChip([{ name: 'a.tif', bytes }], { channels: 1 });
 * console.log(chip.data); // 0, 0.25, 0.5, 1
 */
export async function decodeChip(
  files: readonly ChipFile[],
  options: ChipOptions,
): Promise<NormalizedRaster> {
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
  decoder?: PixelDecoder,
): NormalizedRaster {
  const { channels, buffer = 0 } = options;
  checkInteger('decodeChip', 'buffer', buffer, 0);
  checkOneOf('decodeChip', 'bufferFrom', options.bufferFrom ?? 'zeros', ['zeros', 'neighbours']);
  checkNodata('decodeChip', options.normalization?.nodata ?? [], channels);
  if (images.length === 0) throw argumentError('decodeChip', 'files', [], 'a list of at least one file');
  checkRasters(images, names, channels);
  const [first] = images;
  const [height, width] = options.size ?? [first.height, first.width];
  const sides = [height + 2 * buffer, width + 2 * buffer] as const;
  const most = cropSize(options);
  const cut = [first.height, first.width].map((side, i) => Math.min(side, most?.[i] ?? side));
  if (images.length === 1 && cut.every((side, i) => side === sides[i])) {
    return normalize(first, names[0], options, 0, decoder);
  }
  const out = new Float32Array(sides[0] * sides[1] * channels);
  const chip: Raster = { height: sides[0], width: sides[1], channels, data: out };
  // Rounded towards zero, so that the middle of the chip is the same whatever the border holds.
  const corner = [
    buffer + Math.trunc((height - cut[0]) / 2),
    buffer + Math.trunc((width - cut[1]) / 2),
  ] as const;
  const parts: NormalizedRaster[] = [];
  let band = 0;
  images.forEach((image, i) => {
    const part = normalize(image, names[i], options, band, decoder);
    place(part, chip, band, corner);
    parts.push(part);
    band += image.bands;
  });
  const parameters = {
    offset: parts.flatMap((part) => part.parameters.offset),
    scale: parts.flatMap((part) => part.parameters.scale),
  };
  const mask = chipMask(chip, parts, corner);
  return { ...chip, parameters, ...(mask && { mask }) };
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

/** What rasters are cut to at most, [height, width]: the chip's size, with the border around it that they are to fill. */
export function cropSize({
  size,
  buffer = 0,
  bufferFrom,
}: ChipOptions): readonly [number, number] | undefined {
  return size && bufferFrom === 'neighbours' ? [size[0] + 2 * buffer, size[1] + 2 * buffer] : size;
}

/** An image cut around its centre to at most `size` [height, width], as float32. */
export function cropImage(image: GeoTiff, size?: readonly [number, number]): Raster {
  const { data, ...sides } = cropPixels(image, size);
  return { ...sides, data: data instanceof Float32Array ? data : new Float32Array(data) };
}

/** The same in the image's own type; the image's own pixels where nothing is cut. */
function cropPixels(image: GeoTiff, size?: readonly [number, number]) {
  const { bands, data } = image;
  const height = Math.min(image.height, size?.[0] ?? image.height);
  const width = Math.min(image.width, size?.[1] ?? image.width);
  if (height === image.height && width === image.width) return { height, width, channels: bands, data };
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  const length = width * bands;
  const out = new (data.constructor as new (length: number) => PixelArray)(height * length);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * image.width + left) * bands;
    out.set(data.subarray(start, start + length), row * length);
  }
  return { height, width, channels: bands, data: out };
}

/** The values that mark missing pixels of an image: those given and its own. @param firstBand The chip's band that is its first. */
export function nodataOf(image: GeoTiff, given: NodataValues = [], firstBand = 0): NodataValues {
  const own = image.nodata === null ? [] : [image.nodata];
  if (!isPerBand(given)) return [...given, ...own];
  return given.slice(firstBand, firstBand + image.bands).map((values) => [...values, ...own]);
}

/** @param firstBand The chip's band that is the image's first: its global statistics begin there. */
function normalize(
  image: GeoTiff,
  name: string,
  chip: ChipOptions,
  firstBand: number,
  decoder: PixelDecoder | undefined,
): NormalizedRaster {
  const { normalization: options = {} } = chip;
  const size = cropSize(chip);
  const scaled = options && isDefault(options) && scaleWhole(image, size, options, decoder);
  if (scaled) return scaled;
  const raster = cropImage(image, size);
  if (options === null) {
    const data = raster.data.map((value) => (Number.isFinite(value) ? value : 0));
    const ones = new Array<number>(image.bands).fill(1);
    return { ...raster, data, parameters: { offset: ones.map(() => 0), scale: ones } };
  }
  const integers = !image.dtype.startsWith('float');
  const globalStats = options.globalStats && sliceBands(options.globalStats, firstBand, image.bands);
  try {
    return normalizeRaster(raster, {
      integers,
      ...options,
      globalStats,
      nodata: nodataOf(image, options.nodata, firstBand),
    });
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether only the range of all values counts. */
function isDefault({ strategy, procedure, clipPercent, limit, compat }: NormalizationOptions): boolean {
  const isPlain = !clipPercent && limit === undefined && !compat;
  return (strategy ?? 'min_max') === 'min_max' && (procedure ?? 'lab') === 'lab' && isPlain;
}

/** By the decoder, where it can and no pixel is missing: the default, and most of a loader's work. */
function scaleWhole(
  image: GeoTiff,
  size: readonly [number, number] | undefined,
  { nodata }: NormalizationOptions,
  decoder: PixelDecoder | undefined,
): NormalizedRaster | undefined {
  if (!decoder?.scaleByRange || image.data.BYTES_PER_ELEMENT > 2) return undefined;
  const { data: values, ...sides } = cropPixels(image, size);
  const { min, max, scaled } = decoder.scaleByRange(values as SmallIntegers);
  const missing = nodataOf(image, nodata)
    .flat()
    .some((value) => value >= min && value <= max && values.includes(value));
  if (missing) return undefined;
  const { offset, scale } = scalingOf('min_max', { min, max, mean: 0, std: 0 });
  const each = (value: number) => new Array<number>(image.bands).fill(value);
  return { ...sides, data: scaled, parameters: { offset: each(offset), scale: each(scale) } };
}

/** The pixels of a chip that no raster misses and that are no border; none where that is every pixel. */
function chipMask(
  chip: Raster,
  parts: readonly NormalizedRaster[],
  corner: readonly [number, number],
): Raster | undefined {
  const [{ height, width }] = parts;
  if (height === chip.height && width === chip.width && parts.every((part) => !part.mask)) return undefined;
  const inside = { height, width, channels: 1, data: new Float32Array(height * width).fill(1) };
  for (const { mask } of parts) {
    if (mask) for (let i = 0; i < inside.data.length; i++) inside.data[i] *= mask.data[i];
  }
  const out = { ...chip, channels: 1, data: new Float32Array(chip.height * chip.width) };
  place(inside, out, 0, corner);
  return out;
}

/** Writes a raster into a chip from a corner [top, left] on, and from band `band` on. */
function place(raster: Raster, chip: Raster, band: number, [top, left]: readonly [number, number]): void {
  for (let row = 0; row < raster.height; row++) {
    for (let column = 0; column < raster.width; column++) {
      const from = (row * raster.width + column) * raster.channels;
      const to = ((top + row) * chip.width + left + column) * chip.channels + band;
      for (let k = 0; k < raster.channels; k++) chip.data[to + k] = raster.data[from + k];
    }
  }
}
