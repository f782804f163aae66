import type { PixelArray, PixelWindow } from '../geoTiffTypes.js';
import type { PixelDecoder } from '../loadPixelDecoder.js';
import type { BlockStore } from './BlockCache.js';
import { type BlockCodec, openBlockCodec } from './BlockCodec.js';
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
  /** Blocks that have been unpacked whole, which are known to be sound: of them only what is needed is unpacked. */
  sound?: Set<number>;
}

/** A strip or tile, and what a window needs of it. */
interface Block extends PixelWindow {
  index: number;
  /** The band that it holds, if only one. */
  band: number;
  /** Its values before the first that is needed, and up to the last one. */
  before: number;
  needed: number;
}

interface BlockReading extends PixelReading {
  codec: BlockCodec;
  use: (block: Block, values: PixelArray, skipped: number) => void;
}

/**
 * Reads the pixels of a window, height × width × bands: only the strips or tiles that hold them are read.
 *
 * @param reading `fill`: what pixels of strips and tiles become that were never written. `blocks`: keeps the image's
 * strips and tiles from one call to the next.
 * @throws If the window or a block of it is larger than `mostBytes`, before anything is allocated; if a block is
 * damaged.
 */
export async function readPixels(
  source: TiffSource,
  layout: TiffLayout,
  window: PixelWindow,
  reading: PixelReading,
): Promise<PixelArray> {
  const { planar, counts, offsets } = layout;
  const { decoder, fill, mostBytes, blocks: kept, bands: chosen } = reading;
  const bands = chosen ?? Array.from({ length: layout.bands }, (_, band) => band);
  const pairs = chosen?.map((band, k) => [band, k] as const);
  const blocks = blocksOf(layout, window, bands);
  checkBounds(layout, { ...window, bands: bands.length }, blocks, mostBytes);
  const codec = await openBlockCodec(layout, decoder);
  const out = new ARRAYS[layout.dtype](window.height * window.width * bands.length);
  const written = blocks.filter((block) => counts[block] > 0).map((block) => blockOf(layout, window, block));
  const missing = written.filter(({ index, needed }) => !kept?.has(index, needed));
  await source.prefetch?.(missing.map(({ index }) => ({ offset: offsets[index], length: counts[index] })));
  if (fill !== 0 && written.length < blocks.length) out.fill(fill);
  // Once for all of them: there may be one a row.
  const target = { ...window, values: out, bands: bands.length };
  const use = (block: Block, values: PixelArray, skipped: number) =>
    placeBlock(
      block,
      { values, skipped, bands: planar ? 1 : layout.bands },
      target,
      planar ? [[0, bands.indexOf(block.band)]] : pairs,
    );
  const blockReading = { ...reading, codec, use };
  for (const block of written) {
    const found = kept?.get(block.index, block.needed);
    if (found) use(block, found, 0);
    else {
      const done = readBlock(source, layout, block, blockReading);
      if (done) await done;
    }
  }
  return out;
}

/** Reads a block, or what is needed of it, and hands it to `use` before another block can take its memory. */
function readBlock(
  source: TiffSource,
  layout: TiffLayout,
  block: Block,
  { decoder, blocks: kept, sound, codec, use }: BlockReading,
): void | Promise<void> {
  const { index, height, before, needed } = block;
  const { counts, offsets, bits, compression, reversedBits } = layout;
  const { rowLength } = rowOf(layout);
  const size = bits / 8;
  const whole = height * Math.ceil(rowLength * size);
  const cut = canBeCut(layout);
  // Of a local file: the system keeps what is read.
  const asStored = cut && compression === 'none' && !source.prefetch;
  const isPart = asStored || (cut && sound?.has(index) && !kept?.areFoundAgain());
  const from = asStored ? before : 0;
  const length = isPart ? (needed - from) * size : whole;
  const place = (bytes: Uint8Array) => {
    const values = valuesOf(bytes, layout, decoder);
    if (!asStored) kept?.keep(index, values, height * rowLength);
    if (!isPart) sound?.add(index);
    use(block, values, from);
  };
  const unpack = (stored: Uint8Array) => {
    const size = { rows: height, length, isPart: length < whole };
    const bytes = codec(reversedBits ? reverseBits(stored) : stored, size);
    return bytes instanceof Promise ? bytes.then(place) : place(bytes);
  };
  // A codec that takes its time may still need them when another block is read: the others take them at once.
  const rest = Math.max(0, counts[index] - from * size);
  const stored = readExactly(
    source,
    offsets[index] + from * size,
    asStored ? Math.min(length, rest) : rest,
    cut,
  );
  return stored instanceof Promise ? stored.then(unpack) : unpack(stored);
}

/** Whether the first values of a block can be had without those behind. */
function canBeCut({ bits, dtype, predictor, compression }: TiffLayout): boolean {
  const asStored = bits === 8 * ARRAYS[dtype].BYTES_PER_ELEMENT && predictor !== 3;
  return asStored && ['none', 'packbits', 'lzw', 'deflate'].includes(compression);
}

function blockOf(layout: TiffLayout, window: PixelWindow, index: number): Block {
  const { width, height, blockWidth, blockHeight, planar, tiled } = layout;
  const { rowLength, step } = rowOf(layout);
  const across = Math.ceil(width / blockWidth);
  const down = Math.ceil(height / blockHeight);
  const top = (Math.floor(index / across) % down) * blockHeight;
  const left = (index % across) * blockWidth;
  const rows = tiled ? blockHeight : Math.min(blockHeight, height - top);
  const lastRow = Math.min(rows, window.top + window.height - top) - 1;
  const columns = Math.min(blockWidth, window.left + window.width - left);
  return {
    index,
    top,
    left,
    height: rows,
    width: blockWidth,
    band: planar ? Math.floor(index / (across * down)) : 0,
    before: Math.max(0, window.top - top) * rowLength + Math.max(0, window.left - left) * step,
    needed: lastRow * rowLength + columns * step,
  };
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

/** Values of so many bands. */
interface Pixels {
  values: PixelArray;
  bands: number;
}

/**
 * Writes the part of a block that lies in a window.
 *
 * @param values Those of the block, but for so many at the beginning.
 * @param pairs The block's bands that are written, and the window's that they become; default: each as it is.
 */
function placeBlock(
  block: PixelWindow,
  { values, bands: blockBands, skipped }: Pixels & { skipped: number },
  window: PixelWindow & Pixels,
  pairs?: readonly (readonly [from: number, to: number])[],
): void {
  const { values: out, bands } = window;
  const top = Math.max(block.top, window.top);
  const bottom = Math.min(block.top + block.height, window.top + window.height);
  const left = Math.max(block.left, window.left);
  const columns = Math.min(block.left + block.width, window.left + window.width) - left;
  if (!pairs && columns === block.width && columns === window.width) {
    const length = columns * bands;
    const from = (top - block.top) * length - skipped;
    out.set(values.subarray(from, from + (bottom - top) * length), (top - window.top) * length);
    return;
  }
  for (let row = top; row < bottom; row++) {
    const from = ((row - block.top) * block.width + left - block.left) * blockBands - skipped;
    const to = ((row - window.top) * window.width + left - window.left) * bands;
    if (!pairs) out.set(values.subarray(from, from + columns * bands), to);
    for (const [source, target] of pairs ?? [])
      for (let k = 0; k < columns; k++) out[to + target + k * bands] = values[from + source + k * blockBands];
  }
}
