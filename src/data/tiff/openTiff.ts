import { foreignRaster } from '../../internal/foreignRaster.js';
import type { GeoTiffInfo, PixelWindow } from '../geoTiffTypes.js';
import type { OpenImage } from '../images/imageTypes.js';
import { bandInfo, pickBands } from '../pickBands.js';
import { fingerprint } from './fingerprint.js';
import { geoReference } from './geoReference.js';
import { type MaskFile, openMaskFile } from './openMaskFile.js';
import { parseGdalMetadata } from './parseGdalMetadata.js';
import { parseTiffHeader, readDirectories } from './readDirectories.js';
import { MOST_BYTES, readPixels } from './readPixels.js';
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
import { windowOf } from './windowOf.js';

/** A TIFF whose header has been read. */
export interface OpenTiff extends OpenImage {
  layout: TiffLayout;
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
  const { nodataValues, ...ofBands } = parseGdalMetadata(first.text('gdalMetadata', 'utf-8'), bands);
  const nodata = nodataOfText(nodataText, dtype, wide);
  const info = { width, height, bands, dtype, nodata, alphaBand, ...ofBands, ...geoReference(first) };
  const maskLayout = await internalMask(directories, layout, source.size);
  let maskFile: Promise<MaskFile | undefined> | undefined;
  const sound = new Set<number>();
  return {
    format: 'GeoTIFF',
    info,
    remarks: [],
    layout,
    fingerprint: () => fingerprint(source, maskLayout ? [layout, maskLayout] : [layout], info),
    async read({ decoder, part, bands: chosen, maxBytes = MOST_BYTES, blocks }) {
      const window = windowOf(layout, part);
      // A mask may need more bands than those that are chosen: alpha, or all.
      const needsAll = mask !== undefined || nodataValues !== null;
      const needed = chosen && !needsAll ? withAlpha(chosen, alphaBand) : undefined;
      const fill = fillOf(nodataText, dtype, wide);
      const storeOf = (image: string) => blocks?.cache.of(`${blocks.file} ${image}`);
      const common = { decoder, mostBytes: maxBytes };
      const reading = { ...common, fill, blocks: storeOf('image'), bands: needed, sound };
      const data = await readPixels(source, layout, window, reading);
      const marks: MissingMarks = {
        nodataValues: parseNodataValues(nodataValues, bands),
        nodata: missingOfText(nodataText, dtype, wide),
        // Of chosen bands it masks those that it is none of, whatever else the file has.
        alphaBand: chosen ? null : alphaBand,
      };
      const options = { ...common, fill: 0, blocks: storeOf('mask') };
      if (maskLayout) marks.mask = (await readPixels(source, maskLayout, window, options)) as Uint8Array;
      else if (mask) {
        maskFile ??= openMaskFile(mask, layout);
        Object.assign(marks, await (await maskFile)?.(window, options));
      }
      const count = needed?.length ?? bands;
      const valid = validValues(data, { bands: count, dtype, wide }, marks);
      const { transform } = info;
      const moved = transform && movedTransform(transform, window);
      const { height, width } = window;
      const image = { ...info, height, width, transform: moved, data, valid };
      if (!chosen) return image;
      if (!needed) return pickBands(image, chosen);
      return pickBands(
        { ...image, ...bandInfo(info, needed) },
        chosen.map((band) => needed.indexOf(band)),
      );
    },
  };
}

function withAlpha(bands: readonly number[], alphaBand: number | null): readonly number[] {
  return alphaBand === null || bands.includes(alphaBand) ? bands : [...bands, alphaBand];
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

function movedTransform(
  [a, b, c, d, e, f]: NonNullable<GeoTiffInfo['transform']>,
  { left, top }: PixelWindow,
): GeoTiffInfo['transform'] {
  return [a, b, c + a * left + b * top, d, e, f + d * left + e * top];
}
