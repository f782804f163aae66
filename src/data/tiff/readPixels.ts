import type { PixelArray, PixelWindow } from '../geoTiffTypes.js';
import type { PixelDecoder } from '../loadPixelDecoder.js';
import type { BlockStore } from './BlockCache.js';
import { openBlockCodec } from './BlockCodec.js';
import { LayoutError } from './LayoutError.js';
import { reverseBits } from './reverseBits.js';
import { readExactly, type TiffSource } from './TiffSource.js';
import type { TiffLayout } from './tiffLayout.js';
import { joinBytePlanes, rowOf, sumUp } from './undoPredictor.js';
import { ARRAYS, InexactError, swapBytes, unpackValues } from './unpackValues.js';

/** Largest window by default, in bytes when its values are float32 (float64 where the file's are). */
export const MOST_BYTES = 2 ** 28;
/** Strips and tiles of a window, at most. */
const MOST_BLOCKS = 2 ** 18;
/** More than any of the compressions makes of one byte, but of Zstandard, LERC and JPEG. */
const LARGEST_RATIO = 3000;

/** How {@link readPixels} reads. */
export interface PixelReading {
  decoder: PixelDecoder;
  fill: number;
  mostBytes: number;
  blocks?: BlockStore;
  /** Bands that are read, from 0, in the order of the result; default all. */
  bands?: readonly number[];
}

/**
 * Reads the pixels of a window, height × width × bands: only the strips or tiles that hold them are read.
 *
 * @param options `fill`: what pixels of strips and tiles become that were never written. `blocks`: keeps the image's
 * strips and tiles from one call to the next.
 * @throws If the window or a block of it is larger than `mostBytes`, before anything is allocated; if a block is
 * damaged.
 */
export async function readPixels(
  source: TiffSource,
  layout: TiffLayout,
  window: PixelWindow,
  { decoder, fill, mostBytes, blocks: kept, bands: chosen }: PixelReading,
): Promise<PixelArray> {
  const { width, height, blockWidth, blockHeight, planar, counts, offsets } = layout;
  const bands = chosen ?? Array.from({ length: layout.bands }, (_, band) => band);
  const pairs = chosen?.map((band, k) => [band, k] as const);
  const across = Math.ceil(width / blockWidth);
  const down = Math.ceil(height / blockHeight);
  const rowBytes = Math.ceil((rowOf(layout).rowLength * layout.bits) / 8);
  const blocks = blocksOf(layout, window, bands);
  checkBounds(layout, { ...window, bands: bands.length }, blocks, mostBytes);
  const codec = await openBlockCodec(layout, decoder);
  const out = new ARRAYS[layout.dtype](window.height * window.width * bands.length);
  const written = blocks.filter((block) => counts[block] > 0);
  const missing = written.filter((block) => !kept?.has(block));
  await source.prefetch?.(missing.map((block) => ({ offset: offsets[block], length: counts[block] })));
  if (fill !== 0 && written.length < blocks.length) out.fill(fill);
  for (const index of written) {
    const top = (Math.floor(index / across) % down) * blockHeight;
    const left = (index % across) * blockWidth;
    const rows = layout.tiled ? blockHeight : Math.min(blockHeight, height - top);
    let values = kept?.get(index);
    if (!values) {
      const reading = readExactly(source, offsets[index], counts[index]);
      const stored = reading instanceof Promise ? await reading : reading;
      const size = { rows, length: rows * rowBytes };
      const unpacking = codec(layout.reversedBits ? reverseBits(stored) : stored, size);
      const bytes = unpacking instanceof Promise ? await unpacking : unpacking;
      values = valuesOf(bytes, layout, decoder);
      kept?.keep(index, values);
    }
    placeBlock(
      { values, bands: planar ? 1 : layout.bands, top, left, height: rows, width: blockWidth },
      { ...window, values: out, bands: bands.length },
      planar ? [[0, bands.indexOf(Math.floor(index / (across * down)))]] : pairs,
    );
  }
  return out;
}

/** The blocks that hold a window's pixels, in the order of the file, or of the bands. */
function blocksOf(
  { width, height, blockWidth, blockHeight, planar }: TiffLayout,
  window: PixelWindow,
  bands: readonly number[],
): number[] {
  const across = Math.ceil(width / blockWidth);
  const down = Math.ceil(height / blockHeight);
  const blocks: number[] = [];
  for (const band of planar ? bands : [0]) {
    const first = Math.floor(window.top / blockHeight);
    const last = Math.floor((window.top + window.height - 1) / blockHeight);
    for (let row = first; row <= last; row++) {
      const end = Math.floor((window.left + window.width - 1) / blockWidth);
      for (let column = Math.floor(window.left / blockWidth); column <= end; column++) {
        blocks.push((band * down + row) * across + column);
      }
    }
  }
  return blocks;
}

