import type { Raster } from 'diffusion-ssl/normalization';

/** The images of a batch, channels last. */
export function imagesOf(
  values: Float32Array,
  [count, height, width, channels]: readonly [number, number, number, number],
): Raster[] {
  const size = height * width * channels;
  return Array.from({ length: count }, (_, i) => ({
    height,
    width,
    channels,
    data: values.slice(i * size, (i + 1) * size),
  }));
}
