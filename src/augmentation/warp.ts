import type { Raster } from '../internal/raster.js';

/** Makes of a raster and `out` the function that writes the raster's values at a position to `out[to…]`. */
type Sampler = (raster: Raster, out: Float32Array) => (x: number, y: number, to: number) => void;

/** A turn, enlarged around a pixel. */
export interface Turn {
  /** Counter-clockwise. */
  degrees: number;
  centreX: number;
  centreY: number;
  /** Default 1. */
  scale?: number;
}

/** The raster turned and enlarged, size kept; `fill` is what the sampler starts from, and leaves outside. */
export function warp(raster: Raster, turn: Turn, sampler: Sampler, fill = 0): Raster {
  const { height, width, channels } = raster;
  const { degrees, centreX, centreY, scale = 1 } = turn;
  const [cos, sin] = cosSin(degrees).map((value) => value / scale);
  const out = new Float32Array(raster.data.length).fill(fill);
  const sample = sampler(raster, out);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = cos * (x - centreX) - sin * (y - centreY) + centreX;
      const sourceY = sin * (x - centreX) + cos * (y - centreY) + centreY;
      sample(sourceX, sourceY, (y * width + x) * channels);
    }
  }
  return { height, width, channels, data: out };
}

/** Exact for multiples of 90°. */
function cosSin(degrees: number): [number, number] {
  const quarter = degrees / 90;
  if (Number.isInteger(quarter)) {
    const turn = ((quarter % 4) + 4) % 4;
    return [[1, 0, -1, 0][turn], [0, 1, 0, -1][turn]];
  }
  const radians = (degrees * Math.PI) / 180;
  return [Math.cos(radians), Math.sin(radians)];
}

/** Between the four pixels around a position; those outside count as zero. */
export const bilinear: Sampler =
  ({ height, width, channels, data }, out) =>
  (x, y, to) => {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const weightX = x - left;
    const weightY = y - top;
    for (let dy = 0; dy < 2; dy++) {
      for (let dx = 0; dx < 2; dx++) {
        const weight = (dx ? weightX : 1 - weightX) * (dy ? weightY : 1 - weightY);
        const row = top + dy;
        const column = left + dx;
        if (weight === 0 || row < 0 || row >= height || column < 0 || column >= width) continue;
        const from = (row * width + column) * channels;
        for (let k = 0; k < channels; k++) out[to + k] += weight * data[from + k];
      }
    }
  };

/** The pixel nearest to a position; outside what was there before. */
export const nearest: Sampler =
  ({ height, width, channels, data }, out) =>
  (x, y, to) => {
    const column = Math.floor(x + 0.5);
    const row = Math.floor(y + 0.5);
    if (row < 0 || row >= height || column < 0 || column >= width) return;
    const from = (row * width + column) * channels;
    for (let k = 0; k < channels; k++) out[to + k] = data[from + k];
  };