/** Before anything is allocated: a header may promise anything. */
function checkBounds(
  layout: TiffLayout,
  window: PixelWindow & { bands: number },
  blocks: readonly number[],
  mostBytes: number,
): void {
  const { rowLength } = rowOf(layout);
  const blockBytes = Math.ceil((rowLength * layout.bits) / 8) * layout.blockHeight;
  // Values of some bits take more once they are unpacked.
  const unpacked = rowLength * ARRAYS[layout.dtype].BYTES_PER_ELEMENT * layout.blockHeight;
  const size = layout.dtype === 'float64' ? 8 : 4;
  const bytes = window.height * window.width * window.bands * size;
  if (bytes > mostBytes) {
    throw new Error(
      `${window.width} × ${window.height} pixels of ${window.bands} bands are ${bytes} bytes, ` +
        `more than ${mostBytes} (maxBytes).`,
    );
  }
  if (Math.max(blockBytes, unpacked) > mostBytes) {
    throw new Error(
      `a strip or tile of ${layout.blockWidth} × ${layout.blockHeight} pixels is ` +
        `${Math.max(blockBytes, unpacked)} bytes, more than ${mostBytes} (maxBytes).`,
    );
  }
  if (blocks.length > MOST_BLOCKS) {
    throw new LayoutError(
      `${blocks.length} strips or tiles of ${layout.blockWidth} × ${layout.blockHeight} pixels`,
      '-co TILED=YES -co COMPRESS=DEFLATE',
    );
  }
  const stored = blocks.reduce((sum, block) => sum + layout.counts[block], 0);
  if (stored > 2 * mostBytes) {
    throw new Error(`its strips or tiles have ${stored} bytes, more than ${2 * mostBytes} (maxBytes).`);
  }
  if (['zstd', 'lerc', 'jpeg'].includes(layout.compression)) return;
  const ratio = layout.compression === 'none' ? 1 : LARGEST_RATIO;
  for (const block of blocks) {
    const rows = layout.tiled ? 0 : blockBytes; // The last strip may be a part of one.
    if (layout.counts[block] > 0 && layout.counts[block] * ratio + rows < blockBytes) {
      throw new Error(`a strip or tile of ${layout.counts[block]} bytes cannot hold ${blockBytes}.`);
    }
  }
}

/** The values of a block, whatever they were packed by; the next call may overwrite them. */
function valuesOf(bytes: Uint8Array, layout: TiffLayout, decoder: PixelDecoder): PixelArray {
  try {
    return unpackValues(decodeBytes(bytes, layout, decoder), layout, rowOf(layout).rowLength);
  } catch (error) {
    if (error instanceof InexactError)
      throw new LayoutError(error.message, '-ot Float64 -co COMPRESS=DEFLATE');
    throw error;
  }
}

/** Undoes byte order and predictor. */
function decodeBytes(bytes: Uint8Array, layout: TiffLayout, decoder: PixelDecoder): Uint8Array {
  const { bits, predictor, littleEndian } = layout;
  const { rowLength, step } = rowOf(layout);
  const size = bits / 8;
  if (predictor === 3) return joinBytePlanes(bytes, rowLength, step, size);
  // Values of broken bytes are packed the highest bit first in either byte order.
  const swapped = Number.isInteger(size) && size > 1 && !littleEndian ? swapBytes(bytes, size) : bytes;
  if (predictor === 1) return swapped;
  const own =
    swapped.byteOffset % size === 0 && swapped.buffer !== undefined ? swapped : new Uint8Array(swapped);
  const Integers = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array }[
    size
  ] as typeof Uint16Array;
  const integers = new Integers(own.buffer as ArrayBuffer, own.byteOffset, own.length / size);
  if (size === 8 || !decoder.sumUp?.(integers, rowLength, step)) sumUp(integers, rowLength, step);
  return own;
}

/** The values of a window, of so many bands. */
interface Pixels extends PixelWindow {
  values: PixelArray;
  bands: number;
}

/**
 * Writes the part of a block that lies in a window.
 *
 * @param pairs The block's bands that are written, and the window's that they become; default: each as it is.
 */
function placeBlock(block: Pixels, window: Pixels, pairs?: readonly (readonly [from: number, to: number])[]) {
  const { values, bands: blockBands } = block;
  const { values: out, bands } = window;
  const top = Math.max(block.top, window.top);
  const bottom = Math.min(block.top + block.height, window.top + window.height);
  const left = Math.max(block.left, window.left);
  const columns = Math.min(block.left + block.width, window.left + window.width) - left;
  if (!pairs && columns === block.width && columns === window.width) {
    const length = columns * bands;
    const from = (top - block.top) * length;
    out.set(values.subarray(from, from + (bottom - top) * length), (top - window.top) * length);
    return;
  }
  for (let row = top; row < bottom; row++) {
    const from = ((row - block.top) * block.width + left - block.left) * blockBands;
    const to = ((row - window.top) * window.width + left - window.left) * bands;
    if (!pairs) out.set(values.subarray(from, from + columns * bands), to);
    for (const [source, target] of pairs ?? [])
      for (let k = 0; k < columns; k++) out[to + target + k * bands] = values[from + source + k * blockBands];
  }
}
