import { grainOf, imageChunks } from './channelChunks.js';
import type { TrainingKernel } from './TrainingKernel.js';

/** [x] → the mean over the pixels of each image: [batch, 1, 1, channels]. */
export const pixelMean: TrainingKernel = {
  name: 'DiffusionSslPixelMean',
  compute(kernels, { x }) {
    const { batch, rows, channels, rowsPerChunk, chunks } = imageChunks(x.shape);
    const partials = kernels.workspace(batch * chunks * channels);
    const sizes = [rows, channels, rowsPerChunk, chunks];
    kernels.run('pixelSumPartials', batch * chunks, 8, kernels.pointer(x), partials, ...sizes);
    const mean = kernels.output([batch, 1, 1, channels]);
    kernels.run('pixelMeans', batch, 64, partials, kernels.pointer(mean), rows, channels, chunks);
    return mean;
  },
};

/** [x, shift] → x plus one value a channel of each image. */
export const addToPixels: TrainingKernel = {
  name: 'DiffusionSslAddToPixels',
  compute(kernels, { x, shift }) {
    const { batch, rows, channels } = imageChunks(x.shape);
    const y = kernels.output(x.shape);
    const pointers = [x, shift, y].map((tensor) => kernels.pointer(tensor));
    kernels.run('addToPixels', batch * rows, grainOf(channels), ...pointers, rows, channels);
    return y;
  },
};
