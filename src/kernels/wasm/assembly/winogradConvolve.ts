import { ownScratch } from './thread';
import { tile6x8 } from './tile';
import { transformPanel } from './winogradFilter';
import { POINTS, storeOutputTiles, transformInputTiles } from './winogradTiles';

/**
 * Convolution 3×3 with stride 1 that keeps height and width, by Winograd's F(4×4, 3×3): tiles of the input are transformed,
 * multiplied as 36 matrices by the transformed filter (`winogradFilter`), and transformed to 4 × 4 pixels of the output.
 *
 * Items are blocks of `blockTiles` tiles, a multiple of 6, whose matrices stay in the cache. `depth` and `columns` must be
 * multiples of 4.
 */
export function winogradConvolve(
  begin: i32, end: i32,
  x: usize, packed: usize, y: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  batch: i32, height: i32, width: i32, depth: i32, columns: i32, blockTiles: i32,
): void {
  const tiles = batch * ((height + 3) >> 2) * ((width + 3) >> 2);
  const panels = (columns + 7) >> 3;
  const own = ownScratch(scratch, scratchBytes);
  const input = own + 1024;
  const inputPoint = <usize>(blockTiles * depth) << 2;
  const product = input + POINTS * inputPoint;
  const productPoint = <usize>(blockTiles * columns) << 2;
  const panelBytes = <usize>depth << 5;
  for (let item = begin; item < end; item++) {
    const first = item * blockTiles;
    const last = min(first + blockTiles, tiles);
    transformInputTiles(first, last, x, input, inputPoint, zeros, own, height, width, depth);
    for (let point = 0; point < POINTS; point++) {
      multiply(
        input + point * inputPoint, packed + <usize>(point * panels) * panelBytes, product + point * productPoint,
        last - first, depth, columns, 0, panels, own,
      );
    }
    storeOutputTiles(first, last, product, productPoint, y, own, height, width, columns);
  }
}

/** The first of three steps for few tiles and many channels: transforms the input. Items are tiles. */
export function winogradInput(
  begin: i32, end: i32,
  x: usize, input: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, height: i32, width: i32, depth: i32,
): void {
  const target = input + (<usize>(begin * depth) << 2);
  const own = ownScratch(scratch, scratchBytes);
  transformInputTiles(begin, end, x, target, <usize>(tiles * depth) << 2, zeros, own, height, width, depth);
}

/** The second step: transforms 8 columns of the filter, which stay in the cache, and multiplies all tiles by them. Items are panels. */
export function winogradPanels(
  begin: i32, end: i32,
  input: usize, filter: usize, product: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, depth: i32, columns: i32, rowStride: i32, columnStride: i32, flip: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  const packed = own + 1024;
  const panelBytes = <usize>depth << 5;
  for (let panel = begin; panel < end; panel++) {
    transformPanel(filter, packed, panelBytes, panel, depth, columns, rowStride, columnStride, flip, own);
    for (let point = 0; point < POINTS; point++) {
      multiply(
        input + (<usize>(point * tiles * depth) << 2), packed + point * panelBytes - panel * panelBytes,
        product + (<usize>(point * tiles * columns) << 2), tiles, depth, columns, panel, panel + 1, own,
      );
    }
  }
}

/** The third step: transforms and stores the output. Items are tiles. */
export function winogradOutput(
  begin: i32, end: i32,
  product: usize, y: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, height: i32, width: i32, columns: i32,
): void {
  const source = product + (<usize>(begin * columns) << 2);
  const own = ownScratch(scratch, scratchBytes);
  storeOutputTiles(begin, end, source, <usize>(tiles * columns) << 2, y, own, height, width, columns);
}

/** Product of `rows` × `depth` by some panels of `columns` columns; `table` is room for 48 bytes. */
function multiply(
  a: usize, b: usize, product: usize, rows: i32, depth: i32, columns: i32, panel: i32, panelEnd: i32, table: usize,
): void {
  const panelBytes = <usize>depth << 5;
  for (let first = 0; first < rows; first += 6) {
    for (let r = 0; r < 6; r++) {
      const row = min(first + r, rows - 1);
      store<u32>(table + (r << 2), <u32>(a + (<usize>(row * depth) << 2)));
      store<u32>(table + 24 + (r << 2), <u32>(product + (<usize>(row * columns) << 2)));
    }
    for (let i = panel; i < panelEnd; i++) {
      tile6x8(table, 1, depth, b + i * panelBytes, <usize>i << 5, rows - first, columns - (i << 3));
    }
  }
}
