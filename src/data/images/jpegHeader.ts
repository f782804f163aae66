import { parseTiffHeader, readDirectories } from '../tiff/readDirectories.js';
import { memorySource, readExactly, type TiffSource } from '../tiff/TiffSource.js';

/** What the segments of a JPEG before its pixels say. */
export interface JpegHeader {
  width: number;
  height: number;
  /** Bands as they are stored. */
  components: number;
  /** Bits of a value. */
  precision: number;
  /** Number of the marker by which the frame begins: how it is coded. */
  process: number;
  /** By EXIF, how the image is to be turned to be seen: 1 as it is, up to 8. */
  orientation: number;
}

/** Segments before the pixels, at most. */
const MOST_SEGMENTS = 1024;
const START_OF_SCAN = 0xda;
const END = 0xd9;
const EXIF = 0xe1;

/**
 * Reads the header of a JPEG file.
 *
 * @throws If it contradicts itself or ends before its pixels begin.
 */
export async function readJpegHeader(source: TiffSource): Promise<JpegHeader> {
  let orientation = 1;
  let at = 2;
  for (let count = 0; count < MOST_SEGMENTS; count++) {
    const head = await readExactly(source, at, 4);
    if (head[0] !== 0xff) throw new Error(`it has no marker at byte ${at}.`);
    const marker = head[1];
    // A marker may be filled up.
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN || marker === END) break;
    const length = (head[2] << 8) | head[3];
    if (isFrame(marker)) {
      const frame = await readExactly(source, at + 4, 6);
      const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
      const [height, width] = [view.getUint16(1), view.getUint16(3)];
      if (height === 0 || width === 0) throw new Error(`it has ${width} × ${height} pixels.`);
      return { width, height, components: frame[5], precision: frame[0], process: marker, orientation };
    }
    if (marker === EXIF)
      orientation = await orientationOf(await source.read(at + 4, length - 2), orientation);
    at += 2 + length;
  }
  throw new Error('it has no pixels.');
}

/** Whether a marker begins a frame, of whatever process. */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** The orientation in a segment of EXIF, if it is one and says it. */
async function orientationOf(segment: Uint8Array, before: number): Promise<number> {
  if (String.fromCharCode(...segment.subarray(0, 6)) !== 'Exif\0\0') return before;
  const exif = memorySource(segment.subarray(6));
  const header = parseTiffHeader(segment.subarray(6));
  if (!header) return before;
  try {
    const { value } = await readDirectories(exif, header).next();
    return value?.integer('orientation', before) ?? before;
  } catch {
    // A damaged description damages no pixel.
    return before;
  }
}
