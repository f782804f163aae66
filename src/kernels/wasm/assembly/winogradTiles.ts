import { held } from './simd';
import { D0, DP, DQ, inputTransform, outputAdjoint, outputTransform, P, PP, Q, QQ } from './winograd';

/** Points of a transformed tile, 6 × 6. */
export const POINTS: i32 = 36;

/**
 * Bytes from one of the 36 matrices to the next: an odd number of cache lines, since vectors of all 36 are written in
 * turn, which would fall into the same few sets of the cache if this were a power of two.
 */
// @ts-ignore: decorator
@inline
export function pointStride(rows: i32, columns: i32): usize {
  return ((<usize>(rows * columns) << 2) + 127) & ~127 | 64;
}

/**
 * Addresses of the pixels of one tile, row by row: `side` × `side` pixels from (y, x) on, `zeros` outside the image.
 * Its rows are `rowBytes` apart, and the pixels of a row `pixelBytes`.
 */
// @ts-ignore: decorator
@inline
export function tileAddresses(
  table: usize, image: usize, y: i32, x: i32, side: i32, height: i32, width: i32, rowBytes: usize,
  pixelBytes: usize, zeros: usize,
): void {
  if (y >= 0 && x >= 0 && y + side <= height && x + side <= width) {
    let row = image + y * rowBytes + x * pixelBytes;
    for (let i = 0; i < side; i++, row += rowBytes) {
      let pixel = row;
      for (let j = 0; j < side; j++, table += 4, pixel += pixelBytes) store<u32>(table, <u32>pixel);
    }
    return;
  }
  for (let i = 0; i < side; i++) {
    const rowInside = <u32>(y + i) < <u32>height;
    const row = image + (y + i) * rowBytes;
    for (let j = 0; j < side; j++, table += 4) {
      const inside = rowInside && <u32>(x + j) < <u32>width;
      store<u32>(table, <u32>(inside ? row + (x + j) * pixelBytes : zeros));
    }
  }
}

/** Four channels of the pixel at `index` of a tile's addresses, from byte `offset` on. */
// @ts-ignore: decorator
@inline
export function pixel(table: usize, index: usize, offset: usize): v128 {
  return v128.load(<usize>load<u32>(table + (index << 2)) + offset);
}

/**
 * Transforms tiles of 6 × 6 input pixels, 4 apart, each into one row of `channels` values of the 36 matrices that start
 * `pointBytes` apart at `target`. These are cut into groups of `groupBytes` of a row, the last of what is left: of each
 * group come first all rows, `matrixRows`, then the next group. `row` is the row of the first tile. `own` is room for 1
 * KB; `channels` must be a multiple of 4.
 */
export function transformInputTiles(
  first: i32, last: i32, x: usize, target: usize, row: i32, pointBytes: usize, groupBytes: usize, matrixRows: i32,
  zeros: usize, own: usize, height: i32, width: i32, channels: i32,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const columns = own + 192;
  const rowBytes = <usize>channels << 2;
  const p = held(P, own), q = held(Q, own), pp = held(-PP, own), qq = held(-QQ, own);
  const sum = held(-PP - QQ, own), product = held(PP * QQ, own);
  for (let t = first; t < last; t++, row++) {
    const image = t / tilesOfImage;
    const inImage = t % tilesOfImage;
    const source = x + <usize>(image * height * width) * rowBytes;
    const top = (inImage / tilesX << 2) - 1;
    const left = (inImage % tilesX << 2) - 1;
    tileAddresses(own, source, top, left, 6, height, width, width * rowBytes, rowBytes, zeros);
    for (let group: usize = 0; group < rowBytes; group += groupBytes) {
      const bytes = min(groupBytes, rowBytes - group);
      let to = target + group * matrixRows + row * bytes;
      for (let offset = group; offset < group + bytes; offset += 16, to += 16) {
        for (let j: usize = 0; j < 6; j++) {
          inputTransform(
            p, q, pp, qq, sum, product,
            pixel(own, j, offset), pixel(own, j + 6, offset), pixel(own, j + 12, offset),
            pixel(own, j + 18, offset), pixel(own, j + 24, offset), pixel(own, j + 30, offset),
            columns + (j << 4), 96,
          );
        }
        for (let i: usize = 0; i < 6; i++) {
          const middle = columns + i * 96;
          inputTransform(
            p, q, pp, qq, sum, product,
            v128.load(middle), v128.load(middle, 16), v128.load(middle, 32), v128.load(middle, 48),
            v128.load(middle, 64), v128.load(middle, 80),
            to + 6 * i * pointBytes, pointBytes,
          );
        }
      }
    }
  }
}

