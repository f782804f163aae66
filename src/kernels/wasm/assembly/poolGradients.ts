import { fma, load1, load4, store1, store4 } from './simd';

/**
 * Gradient of a maximum over windows: each window's gradient goes to the first of its greatest pixels. Items are blocks
 * of up to `blockChannels` channels of an image, since windows may overlap.
 */
export function maxWindowsGradient(
  begin: i32, end: i32,
  x: usize, dy: usize, dx: usize, height: i32, width: i32, channels: i32, gridHeight: i32, gridWidth: i32,
  sizeY: i32, sizeX: i32, strideY: i32, strideX: i32, padTop: i32, padLeft: i32, blockChannels: i32,
): void {
  const blocks = (channels + blockChannels - 1) / blockChannels;
  for (let item = begin; item < end; item++) {
    const first = item % blocks * blockChannels;
    const last = min(first + blockChannels, channels);
    const image = <usize>(item / blocks * height * width * channels) << 2;
    const bytes = <usize>(last - first) << 2;
    let target = dx + image + (<usize>first << 2);
    for (let i = 0; i < height * width; i++, target += <usize>channels << 2) memory.fill(target, 0, bytes);
    let gradient = dy + (<usize>(item / blocks * gridHeight * gridWidth * channels) << 2);
    for (let row = 0; row < gridHeight; row++) {
      const y = row * strideY - padTop;
      for (let column = 0; column < gridWidth; column++, gradient += <usize>channels << 2) {
        const left = column * strideX - padLeft;
        giveToMaximum(
          x + image, gradient, dx + image, width, channels, first, last,
          max(y, 0), min(y + sizeY, height), max(left, 0), min(left + sizeX, width),
        );
      }
    }
  }
}

/** Adds the gradient of one window, the pixels from (top, left) to before (bottom, right), in some channels. */
// @ts-ignore: decorator
@inline
function giveToMaximum(
  x: usize, gradient: usize, dx: usize, width: i32, channels: i32, first: i32, last: i32,
  top: i32, bottom: i32, left: i32, right: i32,
): void {
  if (bottom <= top || right <= left) return;
  const corner = (top * width + left) * channels;
  let c = first;
  for (; c + 4 <= last; c += 4) {
    let best = load4(x, corner + c);
    let place = i32x4.splat(corner + c);
    for (let y = top; y < bottom; y++) {
      let at = (y * width + left) * channels + c;
      for (let column = left; column < right; column++, at += channels) {
        const value = load4(x, at);
        const wins = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
        best = v128.bitselect(value, best, wins);
        place = v128.bitselect(i32x4.splat(at), place, wins);
      }
    }
    give(dx, i32x4.extract_lane(place, 0), load1(gradient, c));
    give(dx, i32x4.extract_lane(place, 1) + 1, load1(gradient, c + 1));
    give(dx, i32x4.extract_lane(place, 2) + 2, load1(gradient, c + 2));
    give(dx, i32x4.extract_lane(place, 3) + 3, load1(gradient, c + 3));
  }
  for (; c < last; c++) {
    let best = load1(x, corner + c);
    let place = corner + c;
    for (let y = top; y < bottom; y++) {
      let at = (y * width + left) * channels + c;
      for (let column = left; column < right; column++, at += channels) {
        const value = load1(x, at);
        if (value > best || value != value) best = value, place = at;
      }
    }
    give(dx, place, load1(gradient, c));
  }
}

// @ts-ignore: decorator
@inline
function give(dx: usize, place: i32, gradient: f32): void {
  store1(dx, place, load1(dx, place) + gradient);
}

/** Gradient of a mean over windows, which counts the pixels inside the image alone. Items are rows of the images. */
export function meanWindowsGradient(
  begin: i32, end: i32,
  dy: usize, dx: usize, height: i32, width: i32, channels: i32, gridHeight: i32, gridWidth: i32,
  sizeY: i32, sizeX: i32, strideY: i32, strideX: i32, padTop: i32, padLeft: i32,
): void {
  const rowBytes = <usize>(width * channels) << 2;
  for (let item = begin; item < end; item++) {
    const image = item / height;
    const y = item - image * height;
    const target = dx + <usize>item * rowBytes;
    memory.fill(target, 0, rowBytes);
    const above = y + padTop - sizeY;
    const firstRow = above < 0 ? 0 : above / strideY + 1;
    const lastRow = min((y + padTop) / strideY, gridHeight - 1);
    for (let row = firstRow; row <= lastRow; row++) {
      const top = row * strideY - padTop;
      const rows = min(top + sizeY, height) - max(top, 0);
      let source = dy + (<usize>((image * gridHeight + row) * gridWidth * channels) << 2);
      for (let column = 0; column < gridWidth; column++, source += <usize>channels << 2) {
        const left = column * strideX - padLeft;
        const begin = max(left, 0);
        const end = min(left + sizeX, width);
        const share: f32 = <f32>1 / <f32>(rows * (end - begin));
        const share4 = f32x4.splat(share);
        for (let x = begin; x < end; x++) {
          const pixel = target + (<usize>(x * channels) << 2);
          let c = 0;
          for (; c + 4 <= channels; c += 4) store4(pixel, c, fma(load4(source, c), share4, load4(pixel, c)));
          for (; c < channels; c++) store1(pixel, c, load1(source, c) * share + load1(pixel, c));
        }
      }
    }
  }
}
