import type { PixelWindow } from '../geoTiffTypes.js';
import { parseTiffHeader, readDirectories } from './readDirectories.js';
import { type PixelReading, readPixels } from './readPixels.js';
import type { TiffSource } from './TiffSource.js';
import { type TiffLayout, tiffLayout } from './tiffLayout.js';
import type { MissingMarks } from './validValues.js';

/** Reads what a `.msk` file says of a window. */
export type MaskFile = (
  window: PixelWindow,
  options: PixelReading,
) => Promise<Pick<MissingMarks, 'mask' | 'maskedBands'>>;

/**
 * Opens a `.msk` file. Its items INTERNAL_MASK_FLAGS_n say of each band whether the first band is its mask (2) or the
 * one of its number (0); a band without an item has none.
 *
 * @param image The image beside it.
 * @returns Nothing where it has no such item, so that GDAL leaves it.
 */
export async function openMaskFile(
  source: TiffSource,
  { width, height, bands }: Pick<TiffLayout, 'width' | 'height' | 'bands'>,
): Promise<MaskFile | undefined> {
  const header = parseTiffHeader(await source.read(0, 1024));
  const first = header && (await readDirectories(source, header).next()).value;
  if (!first) return undefined;
  const flags = parseMaskFlags(first.text('gdalMetadata'), bands);
  const maskedBands = flags.map((flag) => flag !== undefined);
  if (!maskedBands.includes(true)) return undefined;
  const layout = tiffLayout(first, source.size);
  if (layout.width !== width || layout.height !== height) {
    throw new Error(
      `its mask file has ${layout.width} × ${layout.height} pixels, the image ${width} × ${height}.`,
    );
  }
  return async (window, options) => {
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
  };
}

function parseMaskFlags(xml: string | undefined, bands: number): (number | undefined)[] {
  const flags = new Array<number | undefined>(bands).fill(undefined);
  for (const [, band, flag] of xml?.matchAll(/name="INTERNAL_MASK_FLAGS_(\d+)"[^>]*>\s*(\d+)/g) ?? []) {
    if (Number(band) >= 1 && Number(band) <= bands) flags[Number(band) - 1] = Number(flag);
  }
  return flags;
}
