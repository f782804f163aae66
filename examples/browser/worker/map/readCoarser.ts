import type { BlobRaster } from 'diffusion-ssl/data';
import type { Raster } from 'diffusion-ssl/normalization';
import { checkValues } from '../checkValues.js';

/** Bytes of the rows that are read at once, as float32. */
const PART_BYTES = 64 * 2 ** 20;

/**
 * Reads an image so many times coarser: each pixel is the mean of those that it takes the place of, of each band the
 * valid ones; NaN where there is none. No more than some rows of the file are in memory.
 */
export async function readCoarser(
  name: string,
  { info, read }: Pick<BlobRaster, 'info' | 'read'>,
  coarser: number,
): Promise<Raster> {
  const width = Math.ceil(info.width / coarser);
  const height = Math.ceil(info.height / coarser);
  const channels = info.bands - (info.alphaBand === null ? 0 : 1);
  const data = new Float32Array(width * height * channels);
  const rows = Math.max(1, Math.floor(PART_BYTES / (4 * info.width * info.bands * coarser)));
  for (let row = 0; row < height; row += rows) {
    const top = row * coarser;
    const part = { top, left: 0, width: info.width, height: Math.min(rows * coarser, info.height - top) };
    const image = await read(part, { alpha: 'mask' });
    checkValues(name, image);
    const means = meansOf(image, { width, channels, coarser });
    data.set(means, row * width * channels);
  }
  return { width, height, channels, data };
}

function meansOf(
  image: Awaited<ReturnType<BlobRaster['read']>>,
  { width, channels, coarser }: { width: number; channels: number; coarser: number },
): Float64Array {
  const { data, valid } = image;
  const sums = new Float64Array(Math.ceil(image.height / coarser) * width * channels);
  const counts = new Uint32Array(sums.length);
  for (let row = 0, from = 0; row < image.height; row++) {
    const line = Math.floor(row / coarser) * width;
    for (let column = 0; column < image.width; column++) {
      const to = (line + Math.floor(column / coarser)) * channels;
      for (let band = 0; band < channels; band++, from++) {
        if (valid?.[from] === 0 || !Number.isFinite(data[from])) continue;
        sums[to + band] += data[from];
        counts[to + band]++;
      }
    }
  }
  // 0 / 0 is NaN: nothing was there.
  return sums.map((sum, i) => sum / counts[i]);
}
