import { fma, load1, load4, store1, store4 } from './simd';
import { ownScratch } from './thread';

/**
 * Gradient of a depthwise convolution's input: each pixel gathers dy[(pixel + pad - tap · spread) / stride] ·
 * filter[tap] over the taps for which that is a pixel of the output. Items are rows of the input's images. `scratch`
 * holds, for a pixel, the addresses of both factors of each tap, and before them those of its rows.
 */
export function depthwiseInputGradient(
  begin: i32, end: i32,
  dy: usize, filter: usize, dx: usize, height: i32, width: i32, channels: i32, multiplier: i32,
  gridHeight: i32, gridWidth: i32, tapsY: i32, tapsX: i32, strideY: i32, strideX: i32, spreadY: i32, spreadX: i32,
  padTop: i32, padLeft: i32, scratch: usize, scratchBytes: i32,
): void {
  const rows = ownScratch(scratch, scratchBytes);
  const pairs = rows + (<usize>tapsY << 3);
  const pixelBytes = <usize>(channels * multiplier) << 2;
  for (let row = begin; row < end; row++) {
    const image = row / height;
    let rowCount = 0;
    for (let ty = 0; ty < tapsY; ty++) {
      const reach = row - image * height + padTop - ty * spreadY;
      const y = reach / strideY;
      if (reach < 0 || y * strideY != reach || y >= gridHeight) continue;
      const entry = rows + (<usize>rowCount << 3);
      rowCount++;
      store<u32>(entry, <u32>(dy + <usize>((image * gridHeight + y) * gridWidth) * pixelBytes));
      store<u32>(entry, <u32>(filter + <usize>(ty * tapsX) * pixelBytes), 4);
    }
    for (let x = 0; x < width; x++) {
      let count = 0;
      for (let tx = 0; tx < tapsX; tx++) {
        const reach = x + padLeft - tx * spreadX;
        const column = reach / strideX;
        if (reach < 0 || column * strideX != reach || column >= gridWidth) continue;
        for (let r = 0; r < rowCount; r++, count++) {
          const entry = rows + (<usize>r << 3);
          const pair = pairs + (<usize>count << 3);
          store<u32>(pair, load<u32>(entry) + <u32>(<usize>column * pixelBytes));
          store<u32>(pair, load<u32>(entry, 4) + <u32>(<usize>tx * pixelBytes), 4);
        }
      }
      const target = dx + (<usize>((row * width + x) * channels) << 2);
      if (multiplier == 1) gatherPixel(pairs, count, target, channels);
      else gatherGroups(pairs, count, target, channels, multiplier);
    }
  }
}

/** Sums the products of `count` pairs of pixels. */
// @ts-ignore: decorator
@inline
function gatherPixel(pairs: usize, count: i32, target: usize, channels: i32): void {
  const end = pairs + (<usize>count << 3);
  let c = 0;
  for (; c + 8 <= channels; c += 8) {
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    for (let pair = pairs; pair < end; pair += 8) {
      const a = <usize>load<u32>(pair) + (<usize>c << 2);
      const b = <usize>load<u32>(pair, 4) + (<usize>c << 2);
      sum0 = fma(v128.load(a), v128.load(b), sum0);
      sum1 = fma(v128.load(a, 16), v128.load(b, 16), sum1);
    }
    store4(target, c, sum0);
    store4(target, c + 4, sum1);
  }
  for (; c < channels; c++) {
    let sum: f32 = 0;
    for (let pair = pairs; pair < end; pair += 8) sum += load1(load<u32>(pair), c) * load1(load<u32>(pair, 4), c);
    store1(target, c, sum);
  }
}

/** The same where each channel has `multiplier` products. */
function gatherGroups(pairs: usize, count: i32, target: usize, channels: i32, multiplier: i32): void {
  const end = pairs + (<usize>count << 3);
  for (let c = 0; c < channels; c++) {
    let sum: f32 = 0;
    for (let pair = pairs; pair < end; pair += 8) {
      for (let i = c * multiplier; i < (c + 1) * multiplier; i++)
        sum += load1(load<u32>(pair), i) * load1(load<u32>(pair, 4), i);
    }
    store1(target, c, sum);
  }
}

