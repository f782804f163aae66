import type { BlockCodec, ByteCodec } from './BlockCodec.js';
import { LayoutError } from './LayoutError.js';
import { missingPackage } from './missingPackage.js';
import type { TiffLayout } from './tiffLayout.js';
import { ARRAYS } from './unpackValues.js';

/** Types by the number in a blob's header. */
const TYPES = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'] as const;

/**
 * The codec of blocks that are LERC blobs, as libtiff writes them: several bands of a pixel are its dimensions, or a
 * blob each; in a big-endian file the values have their bytes in the other order before and after. Missing pixels of
 * floats become NaN; where the last of interleaved bands is alpha, libtiff keeps it in the mask.
 */
export async function openLercCodec(layout: TiffLayout, unpack: ByteCodec): Promise<BlockCodec> {
  const lerc = await loadLerc();
  const { blockWidth, dtype, planar, bits, format, alphaBand } = layout;
  const bands = planar ? 1 : layout.bands;
  if (bits !== 8 * ARRAYS[dtype].BYTES_PER_ELEMENT || (bits === 64 && format !== 'float')) {
    throw new LayoutError(`LERC of ${bits}-bit values of the format ${format}`);
  }
  return async (stored, { rows, length }) => {
    // A blob is at most a little larger than what it holds.
    const blob = new Uint8Array(await unpack(stored, 2 * length + 4096));
    const found = checkBlobs(blob, { width: blockWidth, rows, dtype, bands });
    const { dims } = found;
    const alphaInMask = found.bands === bands - 1 && alphaBand === bands - 1;
    if (found.bands !== bands && !alphaInMask) {
      throw new Error(`a LERC strip or tile has ${found.bands} bands of ${bands}.`);
    }
    const { pixels, mask, bandMasks } = lerc.decode(blob, { returnInterleaved: true });
    const values = new ARRAYS[dtype](blockWidth * rows * bands);
    pixels.forEach((part, blobIndex) => {
      const missing = bandMasks?.[blobIndex] ?? mask;
      for (let pixel = 0; pixel < blockWidth * rows; pixel++) {
        const to = pixel * bands + blobIndex * dims;
        for (let k = 0; k < dims; k++) values[to + k] = part[pixel * dims + k];
        if (alphaInMask) values[pixel * bands + bands - 1] = !missing || missing[pixel] ? 255 : 0;
        if (missing && !missing[pixel] && format === 'float') values.fill(Number.NaN, to, to + dims);
      }
    });
    return new Uint8Array(values.buffer);
  };
}

async function loadLerc() {
  try {
    const lerc = await import('lerc');
    await lerc.load();
    return lerc;
  } catch (error) {
    throw missingPackage('lerc', 'the compression LERC', error);
  }
}

/**
 * Throws unless the blobs are of the block's size and type, before the package believes what they claim.
 *
 * @returns Bands of a blob, and of all blobs.
 */
function checkBlobs(
  blob: Uint8Array,
  { width, rows, dtype, bands }: { width: number; rows: number; dtype: string; bands: number },
) {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  let dims = 0;
  let found = 0;
  for (let at = 0; at + 66 <= blob.length && found < bands; ) {
    const magic = String.fromCharCode(...blob.subarray(at, at + 6));
    const version = view.getInt32(at + 6, true);
    if (magic !== 'Lerc2 ' || version < 1) throw new LayoutError('LERC of the first version');
    if (version > 6) throw new LayoutError(`LERC of version 2.${version}`);
    const size = at + (version >= 3 ? 14 : 10);
    const [height, across] = [view.getInt32(size, true), view.getInt32(size + 4, true)];
    const depth = version >= 4 ? view.getInt32(size + 8, true) : 1;
    const rest = size + (version >= 4 ? 12 : 8);
    const length = view.getInt32(rest + 8, true);
    const type = TYPES[view.getInt32(rest + 12, true)];
    if (height !== rows || across !== width || type !== dtype || length < rest + 16 - at) {
      throw new Error(
        `a LERC blob has ${across} × ${height} values of the type ${type}; ` +
          `${width} × ${rows} of ${dtype} are expected.`,
      );
    }
    if (depth < 1 || (dims !== 0 && depth !== dims))
      throw new Error(`a LERC blob has ${depth} values a pixel.`);
    dims = depth;
    found += depth;
    at += length;
  }
  return { dims, bands: found };
}
