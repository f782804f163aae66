import type { BandValues } from './statistics.js';

/** Means of a raster's bands and sums of the products of their deviations, of pixels that are valid in every band. */
export interface JointMoments {
  count: number;
  mean: number[];
  /** Row-major [bands, bands]. */
  products: number[];
}

/** The moments of no pixel. */
export function emptyJoint(bands: number): JointMoments {
  return { count: 0, mean: new Array(bands).fill(0), products: new Array(bands * bands).fill(0) };
}

/** Of the pixels of a raster: two passes in double precision, as `bandStatistics`. */
export function jointMoments({ data, valid, channels }: BandValues): JointMoments {
  const moments = emptyJoint(channels);
  const { mean, products } = moments;
  const pixels: number[] = [];
  for (let i = 0; i < data.length; i += channels) {
    let band = 0;
    while (band < channels && valid[i + band]) band++;
    if (band < channels) continue;
    pixels.push(i);
    for (let k = 0; k < channels; k++) mean[k] += data[i + k];
  }
  moments.count = pixels.length;
  for (let k = 0; k < channels; k++) mean[k] /= pixels.length || 1;
  const deviation = new Float64Array(channels);
  for (const i of pixels) {
    for (let k = 0; k < channels; k++) deviation[k] = data[i + k] - mean[k];
    for (let k = 0; k < channels; k++) {
      for (let j = 0; j <= k; j++) products[k * channels + j] += deviation[k] * deviation[j];
    }
  }
  for (let k = 0; k < channels; k++) {
    for (let j = 0; j < k; j++) products[j * channels + k] = products[k * channels + j];
  }
  return moments;
}

/** Adds the moments of further pixels to `into`, as `addMoments` does. */
export function addJoint(into: JointMoments, part: JointMoments): void {
  if (part.count === 0) return;
  const count = into.count + part.count;
  const weight = (into.count * part.count) / count;
  const delta = part.mean.map((mean, k) => mean - into.mean[k]);
  for (const [k, dk] of delta.entries()) {
    for (const [j, dj] of delta.entries()) {
      const at = k * delta.length + j;
      into.products[at] += part.products[at] + weight * dk * dj;
    }
  }
  for (const [k, d] of delta.entries()) into.mean[k] += (d * part.count) / count;
  into.count = count;
}
