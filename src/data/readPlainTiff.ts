import type { PixelArray } from './geoTiffTypes.js';
import type { PixelDecoder } from './loadPixelDecoder.js';
import { type PlainTiffLayout, plainTiffLayout } from './plainTiffLayout.js';

/** The pixels of a TIFF and what is needed to normalise them. */
export type PlainTiff = Pick<PlainTiffLayout, 'width' | 'height' | 'bands' | 'dtype' | 'nodata'> & {
  data: PixelArray;
};

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/**
 * Reads the pixels of a TIFF of a common layout (see `plainTiffLayout`) at a multiple of the speed of the `geotiff`
 * package, which spends most of a small file's time on its header and asks a function for each value.
 *
 * @param decoder Without it only uncompressed files are read.
 * @returns undefined when the file has another layout or anything is amiss.
 */
export function readPlainTiff(bytes: Uint8Array, decoder?: PixelDecoder): PlainTiff | undefined {
  const layout = plainTiffLayout(bytes, bytes.length);
  if (!layout || (layout.deflated && !decoder)) return undefined;
  const { width, height, bands, dtype, nodata, blockWidth, blockHeight, planar } = layout;
  const Values = ARRAYS[dtype];
  // A header may promise anything; what deflate can hold bounds it.
  const stored = layout.counts.reduce((sum, count) => sum + count, 0) * (layout.deflated ? 1100 : 1);
  if (width * height * bands * ARRAYS[dtype].BYTES_PER_ELEMENT > stored) return undefined;
  const data = new Values(width * height * bands);
  const across = Math.ceil(width / blockWidth);
  const down = Math.ceil(height / blockHeight);
  const blockBands = planar ? 1 : bands;
  const { BYTES_PER_ELEMENT: size } = Values;
  for (let i = 0; i < layout.offsets.length; i++) {
    const band = Math.floor(i / (across * down));
    const top = (Math.floor(i / across) % down) * blockHeight;
    const left = (i % across) * blockWidth;
    const rows = Math.min(blockHeight, height - top);
    const columns = Math.min(blockWidth, width - left);
    const storedBytes = bytes.subarray(layout.offsets[i], layout.offsets[i] + layout.counts[i]);
    const block = unpack(storedBytes, layout, blockWidth * blockHeight * blockBands * size, decoder);
    // The last strip ends with the image; rows of a tile below it are left.
    const length = blockWidth * rows * blockBands;
    if (!block || block.length < length * size) return undefined;
    const aligned = block.byteOffset % size === 0 ? block : new Uint8Array(block);
    const values = new Values(aligned.buffer as ArrayBuffer, aligned.byteOffset, length);
    if (layout.differences && !decoder?.sumUp?.(values, blockWidth * blockBands, blockBands)) {
      sumUp(values, blockWidth * blockBands, blockBands);
    }
    const rowLength = columns * blockBands;
    for (let row = 0; row < rows; row++) {
      const from = row * blockWidth * blockBands;
      const to = ((top + row) * width + left) * bands + band;
      if (!planar) data.set(values.subarray(from, from + rowLength), to);
      else for (let k = 0; k < columns; k++) data[to + k * bands] = values[from + k];
    }
  }
  return { width, height, bands, dtype, nodata, data };
}

function unpack(
  stored: Uint8Array,
  { deflated }: PlainTiffLayout,
  length: number,
  decoder: PixelDecoder | undefined,
): Uint8Array | undefined {
  if (!deflated) return stored;
  try {
    return decoder?.inflate(stored, length);
  } catch {
    return undefined;
  }
}

/** Undoes the horizontal predictor in place; what is stored wraps as the file's type does. */
function sumUp(values: PixelArray, rowLength: number, step: number): void {
  for (let row = 0; row < values.length; row += rowLength) {
    const end = Math.min(row + rowLength, values.length);
    for (let band = 0; band < step; band++) {
      let sum = 0;
      for (let i = row + band; i < end; i += step) {
        sum = (sum + values[i]) | 0;
        values[i] = sum;
      }
    }
  }
}
