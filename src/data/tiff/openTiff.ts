import { foreignRaster } from '../../internal/foreignRaster.js';
import type { GeoTiff, GeoTiffInfo } from '../geoTiffTypes.js';
import type { PixelDecoder } from '../loadPixelDecoder.js';
import { geoReference } from './geoReference.js';
import { parseGdalMetadata } from './parseGdalMetadata.js';
import { parseTiffHeader, readDirectories } from './readDirectories.js';
import { MOST_BYTES, readPixels, type Window } from './readPixels.js';
import type { TiffDirectory } from './TiffDirectory.js';
import type { TiffSource } from './TiffSource.js';
import { type TiffLayout, tiffLayout } from './tiffLayout.js';
import {
  fillOf,
  type MissingMarks,
  missingOfText,
  nodataOfText,
  parseNodataValues,
  validValues,
} from './validValues.js';

/** How an opened TIFF's pixels are read. */
export interface ReadOptions {
  decoder: PixelDecoder;
  /** Size [height, width]: at most so many pixels around the centre; default: all. */
  size?: readonly [number, number];
  /** Largest part read, in bytes as float32, or float64 where the file's values are. */
  maxBytes?: number;
}

/** A TIFF whose header has been read. */
export interface OpenTiff {
  info: GeoTiffInfo;
  layout: TiffLayout;
  read(options: ReadOptions): Promise<GeoTiff>;
}

const TRANSPARENCY = 4;
const REDUCED = 1;

/**
 * Reads the header of the first image of a TIFF, classic or BigTIFF.
 *
 * @param mask The `.msk` file beside it, if there is one.
 * @throws If it is no TIFF, contradicts itself or its length, or its layout is none that is read; the file is not
 * named.
 */
export async function openTiff(source: TiffSource, mask?: TiffSource): Promise<OpenTiff> {
  const head = await source.read(0, 1024);
  if (head.length === 0) throw new Error('the file is empty.');
  const header = parseTiffHeader(head);
  if (!header) {
    const start = [...head.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new Error(`${foreignRaster(head) ?? `it begins with ${start}, not with the header of a TIFF`}.`);
  }
  const directories = readDirectories(source, header);
  const { value: first } = await directories.next();
  if (!first) throw new Error('it has no image.');
  const layout = tiffLayout(first, source.size);
  const { width, height, bands, dtype, alphaBand } = layout;
  const wide = layout.bits === 64 && layout.format !== 'float';
  const nodataText = first.text('gdalNodata');
  const { scales, offsets, nodataValues } = parseGdalMetadata(first.text('gdalMetadata'), bands);
  const nodata = nodataOfText(nodataText, dtype, wide);
  const info = { width, height, bands, dtype, nodata, alphaBand, scales, offsets, ...geoReference(first) };
  const maskLayout = await internalMask(directories, layout, source.size);
  return {
    info,
    layout,
    async read({ decoder, size, maxBytes = MOST_BYTES }) {
      const window = centre(layout, size);
      const fill = fillOf(nodataText, dtype, wide);
      const data = await readPixels(source, layout, window, { decoder, fill, mostBytes: maxBytes });
      const marks: MissingMarks = {
        nodataValues: parseNodataValues(nodataValues, bands),
        nodata: missingOfText(nodataText, dtype, wide),
        alphaBand,
      };
      const options = { decoder, fill: 0, mostBytes: maxBytes };
      if (maskLayout) marks.mask = (await readPixels(source, maskLayout, window, options)) as Uint8Array;
      else if (mask) Object.assign(marks, await readMaskFile(mask, layout, window, options));
      const valid = validValues(data, { bands, dtype, wide }, marks);
      const { transform } = info;
      const moved = transform && movedTransform(transform, window);
      return { ...info, height: window.height, width: window.width, transform: moved, data, valid };
    },
  };
}

/** The mask among the directories behind the first: of the image's size, not of an overview. */
async function internalMask(
  directories: AsyncIterable<TiffDirectory>,
  { width, height }: TiffLayout,
  byteLength: number,
): Promise<TiffLayout | undefined> {
  for await (const directory of directories) {
    const kind = directory.integer('subfileType', 0);
    if ((kind & TRANSPARENCY) === 0 || (kind & REDUCED) !== 0) continue;
    const layout = tiffLayout(directory, byteLength);
    if (layout.width === width && layout.height === height && layout.bands === 1) return layout;
  }
  return undefined;
}

/**
 * The pixels of a `.msk` file. Its items INTERNAL_MASK_FLAGS_n say of each band whether the first band is its mask (2)
 * or the one of its number (0); a band without an item has none.
 *
 * @returns Nothing where it has no such item, so that GDAL leaves it.
 */
async function readMaskFile(
  source: TiffSource,
  { width, height, bands }: TiffLayout,
  window: Window,
  options: { decoder: PixelDecoder; fill: number; mostBytes: number },
): Promise<Pick<MissingMarks, 'mask' | 'maskedBands'>> {
  const header = parseTiffHeader(await source.read(0, 1024));
  const first = header && (await readDirectories(source, header).next()).value;
  if (!first) return {};
  const flags = parseMaskFlags(first.text('gdalMetadata'), bands);
  const maskedBands = flags.map((flag) => flag !== undefined);
  if (!maskedBands.includes(true)) return {};
  const layout = tiffLayout(first, source.size);
  if (layout.width !== width || layout.height !== height) {
    throw new Error(
      `its mask file has ${layout.width} × ${layout.height} pixels, the image ${width} × ${height}.`,
    );
  }
  const pixels = await readPixels(source, layout, window, options);
  const valid = new Uint8Array(window.width * window.height * bands).fill(1);
  for (let i = 0; i < valid.length; i++) {
    const flag = flags[i % bands];
    const band = flag === undefined ? undefined : flag & 2 ? 0 : i % bands;
    if (
      band !== undefined &&
      band < layout.bands &&
      pixels[Math.floor(i / bands) * layout.bands + band] === 0
    ) {
      valid[i] = 0;
    }
  }
  return { mask: valid, maskedBands };
}

function parseMaskFlags(xml: string | undefined, bands: number): (number | undefined)[] {
  const flags = new Array<number | undefined>(bands).fill(undefined);
  for (const [, band, flag] of xml?.matchAll(/name="INTERNAL_MASK_FLAGS_(\d+)"[^>]*>\s*(\d+)/g) ?? []) {
    if (Number(band) >= 1 && Number(band) <= bands) flags[Number(band) - 1] = Number(flag);
  }
  return flags;
}

/** At most `size` [height, width] pixels around the centre. */
function centre(layout: TiffLayout, size: readonly [number, number] | undefined): Window {
  const height = Math.min(layout.height, size?.[0] ?? layout.height);
  const width = Math.min(layout.width, size?.[1] ?? layout.width);
  return {
    top: Math.floor((layout.height - height) / 2),
    left: Math.floor((layout.width - width) / 2),
    height,
    width,
  };
}

function movedTransform(
  [a, b, c, d, e, f]: NonNullable<GeoTiffInfo['transform']>,
  { left, top }: Window,
): GeoTiffInfo['transform'] {
  return [a, b, c + a * left + b * top, d, e, f + d * left + e * top];
}
