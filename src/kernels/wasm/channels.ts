import { channelChunks, grainOf } from './channelChunks.js';
import type { TrainingKernel } from './TrainingKernel.js';

/** [a, b] → the channels of a, then those of b. */
export const concatChannels: TrainingKernel = {
  name: 'DiffusionSslConcatChannels',
  compute(kernels, { a, b }) {
    const { rows, channels } = channelChunks(a.shape);
    const all = channels + b.shape[3];
    const y = kernels.output([...a.shape.slice(0, 3), all]);
    const pointers = [a, b, y].map((tensor) => kernels.pointer(tensor));
    kernels.run('concatChannels', rows, grainOf(all), ...pointers, channels, b.shape[3]);
    return y;
  },
};

/** [y], channels → the first channels of y, and the rest. */
export const splitChannels: TrainingKernel = {
  name: 'DiffusionSslSplitChannels',
  compute(kernels, { y }, { channels = 0 }) {
    const { rows, channels: all } = channelChunks(y.shape);
    const part = (count: number) => kernels.output([...y.shape.slice(0, 3), count]);
    const [a, b] = [part(channels), part(all - channels)];
    const pointers = [y, a, b].map((tensor) => kernels.pointer(tensor));
    kernels.run('splitChannels', rows, grainOf(all), ...pointers, channels, all - channels);
    return [a, b];
  },
};

/** [x, bias] → x with one value added to each channel. */
export const biasAdd: TrainingKernel = {
  name: 'DiffusionSslBiasAdd',
  compute(kernels, { x, bias }) {
    const { rows, channels } = channelChunks(x.shape);
    const y = kernels.output(x.shape);
    const pointers = [x, bias, y].map((tensor) => kernels.pointer(tensor));
    kernels.run('biasAdd', rows, grainOf(channels), ...pointers, channels);
    return y;
  },
};

/** [x] → the sum of each channel. */
export const channelSum: TrainingKernel = {
  name: 'DiffusionSslChannelSum',
  compute(kernels, { x }) {
    const { rows, channels, rowsPerChunk, chunks } = channelChunks(x.shape);
    const partials = kernels.workspace(chunks * channels);
    kernels.run('channelSumPartials', chunks, 8, kernels.pointer(x), partials, rows, channels, rowsPerChunk);
    const sum = kernels.output([channels]);
    kernels.run('channelSumCombine', channels, 256, partials, kernels.pointer(sum), channels, chunks);
    return sum;
  },
};
