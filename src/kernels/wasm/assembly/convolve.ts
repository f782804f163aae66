import { load1, load4, store1, store4 } from './simd';
import { ownScratch } from './thread';
import { TILE_ROWS, tile6x8 } from './tile';

/**
 * Direct convolution as a matrix product of patches that are addressed, not copied: a table names, for 6 output pixels
 * and each tap, where the input pixel's channels lie (`zeros` outside the image).
 *
 * Output pixel (y, x) of a grid reads input pixels (y·strideY + offsetY + i, x·strideX + offsetX + j) and is written to
 * pixel (y·outStepY + outY, x·outStepX + outX) of the output. Items are blocks of `blockPixels` grid pixels, times
 * `parts` parts of the panels. The sums start from `bias`, if any, and `relu` is applied; or, if `late`, the bias is
 * added to whole sums, that of an image `biasStep` bytes behind the one before, then `addend`, if any, a tensor of the
 * output's shape. Pixels are counted image by image, or with `imagesInner` the same pixel of all images first. Dukhan,
 * "The indirect convolution algorithm" (2019).
 */
export function convolve(
  begin: i32, end: i32,
  x: usize, packed: usize, y: usize, zeros: usize, scratch: usize, scratchBytes: i32,
  batch: i32, height: i32, width: i32, depth: i32, gridHeight: i32, gridWidth: i32, columns: i32,
  tapsY: i32, tapsX: i32, strideY: i32, strideX: i32, offsetY: i32, offsetX: i32,
  outHeight: i32, outWidth: i32, outStepY: i32, outStepX: i32, outY: i32, outX: i32, blockPixels: i32,
  parts: i32, imagesInner: i32,
  bias: usize, relu: i32, biasStep: usize, addend: usize, late: i32,
): void {
  const taps = tapsY * tapsX;
  const panels = (columns + 7) >> 3;
  const pixels = batch * gridHeight * gridWidth;
  const table = ownScratch(scratch, scratchBytes);
  const groupBytes = <usize>(taps + 1) * TILE_ROWS * 4;
  const pixelBytes = depth << 2;
  const rowBytes = width * pixelBytes;
  const imageBytes = <usize>(outHeight * outWidth * columns) << 2;
  let built = -1;
  for (let item = begin; item < end; item++) {
    const block = item / parts;
    const part = item % parts;
    const first = block * blockPixels;
    const last = min(first + blockPixels, pixels);
    if (block != built) {
      built = block;
      let target = table;
      // Where the pixel lies is counted on: four divisions a pixel would cost as much as a 1×1 convolution of it.
      const gridPixels = gridHeight * gridWidth;
      const position = imagesInner ? first / batch : first % gridPixels;
      let image = imagesInner ? first % batch : first / gridPixels;
      let gridY = position / gridWidth;
      let gridX = position % gridWidth;
      for (let p = first; p < last; p += TILE_ROWS, target += groupBytes) {
        for (let r = 0; r < TILE_ROWS; r++) {
          const inY = gridY * strideY + offsetY;
          const inX = gridX * strideX + offsetX;
          const source = x + <usize>image * height * rowBytes + inY * rowBytes + inX * pixelBytes;
          let entry = target + (r << 2);
          for (let i = 0; i < tapsY; i++) {
            const rowInside = <u32>(inY + i) < <u32>height;
            for (let j = 0; j < tapsX; j++, entry += TILE_ROWS * 4) {
              const inside = rowInside && <u32>(inX + j) < <u32>width;
              store<u32>(entry, <u32>(inside ? source + i * rowBytes + j * pixelBytes : zeros));
            }
          }
          const outRow = image * outHeight + gridY * outStepY + outY;
          const out = outRow * outWidth + gridX * outStepX + outX;
          store<u32>(entry, <u32>(y + (<usize>out * columns << 2)));
          if (p + r + 1 >= last) continue;
          if (imagesInner && ++image < batch) continue;
          if (imagesInner) image = 0;
          if (++gridX == gridWidth) {
            gridX = 0;
            if (++gridY == gridHeight) gridY = 0, image++;
          }
        }
        for (let tap = 0, entry = target; tap < taps; tap++, entry += TILE_ROWS * 4) {
          let outside = true;
          for (let r = 0; r < TILE_ROWS; r++) outside = outside && load<u32>(entry + (r << 2)) == <u32>zeros;
          if (outside) store<u32>(entry, 0);
        }
      }
    }
    const panelEnd = (part + 1) * panels / parts;
    for (let panel = part * panels / parts; panel < panelEnd; panel++) {
      const b = packed + (<usize>panel * taps * depth << 5);
      let source = table;
      for (let p = first; p < last; p += TILE_ROWS, source += groupBytes) {
        tile6x8(
          source, taps, depth, b, <usize>panel << 5, last - p, columns - (panel << 3), false,
          bias && !late ? bias + (<usize>panel << 5) : 0, relu != 0,
        );
      }
    }
    if (late) {
      const column = part * panels / parts << 3;
      const count = min(panelEnd << 3, columns) - column;
      for (let p = first; p < last; p++) {
        const group = (p - first) / TILE_ROWS, r = (p - first) % TILE_ROWS;
        const entry = table + group * groupBytes + <usize>(taps * TILE_ROWS + r << 2);
        const at = <usize>load<u32>(entry) - y;
        const image = <i32>(at / imageBytes);
        const row = at + (<usize>column << 2);
        addToRow(y + row, bias + image * biasStep + (<usize>column << 2), addend ? addend + row : 0, count);
      }
    }
  }
}

/** y = (y + bias) + addend in each column of a row, which the cache still holds. */
// @ts-ignore: decorator
@inline
function addToRow(y: usize, bias: usize, addend: usize, columns: i32): void {
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    const value = f32x4.add(load4(y, c), load4(bias, c));
    store4(y, c, addend ? f32x4.add(value, load4(addend, c)) : value);
  }
  for (; c < columns; c++) store1(y, c, load1(y, c) + load1(bias, c) + (addend ? load1(addend, c) : 0));
}
