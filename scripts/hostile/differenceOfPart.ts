import { sharedDecoder } from '../../src/data/decodeGeoTiff.js';
import type { GeoTiff } from '../../src/data/geoTiffTypes.js';
import { openTiff } from '../../src/data/tiff/openTiff.js';
import { memorySource } from '../../src/data/tiff/TiffSource.js';

/**
 * Reads the middle of a raster, as chips are cropped, which takes only the strips or tiles there, and compares it with
 * the same part of the whole.
 */
export async function differenceOfPart(
  whole: GeoTiff,
  file: Uint8Array,
  mask: Uint8Array | undefined,
): Promise<string | undefined> {
  const height = Math.ceil(whole.height / 2);
  const width = Math.ceil(whole.width / 3);
  const opened = await openTiff(memorySource(file), mask && memorySource(mask));
  const part = await opened.read({ decoder: await sharedDecoder(), part: [height, width] });
  if (part.height !== height || part.width !== width) return `the middle is ${part.width} × ${part.height}`;
  const top = Math.floor((whole.height - height) / 2);
  const left = Math.floor((whole.width - width) / 2);
  const rowLength = width * whole.bands;
  for (let i = 0; i < height * rowLength; i++) {
    const row = Math.floor(i / rowLength);
    const at = ((top + row) * whole.width + left) * whole.bands + (i % rowLength);
    const same =
      Object.is(part.data[i], whole.data[at]) && (part.valid?.[i] ?? 1) === (whole.valid?.[at] ?? 1);
    if (!same) return `value ${i} of the middle is ${part.data[i]}; of the whole ${whole.data[at]}`;
  }
  return undefined;
}
