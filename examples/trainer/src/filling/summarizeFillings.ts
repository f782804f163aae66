import type { Raster } from 'diffusion-ssl/normalization';

/** Mean of some rasters, pixel by pixel, and their spread: the standard deviation, of one raster 0. */
export function summarizeFillings(fillings: readonly Raster[]): { mean: Raster; spread: Raster } {
  const [first] = fillings;
  const count = fillings.length;
  const mean = new Float32Array(first.data.length);
  const spread = new Float32Array(first.data.length);
  for (let i = 0; i < mean.length; i++) {
    // From the first one on, so that equal values give themselves and 0.
    let [sum, square] = [0, 0];
    for (const { data } of fillings) {
      const difference = data[i] - first.data[i];
      sum += difference;
      square += difference * difference;
    }
    mean[i] = first.data[i] + sum / count;
    spread[i] = count > 1 ? Math.sqrt(Math.max(0, (square - (sum * sum) / count) / (count - 1))) : 0;
  }
  return { mean: { ...first, data: mean }, spread: { ...first, data: spread } };
}
