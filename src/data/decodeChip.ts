import { DataError } from '../errors/DataError.js';
import { checkInteger, checkOneOf } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { scalingOf } from '../normalization/bandScalings.js';
import type { NormalizationParameters } from '../normalization/bandStatisticsTypes.js';
import { checkNodata, isPerBand, type NodataValues } from '../normalization/nodataValues.js';
import {
  type NormalizationOptions,
  type NormalizedRaster,
  normalizeRaster,
} from '../normalization/normalizeRaster.js';
import { takeBands } from '../normalization/takeBands.js';
import { type ChipImage, chipImages, chooseBands, nodataOf, rasterOf } from './chipRasters.js';
import { rasterError, sharedDecoder } from './decodeGeoTiff.js';
import { type BandSelection, checkSelection } from './findBands.js';
import type { GeoTiff } from './geoTiffTypes.js';
import type { OpenImage } from './images/imageTypes.js';
import { openImage } from './images/openImage.js';
import type { PixelDecoder, SmallIntegers } from './loadPixelDecoder.js';
import { memorySource } from './tiff/TiffSource.js';

/** One file of a chip. */
export interface ChipFile {
  /** Its path, for error messages. */
  name: string;
  /** The whole file. */
  bytes: ArrayBuffer | Uint8Array;
  /** The whole `.msk` file that GDAL keeps a mask in beside it; default none. */
  mask?: ArrayBuffer | Uint8Array;
}

/** How a chip is made of its rasters. */
export interface ChipOptions {
  /**
   * Bands of the chip, all its rasters together: another count is an error. An alpha band counts, and is data like the
   * others, where `channels` says so; otherwise it is left out, and marks missing pixels where it is 0.
   */
  channels: number;
  /** The bands that the chip is made of, in their order; only these are read. Default: all, as the files have them. */
  bands?: BandSelection;
  /**
   * Size [height, width] of the chip: larger rasters are cropped around their centre before normalising, smaller ones
   * get a border of zeros after it. Default: as read.
   */
  size?: readonly [number, number];
  /** Width of the border that is added to each side; default 0. */
  buffer?: number;
  /**
   * What the border holds: zeros after normalising (default), or the pixels that the rasters have around a chip of
   * `size`, normalised with it, and zeros where they have no more.
   */
  bufferFrom?: 'zeros' | 'neighbours';
  /**
   * Normalisation of each raster by itself, with the missing pixels that its file marks beside those of `nodata`, lists
   * for each band being those of the chip; null: none, and only values that are not finite, or missing by a mask,
   * become 0. Default: min_max, lab.
   */
  normalization?: NormalizationOptions | null;
}

/**
 * Decodes the rasters of one chip, normalises each by itself and stacks their bands, in the order of the files or as
 * `bands` has them.
 *
 * Global statistics are those of all the chip's bands, of which each raster takes its own.
 *
 * Follows `process_img` and `load_data` of the ClarkCGA eofm-tutorial (a `buffer` adds zeros after normalising).
 *
 * @returns The chip with the `parameters` that undo the scaling, and a `mask` where pixels are missing or a border was
 * added.
 * @throws If a file cannot be read, has no valid pixel or another size than the first one, or the bands are not
 * `channels` in all or not those of `bands`; the message begins with the file's name.
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
  if (options.bands) checkSelection('decodeChip', options.bands, options.channels);
  const opened: OpenImage[] = [];
  const names = files.map(({ name }) => name);
  const named = async <T>(name: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw rasterError(name, error);
    }
  };
  for (const { name, bytes, mask } of files) {
    opened.push(await named(name, openImage(memorySource(bytes), mask && memorySource(mask))));
  }
  // Before the rasters are cut to size: of one chip they must be of one size as they are.
  const chosen = chooseBands(
    opened.map(({ info }) => info),
    names,
    options,
  );
  const decoder = await sharedDecoder();
  const rasters: (GeoTiff | undefined)[] = [];
  for (const [i, { read }] of opened.entries()) {
    const bands = options.bands && chosen[i].bands;
    const part = cropSize(options);
    rasters.push(bands?.length === 0 ? undefined : await named(names[i], read({ decoder, part, bands })));
  }
  return buildChip(chipImages(rasters, names, chosen), options, { decoder });
}

/** What helps to build a chip. */
export interface ChipMeans {
  decoder?: PixelDecoder;
  /** Room for a chip's values, where they may be put. */
  into?: Float32Array<ArrayBuffer>;
}

