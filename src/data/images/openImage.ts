import { fileKind } from '../../internal/fileKind.js';
import { openTiff } from '../tiff/openTiff.js';
import type { TiffSource } from '../tiff/TiffSource.js';
import type { OpenImage } from './imageTypes.js';
import { openJpeg } from './openJpeg.js';
import { openPng } from './openPng.js';

/**
 * Reads the header of a GeoTIFF, PNG or JPEG: which it is, its first bytes say.
 *
 * @param mask The `.msk` file beside it, if there is one.
 * @throws If it is none of them, or as `openTiff`; the file is not named.
 */
export async function openImage(source: TiffSource, mask?: TiffSource): Promise<OpenImage> {
  const suffix = fileKind((await source.read(0, 1024)).subarray(0, 16))?.suffix;
  if (suffix === 'png') return openPng(source, mask);
  if (suffix === 'jpg') return openJpeg(source, mask);
  return openTiff(source, mask);
}
