import type { TiffLayout } from './tiffLayout.js';

/**
 * Undoes TIFF's horizontal predictor (2) in place: each value is stored as the difference, wrapping, to the one `step`
 * before it in its row.
 *
 * @param values Integers of the stored width in the machine's byte order, whatever they mean; the last row may lack its
 * end.
 */
export function sumUp(
  values: Uint8Array | Uint16Array | Uint32Array | BigUint64Array,
  rowLength: number,
  step: number,
): void {
  if (values instanceof BigUint64Array) {
    for (let row = 0; row < values.length; row += rowLength) {
      const end = Math.min(row + rowLength, values.length);
      for (let i = row + step; i < end; i++) values[i] += values[i - step];
    }
    return;
  }
  for (let row = 0; row < values.length; row += rowLength) {
    const end = Math.min(row + rowLength, values.length);
    for (let i = row + step; i < end; i++) values[i] += values[i - step];
  }
}

/**
 * Undoes the floating-point predictor (3): in each row the values' bytes stand in planes, the highest first, each byte
 * as the difference to the one `step` before. Follows Adobe's TIFF technical note 3.
 *
 * @returns The values' bytes, the lowest first.
 */
export function joinBytePlanes(bytes: Uint8Array, rowLength: number, step: number, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const rowBytes = rowLength * size;
  const row = new Uint8Array(rowBytes);
  for (let start = 0; start < bytes.length; start += rowBytes) {
    row.set(bytes.subarray(start, start + rowBytes));
    for (let i = step; i < rowBytes; i++) row[i] += row[i - step];
    for (let i = 0; i < rowLength; i++) {
      for (let k = 0; k < size; k++) out[start + i * size + k] = row[(size - 1 - k) * rowLength + i];
    }
  }
  return out;
}

/** Values in a row of a block, and bands among them. */
export function rowOf({ blockWidth, bands, planar }: TiffLayout): { rowLength: number; step: number } {
  const step = planar ? 1 : bands;
  return { rowLength: blockWidth * step, step };
}
