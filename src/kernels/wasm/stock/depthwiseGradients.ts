import type { StockKernel } from './StockKernel.js';
import { convolutionWindows, type Windows } from './windows.js';

/** Products worth giving to a thread. */
const GRAIN_PRODUCTS = 1 << 16;
/** Pieces with sums of their own, and the most products of one. */
const MAX_PARTS = 16;

const sides = ({ gridHeight, gridWidth, taps, stride, spread, pad }: Windows) => [
  ...[gridHeight, gridWidth, ...taps, ...stride, ...spread, ...pad],
];

/** {dy, filter} and the input's shape → the gradient of the input of a depthwise convolution. */
export const depthwiseInputGradient: StockKernel = {
  name: 'DepthwiseConv2dNativeBackpropInput',
  compute(kernels, { dy, filter }, attributes) {
    const windows = convolutionWindows(
      attributes.inputShape as number[],
      depthwise(filter.shape),
      attributes,
    );
    const { batch, height, width, taps } = windows;
    const [, , channels, multiplier] = filter.shape;
    const dx = kernels.output([batch, height, width, channels]);
    const scratchBytes = 64 * Math.ceil((8 * taps[0] * (taps[1] + 1)) / 64);
    const scratch = kernels.workspace((kernels.threads * scratchBytes) / 4);
    const grain = Math.ceil(GRAIN_PRODUCTS / (width * channels * multiplier * taps[0] * taps[1]));
    const pointers = [dy, filter, dx].map((tensor) => kernels.pointer(tensor));
    const shape = [height, width, channels, multiplier, ...sides(windows)];
    kernels.run(
      'depthwiseInputGradient',
      batch * height,
      grain,
      ...pointers,
      ...shape,
      scratch,
      scratchBytes,
    );
    return dx;
  },
};

/** {x, dy} and the filter's shape → the gradient of the filter of a depthwise convolution. */
export const depthwiseFilterGradient: StockKernel = {
  name: 'DepthwiseConv2dNativeBackpropFilter',
  compute(kernels, { x, dy }, attributes) {
    const filter = attributes.filterShape as number[];
    const windows = convolutionWindows(x.shape, depthwise(filter), attributes);
    const { batch, height, width, gridHeight, gridWidth, taps } = windows;
    const [, , channels, multiplier] = filter;
    const dw = kernels.output(filter);
    const size = taps[0] * taps[1] * channels * multiplier;
    const products = batch * gridHeight * gridWidth * size;
    const parts = Math.max(1, Math.min(MAX_PARTS, batch * gridHeight, Math.floor(products / GRAIN_PRODUCTS)));
    const sums = parts > 1 ? kernels.workspace(parts * size) : kernels.pointer(dw);
    const pointers = [kernels.pointer(x), kernels.pointer(dy), sums, 4 * size];
    const shape = [batch, height, width, channels, multiplier, ...sides(windows)];
    kernels.run('depthwiseFilterGradient', parts, 1, ...pointers, ...shape, parts);
    if (parts > 1) kernels.run('sumParts', size, 1 << 15, sums, kernels.pointer(dw), parts, size);
    return dw;
  },
};

/** The shape of a filter [height, width, channels, multiplier] as that of a convolution of as many channels. */
function depthwise([height, width, channels, multiplier]: readonly number[]): number[] {
  return [height, width, channels, channels * multiplier];
}
