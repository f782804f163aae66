import type { Raster } from '../../internal/raster.js';
import { cubicMatrix } from '../../ops/cubicMatrix.js';

/** A part of an image, in pixels. */
export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** A part of an image, brought to a square by bicubic interpolation with antialiasing, as Pillow does it. */
export function resizedCrop(raster: Raster, { top, left, height, width }: Box, size: number): Raster {
  const { channels, data } = raster;
  const [rows, columns] = [tapsOf(height, size), tapsOf(width, size)];
  const stride = raster.width * channels;
  const out = new Float32Array(size * size * channels);
  const row = new Float64Array(width * channels);
  for (let y = 0; y < size; y++) {
    row.fill(0);
    for (let tap = rows.starts[y]; tap < rows.starts[y + 1]; tap++) {
      const weight = rows.weights[tap];
      const from = (top + rows.pixels[tap]) * stride + left * channels;
      for (let k = 0; k < row.length; k++) row[k] += weight * data[from + k];
    }
    for (let x = 0; x < size; x++) {
      const to = (y * size + x) * channels;
      for (let k = 0; k < channels; k++) {
        let sum = 0;
        for (let tap = columns.starts[x]; tap < columns.starts[x + 1]; tap++) {
          sum += columns.weights[tap] * row[columns.pixels[tap] * channels + k];
        }
        out[to + k] = sum;
      }
    }
  }
  return { height: size, width: size, channels, data: out };
}

/** The pixels of the part that those of the result are made of, with their weights: of pixel i from starts[i] on. */
interface Taps {
  starts: Int32Array;
  pixels: Int32Array;
  weights: Float32Array;
}

/** Crops have few sizes, and come by the thousand. */
const known = new Map<string, Taps>();
/** Lists that are kept, at most. */
const MOST = 2048;

function tapsOf(from: number, to: number): Taps {
  const key = `${from} ${to}`;
  const found = known.get(key);
  if (found) return found;
  if (known.size === MOST) known.clear();
  const taps = makeTaps(from, to);
  known.set(key, taps);
  return taps;
}

function makeTaps(from: number, to: number): Taps {
  const { data } = cubicMatrix(from, to, { a: -0.5, antialias: true });
  const count = data.reduce((sum, weight) => sum + Number(weight !== 0), 0);
  const taps = {
    starts: new Int32Array(to + 1),
    pixels: new Int32Array(count),
    weights: new Float32Array(count),
  };
  let tap = 0;
  for (let i = 0; i < to; i++) {
    for (let pixel = 0; pixel < from; pixel++) {
      const weight = data[i * from + pixel];
      if (weight === 0) continue;
      taps.pixels[tap] = pixel;
      taps.weights[tap++] = weight;
    }
    taps.starts[i + 1] = tap;
  }
  return taps;
}
