import type { Raster } from 'diffusion-ssl/normalization';

/** How many statistics there are of a band. */
export const STATISTICS = 6;

/** Of each band mean, deviation, the quantiles 0.1, 0.5 and 0.9, and the mean step between pixels of a row. */
export function imageStatistics({ height, width, channels, data }: Raster): number[] {
  return Array.from({ length: channels }, (_, band) => {
    const values = Float64Array.from({ length: height * width }, (_, i) => data[i * channels + band]);
    const mean = average(values);
    const deviation = Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
    const steps = values.map((value, i) => (i % width > 0 ? Math.abs(value - values[i - 1]) : 0));
    const sorted = values.slice().sort();
    const quantiles = [0.1, 0.5, 0.9].map((q) => sorted[Math.floor(q * (sorted.length - 1))]);
    return [mean, deviation, ...quantiles, average(steps)];
  }).flat();
}

function average(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
