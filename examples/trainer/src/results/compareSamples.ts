import type { Raster } from 'diffusion-ssl/normalization';

/** How samples compare with chips, a value a band. Equal distributions have equal correlations and an overlap of 1. */
export interface SampleComparison {
  /** Correlation of neighbouring pixels: near 0 for noise, near 1 for smooth images. */
  lag1: { samples: number[]; chips: number[] };
  /** Shares of the values in equal bins over the range of the chips; values outside count in the outermost bins. */
  histograms: { from: number; to: number; samples: number[]; chips: number[]; overlap: number }[];
}

const BINS = 32;

/** Compares samples with chips, in the units of either. Values that are not finite are left out. */
export function compareSamples(samples: readonly Raster[], chips: readonly Raster[]): SampleComparison {
  const bands = Array.from({ length: chips[0].channels }, (_, band) => band);
  return {
    lag1: {
      samples: bands.map((band) => lagOneCorrelation(samples, band)),
      chips: bands.map((band) => lagOneCorrelation(chips, band)),
    },
    histograms: bands.map((band) => {
      const [from, to] = rangeOf(chips, band);
      const shares = {
        samples: histogram(samples, band, [from, to]),
        chips: histogram(chips, band, [from, to]),
      };
      const overlap = shares.samples.reduce((sum, share, i) => sum + Math.min(share, shares.chips[i]), 0);
      return { from, to, ...shares, overlap };
    }),
  };
}

/** Pearson's correlation of a band's pixels with their right and lower neighbours, over all images. */
function lagOneCorrelation(images: readonly Raster[], band: number): number {
  let [count, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  const add = (x: number, y: number) => {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    count++;
    a += x;
    b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  };
  for (const { height, width, channels, data } of images) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const at = (row * width + column) * channels + band;
        if (column + 1 < width) add(data[at], data[at + channels]);
        if (row + 1 < height) add(data[at], data[at + width * channels]);
      }
    }
  }
  const covariance = ab - (a * b) / count;
  return covariance / Math.sqrt((aa - (a * a) / count) * (bb - (b * b) / count));
}

function rangeOf(images: readonly Raster[], band: number): [from: number, to: number] {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of valuesOf(images, band)) {
    if (value < from) from = value;
    if (value > to) to = value;
  }
  return [from, to];
}

function histogram(images: readonly Raster[], band: number, [from, to]: readonly [number, number]): number[] {
  const counts = new Array<number>(BINS).fill(0);
  let total = 0;
  for (const value of valuesOf(images, band)) {
    const bin = to > from ? Math.floor(((value - from) / (to - from)) * BINS) : 0;
    counts[Math.max(0, Math.min(BINS - 1, bin))]++;
    total++;
  }
  return counts.map((count) => count / total);
}

function* valuesOf(images: readonly Raster[], band: number): Iterable<number> {
  for (const { channels, data } of images) {
    for (let i = band; i < data.length; i += channels) if (Number.isFinite(data[i])) yield data[i];
  }
}