/**
 * Gradient of a depthwise convolution's filter: dw[tap][c] = Σ x[pixel · stride + tap · spread - pad][c] · dy[pixel][c]
 * over the pixels of the output. Items are `parts` parts of the output's rows, each with sums of its own, `partBytes`
 * apart.
 */
export function depthwiseFilterGradient(
  begin: i32, end: i32,
  x: usize, dy: usize, dw: usize, partBytes: i32, batch: i32, height: i32, width: i32, channels: i32, multiplier: i32,
  gridHeight: i32, gridWidth: i32, tapsY: i32, tapsX: i32, strideY: i32, strideX: i32, spreadY: i32, spreadX: i32,
  padTop: i32, padLeft: i32, parts: i32,
): void {
  const gridRows = batch * gridHeight;
  const products = channels * multiplier;
  for (let part = begin; part < end; part++) {
    const sums = dw + <usize>part * partBytes;
    memory.fill(sums, 0, <usize>(tapsY * tapsX * products) << 2);
    const lastRow = (part + 1) * gridRows / parts;
    for (let row = part * gridRows / parts; row < lastRow; row++) {
      const image = row / gridHeight;
      for (let ty = 0; ty < tapsY; ty++) {
        const y = (row - image * gridHeight) * strideY + ty * spreadY - padTop;
        if (<u32>y >= <u32>height) continue;
        for (let tx = 0; tx < tapsX; tx++) {
          const shift = tx * spreadX - padLeft;
          const low = shift < 0 ? (strideX - 1 - shift) / strideX : 0;
          const count = min(gridWidth, (width - shift + strideX - 1) / strideX) - low;
          if (count <= 0) continue;
          const a = x + (<usize>(((image * height + y) * width + low * strideX + shift) * channels) << 2);
          const b = dy + (<usize>((row * gridWidth + low) * products) << 2);
          const target = sums + (<usize>((ty * tapsX + tx) * products) << 2);
          if (multiplier == 1) addProducts(a, strideX * channels << 2, b, channels, count, target);
          else addGroups(a, strideX * channels, b, channels, multiplier, count, target);
        }
      }
    }
  }
}

/** target[c] += Σ a[i][c] · b[i][c] over `count` pixels, those of `a` `aBytes` apart. */
// @ts-ignore: decorator
@inline
function addProducts(a: usize, aBytes: usize, b: usize, channels: i32, count: i32, target: usize): void {
  const bBytes = <usize>channels << 2;
  let c = 0;
  for (; c + 8 <= channels; c += 8) {
    let sum0 = load4(target, c);
    let sum1 = load4(target, c + 4);
    let from = a + (<usize>c << 2);
    let by = b + (<usize>c << 2);
    for (let i = 0; i < count; i++, from += aBytes, by += bBytes) {
      sum0 = fma(v128.load(from), v128.load(by), sum0);
      sum1 = fma(v128.load(from, 16), v128.load(by, 16), sum1);
    }
    store4(target, c, sum0);
    store4(target, c + 4, sum1);
  }
  for (; c < channels; c++) {
    let sum = load1(target, c);
    let from = a;
    let by = b;
    for (let i = 0; i < count; i++, from += aBytes, by += bBytes) sum += load1(from, c) * load1(by, c);
    store1(target, c, sum);
  }
}

/** The same where each channel of `a` meets `multiplier` of `b`. */
function addGroups(
  a: usize, aStep: i32, b: usize, channels: i32, multiplier: i32, count: i32, target: usize,
): void {
  for (let c = 0; c < channels; c++) {
    for (let j = c * multiplier; j < (c + 1) * multiplier; j++) {
      let sum = load1(target, j);
      for (let i = 0; i < count; i++) sum += load1(a, i * aStep + c) * load1(b, i * channels * multiplier + j);
      store1(target, j, sum);
    }
  }
}
