import { inputTransform, outputAdjoint } from './winograd';

/** Points of a transformed tile, 6 × 6. */
export const POINTS: i32 = 36;

/**
 * Addresses of the pixels of one tile, row by row: `side` × `side` pixels from (y, x) on, `zeros` outside the image.
 */
// @ts-ignore: decorator
@inline
export function tileAddresses(
  table: usize, image: usize, y: i32, x: i32, side: i32, height: i32, width: i32, pixelBytes: i32, zeros: usize,
): void {
  for (let i = 0; i < side; i++) {
    const rowInside = <u32>(y + i) < <u32>height;
    const row = image + (y + i) * width * pixelBytes;
    for (let j = 0; j < side; j++, table += 4) {
      const inside = rowInside && <u32>(x + j) < <u32>width;
      store<u32>(table, <u32>(inside ? row + (x + j) * pixelBytes : zeros));
    }
  }
}

/** Four channels of the pixel at `index` of a tile's addresses, from byte `offset` on. */
// @ts-ignore: decorator
@inline
function pixel(table: usize, index: usize, offset: usize): v128 {
  return v128.load(<usize>load<u32>(table + (index << 2)) + offset);
}

/**
 * Transforms a tile of 6 × 6 pixels, `channels` (rounded up to fours) of each, into one row of each of the 36 matrices that
 * start `pointBytes` apart at `target`. `columns` is room for 36 vectors.
 */
export function transformInputTile(table: usize, channels: i32, columns: usize, target: usize, pointBytes: usize): void {
  for (let offset: usize = 0, end = <usize>channels << 2; offset < end; offset += 16) {
    for (let j: usize = 0; j < 6; j++) {
      inputTransform(
        pixel(table, j, offset), pixel(table, j + 6, offset), pixel(table, j + 12, offset),
        pixel(table, j + 18, offset), pixel(table, j + 24, offset), pixel(table, j + 30, offset),
        columns + (j << 4), 96,
      );
    }
    for (let i: usize = 0; i < 6; i++) {
      const row = columns + i * 96;
      inputTransform(
        v128.load(row), v128.load(row, 16), v128.load(row, 32), v128.load(row, 48), v128.load(row, 64), v128.load(row, 80),
        target + offset + 6 * i * pointBytes, pointBytes,
      );
    }
  }
}

/** The same for a tile of 4 × 4 pixels of an output's gradient. */
export function transformGradientTile(
  table: usize, channels: i32, columns: usize, target: usize, pointBytes: usize,
): void {
  for (let offset: usize = 0, end = <usize>channels << 2; offset < end; offset += 16) {
    for (let j: usize = 0; j < 4; j++) {
      outputAdjoint(
        pixel(table, j, offset), pixel(table, j + 4, offset), pixel(table, j + 8, offset), pixel(table, j + 12, offset),
        columns + (j << 4), 64,
      );
    }
    for (let i: usize = 0; i < 6; i++) {
      const row = columns + (i << 6);
      outputAdjoint(
        v128.load(row), v128.load(row, 16), v128.load(row, 32), v128.load(row, 48),
        target + offset + 6 * i * pointBytes, pointBytes,
      );
    }
  }
}