/** As {@link decodeChip}, of rasters already decoded, at most as large as `cropSize` says. */
export function buildChip(
  images: readonly ChipImage[],
  options: ChipOptions,
  { decoder, into }: ChipMeans = {},
): NormalizedRaster {
  const { channels, buffer = 0 } = options;
  checkInteger('decodeChip: buffer', buffer, 0);
  checkOneOf('decodeChip: bufferFrom', options.bufferFrom ?? 'zeros', ['zeros', 'neighbours']);
  checkNodata('decodeChip', options.normalization?.nodata ?? [], channels);
  const [{ image: first }] = images;
  const [height, width] = options.size ?? [first.height, first.width];
  const sides = [height + 2 * buffer, width + 2 * buffer] as const;
  const cut = [first.height, first.width];
  if (images.length === 1 && cut.every((side, i) => side === sides[i])) {
    return normalize(images[0], options, { decoder, into });
  }
  const out = new Float32Array(sides[0] * sides[1] * channels);
  const chip: Raster = { height: sides[0], width: sides[1], channels, data: out };
  // Rounded towards zero, so that the middle of the chip is the same whatever the border holds.
  const corner = [
    buffer + Math.trunc((height - cut[0]) / 2),
    buffer + Math.trunc((width - cut[1]) / 2),
  ] as const;
  const parts: NormalizedRaster[] = [];
  const parameters: NormalizationParameters = {
    offset: new Array<number>(channels),
    scale: new Array<number>(channels),
  };
  for (const image of images) {
    const part = normalize(image, options, { decoder });
    place(part, chip, image.places, corner);
    parts.push(part);
    image.places.forEach((band, k) => {
      parameters.offset[band] = part.parameters.offset[k];
      parameters.scale[band] = part.parameters.scale[k];
      const row = part.parameters.mixing?.[k];
      if (!row) return;
      parameters.mixing ??= Array.from({ length: channels }, () => new Array<number>(channels).fill(0));
      for (const [j, other] of image.places.entries()) parameters.mixing[band][other] = row[j];
    });
  }
  const mask = chipMask(chip, parts, corner);
  return { ...chip, parameters, ...(mask && { mask }) };
}

/**
 * What rasters are cut to at most, [height, width]: the chip's size, with the border around it that they are to fill.
 */
export function cropSize({
  size,
  buffer = 0,
  bufferFrom,
}: ChipOptions): readonly [number, number] | undefined {
  return size && bufferFrom === 'neighbours' ? [size[0] + 2 * buffer, size[1] + 2 * buffer] : size;
}

function normalize(
  { name, image, places }: ChipImage,
  chip: ChipOptions,
  means: ChipMeans,
): NormalizedRaster {
  const { normalization: options = {} } = chip;
  const scaled = options && isDefault(options) && scaleWhole(image, nodataOf(options.nodata, places), means);
  if (scaled) return scaled;
  // Without a scaling nodata values stay what they are; the tutorial scales them like all others.
  const asStored = (options === null || options.compat === 'tutorial') && image.nodata !== null;
  const raster = rasterOf(asStored ? { ...image, valid: null } : image);
  const given = nodataOf(options?.nodata, places);
  const own = asStored ? [image.nodata as number] : [];
  if (options === null) {
    const data = raster.data.map((value) => (Number.isFinite(value) ? value : 0));
    const ones = new Array<number>(image.bands).fill(1);
    return { ...raster, data, parameters: { offset: ones.map(() => 0), scale: ones } };
  }
  const integers = !image.dtype.startsWith('float');
  const globalStats = options.globalStats && takeBands(options.globalStats, places);
  try {
    return normalizeRaster(raster, {
      integers,
      ...options,
      globalStats,
      nodata: isPerBand(given) ? given.map((values) => [...values, ...own]) : [...given, ...own],
    });
  } catch (error) {
    throw new DataError(`${name}: ${(error as Error).message}`, { cause: error });
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
  nodata: NodataValues,
  { decoder, into }: ChipMeans,
): NormalizedRaster | undefined {
  if (!decoder?.scaleByRange || image.valid || image.data.BYTES_PER_ELEMENT > 2) return undefined;
  const { height, width, bands: channels, data: values } = image;
  const { min, max, scaled } = decoder.scaleByRange(values as SmallIntegers, into);
  const missing = nodata.flat().some((value) => value >= min && value <= max && values.includes(value));
  if (missing) return undefined;
  const { offset, scale } = scalingOf('min_max', { min, max, mean: 0, std: 0 });
  const each = (value: number) => new Array<number>(image.bands).fill(value);
  return { height, width, channels, data: scaled, parameters: { offset: each(offset), scale: each(scale) } };
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
  place(inside, out, [0], corner);
  return out;
}

/** Writes a raster into a chip from a corner [top, left] on. @param bands The chip's band that each of its is. */
function place(
  raster: Raster,
  chip: Raster,
  bands: readonly number[],
  [top, left]: readonly [number, number],
): void {
  for (let row = 0; row < raster.height; row++) {
    for (let column = 0; column < raster.width; column++) {
      const from = (row * raster.width + column) * raster.channels;
      const to = ((top + row) * chip.width + left + column) * chip.channels;
      for (let k = 0; k < raster.channels; k++) chip.data[to + bands[k]] = raster.data[from + k];
    }
  }
}
