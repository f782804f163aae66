import { ownScratch } from './thread';
import { rowsOfTile, tile4x8, tile6x8 } from './tile';
import { transformPanels } from './winogradFilter';
import { POINTS, pointStride, storeOutputTiles, transformInputTiles } from './winogradTiles';

/**
 * Convolution 3×3 with stride 1 that keeps height and width, by Winograd's F(4×4, 3×3): tiles of the input are
 * transformed, multiplied as 36 matrices by the transformed filter (`winogradFilter`), and transformed to 4 × 4 pixels
 * of the output.
 *
 * Items are blocks of `blockTiles` tiles, whose matrices stay in the cache. `depth` and `columns` must be
 * multiples of 4. `bias`, if any, is added to each pixel, that of an image `biasStep` bytes behind the one before, then
 * `relu` applied, then `addend` added, if any, a tensor of the output's shape.
 */
export function winogradConvolve(
  begin: i32, end: i32,
  x: usize, packed: usize, y: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  batch: i32, height: i32, width: i32, depth: i32, columns: i32, blockTiles: i32,
  bias: usize, relu: i32, biasStep: usize, addend: usize,
): void {
  const tiles = batch * ((height + 3) >> 2) * ((width + 3) >> 2);
  const panels = (columns + 7) >> 3;
  const own = ownScratch(scratch, scratchBytes);
  const input = own + 1024;
  const inputPoint = pointStride(blockTiles, depth);
  const product = input + POINTS * inputPoint;
  const productPoint = pointStride(blockTiles, columns);
  const packedPoint = pointStride(panels << 3, depth);
  for (let item = begin; item < end; item++) {
    const first = item * blockTiles;
    const last = min(first + blockTiles, tiles);
    transformInputTiles(first, last, x, input, 0, inputPoint, <usize>depth << 2, 0, zeros, own, height, width, depth);
    for (let point = 0; point < POINTS; point++) {
      multiply(
        input + point * inputPoint, depth, packed + point * packedPoint, depth, product + point * productPoint,
        last - first, depth, columns, panels, columns, false, own,
      );
    }
    storeOutputTiles(
      first, last, product, productPoint, y, own, height, width, columns, bias, relu, biasStep, addend,
    );
  }
}

/** The first of three steps for few tiles and many channels: transforms the input. Items are tiles. */
export function winogradInput(
  begin: i32, end: i32,
  x: usize, input: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, height: i32, width: i32, depth: i32,
): void {
  const own = ownScratch(scratch, scratchBytes);
  transformInputTiles(
    begin, end, x, input, begin, pointStride(tiles, depth), <usize>depth << 2, 0, zeros, own, height, width,
    depth,
  );
}

/**
 * The second step: transforms `blockRows` rows of some panels of the filter at a time, which stay in the cache, unless
 * all are `transformed` already, and adds the products of all tiles by them. Items are groups of `groupPanels` panels.
 */
export function winogradPanels(
  begin: i32, end: i32,
  input: usize, filter: usize, product: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, depth: i32, columns: i32, rowStride: i32, columnStride: i32, flip: i32, groupPanels: i32,
  blockRows: i32, transformed: usize,
): void {
  const panels = (columns + 7) >> 3;
  const own = ownScratch(scratch, scratchBytes);
  const packedPoint = transformed ? pointStride(panels << 3, depth) : pointStride(groupPanels << 3, blockRows);
  const inputPoint = pointStride(tiles, depth);
  const productPoint = pointStride(tiles, columns);
  for (let item = begin; item < end; item++) {
    const panel = item * groupPanels;
    const last = min(panel + groupPanels, panels);
    for (let row = 0; row < depth; row += blockRows) {
      const rows = min(blockRows, depth - row);
      let packed = own + 1024, panelRows = rows;
      if (transformed) {
        packed = transformed + (<usize>(panel * depth + row) << 5), panelRows = depth;
      } else {
        transformPanels(
          filter, packed, packedPoint, panel, last, row, row + rows, depth, columns, rowStride, columnStride, flip, own,
        );
      }
      for (let point = 0; point < POINTS; point++) {
        multiply(
          input + point * inputPoint + (<usize>row << 2), depth, packed + point * packedPoint, panelRows,
          product + point * productPoint + (<usize>panel << 5),
          tiles, rows, columns, last - panel, columns - (panel << 3), row > 0, own,
        );
      }
    }
  }
}

/** The third step: transforms and stores the output. Items are tiles. */
export function winogradOutput(
  begin: i32, end: i32,
  product: usize, y: usize, scratch: usize, scratchBytes: i32,
  tiles: i32, height: i32, width: i32, columns: i32,
  bias: usize, relu: i32, biasStep: usize, addend: usize,
): void {
  const source = product + (<usize>(begin * columns) << 2);
  const own = ownScratch(scratch, scratchBytes);
  storeOutputTiles(
    begin, end, source, pointStride(tiles, columns), y, own, height, width, columns, bias, relu, biasStep, addend,
  );
}

/**
 * Product of `rows` × `depth`, rows of `aFloats`, by panels of 8 columns, `count` in all, with `panelRows` rows each,
 * into rows of `columns`; adds to what they hold where `add`. `table` is room for 48 bytes.
 */
export function multiply(
  a: usize, aFloats: i32, b: usize, panelRows: i32, product: usize,
  rows: i32, depth: i32, columns: i32, panels: i32, count: i32, add: bool, table: usize,
): void {
  for (let first = 0, next = 0; first < rows; first = next) {
    const tileRows = rowsOfTile(rows - first);
    next = first + tileRows;
    for (let r = 0; r < tileRows; r++) {
      const row = min(first + r, rows - 1);
      store<u32>(table + (r << 2), <u32>(a + (<usize>(row * aFloats) << 2)));
      store<u32>(table + 24 + (r << 2), <u32>(product + (<usize>(row * columns) << 2)));
    }
    if (tileRows == 4) {
      for (let i = 0; i < panels; i++) {
        tile4x8(table, 1, depth, b + (<usize>(i * panelRows) << 5), <usize>i << 5, rows - first, count - (i << 3), add);
      }
    } else {
      for (let i = 0; i < panels; i++) {
        tile6x8(table, 1, depth, b + (<usize>(i * panelRows) << 5), <usize>i << 5, rows - first, count - (i << 3), add);
      }
    }
  }
}
