import type { Raster } from 'diffusion-ssl/normalization';

/** Pixels between two images. */
const GAP = 2;

/** Images of one size in rows and columns as one, with missing pixels between them. */
export function mosaic(images: readonly Raster[], columns: number): Raster {
  const [{ height, width, channels }] = images;
  const whole = {
    height: Math.ceil(images.length / columns) * (height + GAP) - GAP,
    width: columns * (width + GAP) - GAP,
    channels,
  };
  const data = new Float32Array(whole.height * whole.width * channels).fill(Number.NaN);
  images.forEach((image, i) => {
    const [top, left] = [Math.floor(i / columns) * (height + GAP), (i % columns) * (width + GAP)];
    for (let row = 0; row < height; row++) {
      const line = image.data.subarray(row * width * channels, (row + 1) * width * channels);
      data.set(line, ((top + row) * whole.width + left) * channels);
    }
  });
  return { ...whole, data };
}
