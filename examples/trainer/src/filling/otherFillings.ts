import type { Raster } from 'diffusion-ssl/normalization';

/** Fills the gaps of a raster; a gap is NaN in all bands. */
export type OtherFilling = (raster: Raster) => Raster;

/** The mean of what is known of each band. */
export function fillByMean(raster: Raster): Raster {
  const { channels, data } = raster;
  const sums = new Float64Array(channels);
  let known = 0;
  for (let i = 0; i < data.length; i += channels) {
    if (Number.isNaN(data[i])) continue;
    known++;
    for (let band = 0; band < channels; band++) sums[band] += data[i + band];
  }
  return {
    ...raster,
    data: data.map((value, i) => (Number.isNaN(value) ? sums[i % channels] / known : value)),
  };
}

/** The nearest pixel that is known, the first of several. */
export function fillByNearest(raster: Raster): Raster {
  const { width, height, channels, data } = raster;
  const known: number[] = [];
  for (let pixel = 0; pixel < width * height; pixel++)
    if (!Number.isNaN(data[pixel * channels])) known.push(pixel);
  const filled = Float32Array.from(data);
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (!Number.isNaN(data[pixel * channels])) continue;
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    let [nearest, least] = [known[0], Number.POSITIVE_INFINITY];
    for (const other of known) {
      const distance = (Math.floor(other / width) - y) ** 2 + ((other % width) - x) ** 2;
      if (distance < least) [nearest, least] = [other, distance];
    }
    for (let band = 0; band < channels; band++)
      filled[pixel * channels + band] = data[nearest * channels + band];
  }
  return { ...raster, data: filled };
}