/** The same for tiles of 4 × 4 pixels of an output's gradient, by the adjoint of the output's transform. */
export function transformGradientTiles(
  first: i32, last: i32, dy: usize, target: usize, row: i32, pointBytes: usize, groupBytes: usize, matrixRows: i32,
  zeros: usize, own: usize, height: i32, width: i32, channels: i32,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const columns = own + 192;
  const rowBytes = <usize>channels << 2;
  const p = held(P, own), q = held(Q, own), pp = held(PP, own), qq = held(QQ, own);
  for (let t = first; t < last; t++, row++) {
    const image = t / tilesOfImage;
    const inImage = t % tilesOfImage;
    const source = dy + <usize>(image * height * width) * rowBytes;
    const top = inImage / tilesX << 2;
    const left = inImage % tilesX << 2;
    tileAddresses(own, source, top, left, 4, height, width, width * rowBytes, rowBytes, zeros);
    for (let group: usize = 0; group < rowBytes; group += groupBytes) {
      const bytes = min(groupBytes, rowBytes - group);
      let to = target + group * matrixRows + row * bytes;
      for (let offset = group; offset < group + bytes; offset += 16, to += 16) {
        for (let j: usize = 0; j < 4; j++) {
          outputAdjoint(
            p, q, pp, qq,
            pixel(own, j, offset), pixel(own, j + 4, offset), pixel(own, j + 8, offset), pixel(own, j + 12, offset),
            columns + (j << 4), 64,
          );
        }
        for (let i: usize = 0; i < 6; i++) {
          const middle = columns + (i << 6);
          outputAdjoint(
            p, q, pp, qq,
            v128.load(middle), v128.load(middle, 16), v128.load(middle, 32), v128.load(middle, 48),
            to + 6 * i * pointBytes, pointBytes,
          );
        }
      }
    }
  }
}

/**
 * Transforms one row of each of 36 matrices into 4 × 4 pixels of the output, and stores those inside the image; before
 * that it adds `bias`, that of an image `biasStep` bytes behind the one before, then applies `relu`, or adds `addend`,
 * a tensor of the output's shape. Without `bias`, if that is 0, there is nothing of these.
 */
export function storeOutputTiles(
  first: i32, last: i32, source: usize, pointBytes: usize, y: usize, own: usize,
  height: i32, width: i32, channels: i32,
  bias: usize, relu: i32, biasStep: usize, addend: usize,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const pixelBytes = <usize>channels << 2;
  const rowBytes = width * pixelBytes;
  const part = own + 384;
  const d0 = held(1 / D0, own), dp = held(1 / DP, own), dq = held(1 / DQ, own);
  const dpp = held(P / DP, own), dqq = held(Q / DQ, own), pp = held(PP, own), qq = held(QQ, own);
  for (let t = first; t < last; t++, source += pixelBytes) {
    const image = t / tilesOfImage;
    const inImage = t % tilesOfImage;
    const top = inImage / tilesX << 2;
    const left = inImage % tilesX << 2;
    const rows = min(4, height - top);
    const pixels = min(4, width - left);
    const target = y + <usize>((image * height + top) * width + left) * pixelBytes;
    for (let offset: usize = 0; offset < pixelBytes; offset += 16) {
      for (let j: usize = 0; j < 6; j++) {
        outputTransform(
          d0, dp, dq, dpp, dqq, pp, qq, source + offset + j * pointBytes, 6 * pointBytes, own + (j << 4), 96,
        );
      }
      for (let i = 0; i < rows; i++) {
        const row = target + offset + i * rowBytes;
        const whole = pixels == 4;
        const to = whole ? row : part;
        const step: usize = whole ? pixelBytes : 16;
        outputTransform(d0, dp, dq, dpp, dqq, pp, qq, own + i * 96, 16, to, step);
        if (bias) {
          const shift = v128.load(bias + image * biasStep + offset);
          let added = addend + (row - y);
          for (let j = 0, pixel = to; j < pixels; j++, pixel += step, added += pixelBytes) {
            let value = f32x4.add(v128.load(pixel), shift);
            if (addend) value = f32x4.add(value, v128.load(added));
            else if (relu) value = f32x4.max(value, f32x4.splat(0));
            v128.store(pixel, value);
          }
        }
        if (!whole) {
          for (let j = 0; j < pixels; j++) v128.store(row + j * pixelBytes, v128.load(part + (j << 4)));
        }
      }
    }
  }
}
