import { ownScratch } from './thread';
import { tile6x8 } from './tile';
import { outputTransform } from './winograd';
import { POINTS, tileAddresses, transformInputTile } from './winogradTiles';

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
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const tiles = batch * tilesOfImage;
  const panels = (columns + 7) >> 3;
  const own = ownScratch(scratch, scratchBytes);
  const table = own;
  const middle = own + 192;
  const input = middle + POINTS * 16;
  const inputPoint = <usize>(blockTiles * depth) << 2;
  const product = input + POINTS * inputPoint;
  const productPoint = <usize>(blockTiles * columns) << 2;
  const panelBytes = <usize>depth << 5;

  for (let item = begin; item < end; item++) {
    const first = item * blockTiles;
    const count = min(blockTiles, tiles - first);
    for (let t = 0; t < count; t++) {
      const image = (first + t) / tilesOfImage;
      const inImage = (first + t) % tilesOfImage;
      const top = (inImage / tilesX << 2) - 1;
      const left = (inImage % tilesX << 2) - 1;
      const source = x + (<usize>image * height * width * depth << 2);
      tileAddresses(table, source, top, left, 6, height, width, depth << 2, zeros);
      transformInputTile(table, depth, middle, input + (<usize>(t * depth) << 2), inputPoint);
    }
    for (let point = 0; point < POINTS; point++) {
      const b = packed + <usize>(point * panels) * panelBytes;
      for (let group = 0; group < count; group += 6) {
        for (let r = 0; r < 6; r++) {
          const t = min(group + r, count - 1);
          store<u32>(table + (r << 2), <u32>(input + point * inputPoint + (<usize>(t * depth) << 2)));
          store<u32>(table + 24 + (r << 2), <u32>(product + point * productPoint + (<usize>(t * columns) << 2)));
        }
        for (let panel = 0; panel < panels; panel++) {
          tile6x8(table, 1, depth, b + panel * panelBytes, <usize>panel << 5, count - group, columns - (panel << 3));
        }
      }
    }
    for (let t = 0; t < count; t++) {
      const image = (first + t) / tilesOfImage;
      const inImage = (first + t) % tilesOfImage;
      const top = inImage / tilesX << 2;
      const left = inImage % tilesX << 2;
      const target = y + (<usize>(((image * height + top) * width + left) * columns) << 2);
      const source = product + (<usize>(t * columns) << 2);
      storeTile(source, productPoint, middle, target, columns, width, min(4, height - top), min(4, width - left));
    }
  }
}

/** Transforms one tile of the products and stores the part of it that lies in the image. */
function storeTile(
  source: usize, point: usize, middle: usize, target: usize, columns: i32, width: i32, rows: i32, pixels: i32,
): void {
  const pixelBytes = <usize>columns << 2;
  const rowBytes = width * pixelBytes;
  const whole = pixels == 4;
  const bottom = middle + 384;
  for (let offset: usize = 0; offset < pixelBytes; offset += 16) {
    for (let j: usize = 0; j < 6; j++) {
      outputTransform(source + offset + j * point, 6 * point, middle + (j << 4), 96);
    }
    for (let i = 0; i < rows; i++) {
      const row = target + offset + i * rowBytes;
      const transformed = middle + <usize>i * 96;
      if (whole) {
        outputTransform(transformed, 16, row, pixelBytes);
      } else {
        outputTransform(transformed, 16, bottom, 16);
        for (let j = 0; j < pixels; j++) v128.store(row + j * pixelBytes, v128.load(bottom + (j << 4)));
      }
    }
  }
}
