import { inputTransform, outputAdjoint, outputTransform } from './winograd';

/** Points of a transformed tile, 6 × 6. */
export const POINTS: i32 = 36;

/**
 * Bytes from one of the 36 matrices to the next: an odd number of cache lines, since vectors of all 36 are written in turn,
 * which would fall into the same few sets of the cache if this were a power of two.
 */
// @ts-ignore: decorator
@inline
export function pointStride(rows: i32, columns: i32): usize {
  return ((<usize>(rows * columns) << 2) + 127) & ~127 | 64;
}

/**
 * Addresses of the pixels of one tile, row by row: `side` × `side` pixels from (y, x) on, `zeros` outside the image. Its rows are
 * `rowBytes` apart, and the pixels of a row `pixelBytes`.
 */
// @ts-ignore: decorator
@inline
export function tileAddresses(
  table: usize, image: usize, y: i32, x: i32, side: i32, height: i32, width: i32, rowBytes: usize, pixelBytes: usize, zeros: usize,
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
 * `pointBytes` apart at `target`. `own` is room for 1 KB; `channels` must be a multiple of 4.
 */
export function transformInputTiles(
  first: i32, last: i32, x: usize, target: usize, pointBytes: usize, zeros: usize, own: usize,
  height: i32, width: i32, channels: i32,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const columns = own + 192;
  const rowBytes = <usize>channels << 2;
  for (let t = first; t < last; t++, target += rowBytes) {
    const image = t / tilesOfImage;
    const inImage = t % tilesOfImage;
    const source = x + <usize>(image * height * width) * rowBytes;
    const top = (inImage / tilesX << 2) - 1;
    const left = (inImage % tilesX << 2) - 1;
    tileAddresses(own, source, top, left, 6, height, width, width * rowBytes, rowBytes, zeros);
    for (let offset: usize = 0; offset < rowBytes; offset += 16) {
      for (let j: usize = 0; j < 6; j++) {
        inputTransform(
          pixel(own, j, offset), pixel(own, j + 6, offset), pixel(own, j + 12, offset),
          pixel(own, j + 18, offset), pixel(own, j + 24, offset), pixel(own, j + 30, offset),
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
}

/** The same for tiles of 4 × 4 pixels of an output's gradient, by the adjoint of the output's transform. */
export function transformGradientTiles(
  first: i32, last: i32, dy: usize, target: usize, pointBytes: usize, zeros: usize, own: usize,
  height: i32, width: i32, channels: i32,
): void {
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const columns = own + 192;
  const rowBytes = <usize>channels << 2;
  for (let t = first; t < last; t++, target += rowBytes) {
    const image = t / tilesOfImage;
    const inImage = t % tilesOfImage;
    const source = dy + <usize>(image * height * width) * rowBytes;
    const top = inImage / tilesX << 2;
    const left = inImage % tilesX << 2;
    tileAddresses(own, source, top, left, 4, height, width, width * rowBytes, rowBytes, zeros);
    for (let offset: usize = 0; offset < rowBytes; offset += 16) {
      for (let j: usize = 0; j < 4; j++) {
        outputAdjoint(
          pixel(own, j, offset), pixel(own, j + 4, offset), pixel(own, j + 8, offset), pixel(own, j + 12, offset),
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
}

/**
 * Transforms one row of each of 36 matrices into 4 × 4 pixels of the output, and stores those inside the image; before that
 * it adds `bias`, if that is not 0, and then applies `relu`.
 */
export function storeOutputTiles(
  first: i32, last: i32, source: usize, pointBytes: usize, y: usize, own: usize,
  height: i32, width: i32, channels: i32, bias: usize, relu: i32,
): void {
  const floor = f32x4.splat(relu ? 0 : -Infinity);
  const tilesX = (width + 3) >> 2;
  const tilesOfImage = ((height + 3) >> 2) * tilesX;
  const pixelBytes = <usize>channels << 2;
  const rowBytes = width * pixelBytes;
  const part = own + 384;
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
        outputTransform(source + offset + j * pointBytes, 6 * pointBytes, own + (j << 4), 96);
      }
      for (let i = 0; i < rows; i++) {
        const row = target + offset + i * rowBytes;
        const whole = pixels == 4;
        const to = whole ? row : part;
        const step: usize = whole ? pixelBytes : 16;
        outputTransform(own + i * 96, 16, to, step);
        if (bias) {
          const shift = v128.load(bias + offset);
          for (let j: usize = 0; j < 4; j++) {
            const pixel = to + j * step;
            v128.store(pixel, f32x4.max(f32x4.add(v128.load(pixel), shift), floor));
          }
        }
        if (!whole) {
          for (let j = 0; j < pixels; j++) v128.store(row + j * pixelBytes, v128.load(part + (j << 4)));
        }
      }
    }
  }
}
