import type { Raster } from 'diffusion-ssl/normalization';
import { randomNormal } from 'diffusion-ssl/ops';
import { shuffled } from '../transfer/draws.js';

const SCATTER_STREAM = 301;
const NOISE_STREAM = 302;

/** Images with the pixels of each in another order: its values without any form. */
export async function scattered(images: readonly Raster[], seed: number): Promise<Raster[]> {
  const result: Raster[] = [];
  for (const [i, { data, channels, ...size }] of images.entries()) {
    const order = await shuffled(size.height * size.width, seed, SCATTER_STREAM, i);
    const moved = data.map((_, at) => data[order[Math.floor(at / channels)] * channels + (at % channels)]);
    result.push({ ...size, channels, data: moved });
  }
  return result;
}

/** As many images of nothing but noise, each band with the mean and deviation that it has over all of `images`. */
export async function noiseLike(images: readonly Raster[], seed: number): Promise<Raster[]> {
  const { channels } = images[0];
  const moments = Array.from({ length: channels }, (_, band) => momentsOf(images, band));
  const result: Raster[] = [];
  for (const [i, { data, ...size }] of images.entries()) {
    const drawn = randomNormal([data.length], { seed, stream: NOISE_STREAM, step: i });
    const noise = await drawn.data<'float32'>();
    drawn.dispose();
    const values = data.map((_, at) => {
      const { mean, deviation } = moments[at % channels];
      return mean + deviation * noise[at];
    });
    result.push({ ...size, data: values });
  }
  return result;
}

function momentsOf(images: readonly Raster[], band: number): { mean: number; deviation: number } {
  let [count, sum, squares] = [0, 0, 0];
  for (const { data, channels } of images) {
    for (let i = band; i < data.length; i += channels) {
      count++;
      sum += data[i];
      squares += data[i] ** 2;
    }
  }
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
}
