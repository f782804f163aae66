import { convolveDirect } from './convolveDirect.js';
import { filterGradient } from './filterGradient.js';
import type { TrainingKernel } from './TrainingKernel.js';

/** [x, filter] → convolution with stride 1 that keeps height and width. */
export const conv2d: TrainingKernel = {
  name: 'DiffusionSslConv2D',
  compute(kernels, { x, filter }) {
    const [batch, height, width, depth] = x.shape;
    const [size, , , columns] = filter.shape;
    const y = kernels.output([batch, height, width, columns]);
    const offset = -(size - 1) / 2;
    convolveDirect(
      kernels,
      {
        ...{ x: kernels.pointer(x), y: kernels.pointer(y), batch, height, width, depth, columns },
        ...{ gridHeight: height, gridWidth: width, taps: size, offsetY: offset, offsetX: offset },
      },
      { filter: kernels.pointer(filter), size, rowStride: columns, columnStride: 1 },
    );
    return y;
  },
};

/** [dy, filter] → gradient of the input: the convolution of `dy` with the flipped filter, channels exchanged. */
export const conv2dBackpropInput: TrainingKernel = {
  name: 'DiffusionSslConv2DBackpropInput',
  compute(kernels, { dy, filter }) {
    const [batch, height, width, depth] = dy.shape;
    const [size, , columns] = filter.shape;
    const dx = kernels.output([batch, height, width, columns]);
    const offset = -(size - 1) / 2;
    const last = size - 1;
    convolveDirect(
      kernels,
      {
        ...{ x: kernels.pointer(dy), y: kernels.pointer(dx), batch, height, width, depth, columns },
        ...{ gridHeight: height, gridWidth: width, taps: size, offsetY: offset, offsetX: offset },
      },
      {
        ...{ filter: kernels.pointer(filter), size, rowStride: 1, columnStride: depth },
        ...{ firstY: last, firstX: last, step: -1 },
      },
    );
    return dx;
  },
};

/** [x, dy] and the filter's size → gradient of the filter. */
export const conv2dBackpropFilter: TrainingKernel = {
  name: 'DiffusionSslConv2DBackpropFilter',
  compute(kernels, { x, dy }, { size = 1 }) {
    const [batch, height, width, m] = x.shape;
    const n = dy.shape[3];
    const filter = kernels.output([size, size, m, n]);
    filterGradient(kernels, {
      ...{ a: kernels.pointer(x), b: kernels.pointer(dy), dw: kernels.pointer(filter) },
      ...{ batch, height, width, m, gridHeight: height, gridWidth: width, n },
      ...{ taps: size, stride: 1, offset: -(size - 1) / 2 },
    });
    return filter;
  },
};
