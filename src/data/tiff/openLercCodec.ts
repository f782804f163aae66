import type { BlockCodec, ByteCodec } from './BlockCodec.js';
import { importOptional } from './importOptional.js';
import { LayoutError } from './LayoutError.js';
import type { TiffLayout } from './tiffLayout.js';
import { ARRAYS } from './unpackValues.js';

/** The parts of `lerc` that are used; the package has no types. */
interface Lerc {
  decode(
    blob: ArrayBuffer,
    options: { returnPixelInterleavedDims: boolean },
  ): { pixels: LercPixels[]; dimCount: number; mask?: Uint8Array; bandMasks?: Uint8Array[] };
}
type LercPixels = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>;

/** Types by the number in a blob's header. */
const TYPES = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'] as const;

/**
 * The codec of blocks that are LERC blobs, as libtiff writes them: several bands of a pixel are its dimensions, or a blob
 * each. Missing pixels of floats become NaN; where the last of interleaved bands is alpha, libtiff keeps it in the mask.
 */
export async function openLercCodec(layout: TiffLayout, unpack: ByteCodec): Promise<BlockCodec> {
  // @ts-expect-error The package has no types.
  const module = await importOptional('lerc', 'the compression LERC', () => import('lerc'));
  const lerc: Lerc = module.default;
  const { blockWidth, dtype, planar, bits, format } = layout;
  const bands = planar ? 1 : layout.bands;
  if (bits !== 8 * ARRAYS[dtype].BYTES_PER_ELEMENT || (bits === 64 && format !== 'float')) {
    throw new LayoutError(`LERC of ${bits}-bit values of the format ${format}`);
  }
  return async (stored, { rows, length }) => {
    // A blob is at most a little larger than what it holds.
    const blob = new Uint8Array(await unpack(stored, 2 * length + 4096));
    const dims = checkBlobs(blob, blockWidth, rows, dtype, bands);
    const { pixels, mask, bandMasks } = decode(lerc, blob.buffer);
    const values = new ARRAYS[dtype](blockWidth * rows * bands);
    pixels.forEach((part, blobIndex) => {
      const missing = bandMasks?.[blobIndex] ?? mask;
      for (let pixel = 0; pixel < blockWidth * rows; pixel++) {
        const to = pixel * bands + blobIndex * dims;
        for (let k = 0; k < dims; k++) values[to + k] = part[pixel * dims + k];
        if (missing && !missing[pixel] && format === 'float') values.fill(Number.NaN, to, to + dims);
      }
    });
    return { bytes: new Uint8Array(values.buffer), encoded: false };
  };
}

function decode(lerc: Lerc, blob: ArrayBuffer) {
  try {
    return lerc.decode(blob, { returnPixelInterleavedDims: true });
  } catch (error) {
    // The package throws texts.
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`a strip or tile is no LERC blob: ${reason}`, { cause: error });
  }
}

/**
 * Throws unless the blobs are of the block's size and type, before the package believes what they claim.
 *
 * @returns Bands of a blob.
 */
function checkBlobs(blob: Uint8Array, width: number, rows: number, dtype: string, bands: number): number {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  let dims = 0;
  let found = 0;
  for (let at = 0; at + 66 <= blob.length && found < bands; ) {
    const magic = String.fromCharCode(...blob.subarray(at, at + 6));
    const version = view.getInt32(at + 6, true);
    if (magic !== 'Lerc2 ' || version < 1) throw new LayoutError('LERC of the first version');
    if (version > 5) throw new LayoutError(`LERC of version 2.${version}`);
    const size = at + (version >= 3 ? 14 : 10);
    const [height, across] = [view.getInt32(size, true), view.getInt32(size + 4, true)];
    const depth = version >= 4 ? view.getInt32(size + 8, true) : 1;
    const rest = size + (version >= 4 ? 12 : 8);
    const length = view.getInt32(rest + 8, true);
    const type = TYPES[view.getInt32(rest + 12, true)];
    if (height !== rows || across !== width || type !== dtype || length < rest + 16 - at) {
      throw new Error(
        `a LERC blob has ${across} × ${height} values of the type ${type}; ${width} × ${rows} of ${dtype} are expected.`,
      );
    }
    if (depth < 1 || (dims !== 0 && depth !== dims))
      throw new Error(`a LERC blob has ${depth} values a pixel.`);
    dims = depth;
    found += depth;
    at += length;
  }
  if (found !== bands) throw new Error(`a LERC strip or tile has ${found} bands of ${bands}.`);
  return dims;
}
