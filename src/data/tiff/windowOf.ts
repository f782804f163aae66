import { argumentError } from '../../internal/checks.js';
import type { PixelWindow, RasterPart } from '../geoTiffTypes.js';

/** The window that a part of an image is. @throws If it leaves the image. */
export function windowOf(
  image: { width: number; height: number },
  part: RasterPart | undefined,
): PixelWindow {
  if (part && 'top' in part) {
    const { top, left, height, width } = part;
    const fits = (begin: number, length: number, end: number) =>
      Number.isInteger(begin) &&
      Number.isInteger(length) &&
      begin >= 0 &&
      length > 0 &&
      begin + length <= end;
    if (fits(top, height, image.height) && fits(left, width, image.width)) return part;
    throw argumentError(
      'read: window',
      part,
      `whole pixels within ${image.height} rows and ${image.width} columns`,
    );
  }
  const height = Math.min(image.height, part?.[0] ?? image.height);
  const width = Math.min(image.width, part?.[1] ?? image.width);
  return {
    top: Math.floor((image.height - height) / 2),
    left: Math.floor((image.width - width) / 2),
    height,
    width,
  };
}
