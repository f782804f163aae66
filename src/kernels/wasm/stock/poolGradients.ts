import type { StockKernel } from './StockKernel.js';
import { poolWindows, type Windows } from './windows.js';

/** Channels of an image worth an item. */
const BLOCK_CHANNELS = 16;

const sides = ({ gridHeight, gridWidth, taps, stride, pad }: Windows) => [
  ...[gridHeight, gridWidth, ...taps, ...stride, ...pad],
];

/**
 * {dy, input} → the gradient of the input of a maximum over windows: the backend's own is wrong where all values are
 * below zero.
 */
export const maxPoolGradient: StockKernel = {
  name: 'MaxPoolGrad',
  compute(kernels, { dy, input }, attributes) {
    const windows = poolWindows(input.shape, attributes);
    const { batch, height, width } = windows;
    const channels = input.shape[3];
    const dx = kernels.output(input.shape);
    const pointers = [input, dy, dx].map((tensor) => kernels.pointer(tensor));
    const blocks = Math.ceil(channels / BLOCK_CHANNELS);
    const grain = Math.ceil(16384 / (height * width * BLOCK_CHANNELS));
    const shape = [height, width, channels, ...sides(windows), BLOCK_CHANNELS];
    kernels.run('maxWindowsGradient', batch * blocks, grain, ...pointers, ...shape);
    return dx;
  },
};

/**
 * {dy, input} → the gradient of the input of a mean over windows: the backend's own counts the padding, which the mean
 * does not.
 */
export const averagePoolGradient: StockKernel = {
  name: 'AvgPoolGrad',
  compute(kernels, { dy, input }, attributes) {
    const windows = poolWindows(input.shape, attributes);
    const { batch, height, width } = windows;
    const channels = input.shape[3];
    const dx = kernels.output(input.shape);
    const pointers = [dy, dx].map((tensor) => kernels.pointer(tensor));
    const grain = Math.ceil(8192 / (width * channels));
    const shape = [height, width, channels, ...sides(windows)];
    kernels.run('meanWindowsGradient', batch * height, grain, ...pointers, ...shape);
    return dx;
  },
};
