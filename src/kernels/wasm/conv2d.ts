import type * as tf from '@tensorflow/tfjs-core';
import { convolveDirect, type FilterLayout, square } from './convolveDirect.js';
import { convolveWinograd } from './convolveWinograd.js';
import type { PixelEpilogue } from './Epilogue.js';
import { filterGradient } from './filterGradient.js';
import { filterGradientWinograd } from './filterGradientWinograd.js';
import type { KernelModule } from './KernelModule.js';
import { prefersWinograd } from './prefersWinograd.js';
import type { TrainingKernel } from './TrainingKernel.js';

/** [x, filter] → convolution with stride 1 that keeps height and width. */
export const conv2d: TrainingKernel = {
  name: 'DiffusionSslConv2D',
  compute(kernels, { x, filter }) {
    const [size, , , columns] = filter.shape;
    return convolveSame(kernels, x, {
      ...{ columns, filter: kernels.pointer(filter), size },
      ...{ rowStride: columns, columnStride: 1 },
    });
  },
};

/**
 * [x, filter, bias, addend?] and relu → the same plus the bias, [channels] or one an image, and the addend; with ReLU
 * there is neither.
 */
export const conv2dBias: TrainingKernel = {
  name: 'DiffusionSslConv2DBias',
  compute(kernels, { x, filter, bias, addend }, { relu = 0 }) {
    const [size, , , columns] = filter.shape;
    const layout = { filter: kernels.pointer(filter), size, rowStride: columns, columnStride: 1 };
    return convolveSame(
      kernels,
      x,
      { columns, ...layout },
      {
        ...{ bias: kernels.pointer(bias), biasStep: bias.shape.length > 1 ? 4 * columns : 0 },
        ...{ addend: addend && kernels.pointer(addend), relu: relu === 1, late: relu !== 1 },
      },
    );
  },
};

/** [dy, filter] → gradient of the input: the convolution of `dy` with the flipped filter, channels exchanged. */
export const conv2dBackpropInput: TrainingKernel = {
  name: 'DiffusionSslConv2DBackpropInput',
  compute(kernels, { dy, filter }) {
    const [size, , columns, depth] = filter.shape;
    return convolveSame(kernels, dy, {
      ...{ columns, filter: kernels.pointer(filter), size, rowStride: 1, columnStride: depth },
      ...{ first: [size - 1, size - 1], step: [-1, -1] },
    });
  },
};

/** Stride 1, height and width kept: by Winograd's algorithm or directly, whichever is faster for the shape. */
export function convolveSame(
  kernels: KernelModule,
  x: tf.TensorInfo,
  { columns, ...layout }: FilterLayout & { columns: number },
  epilogue: PixelEpilogue = {},
): tf.TensorInfo {
  const [batch, height, width, depth] = x.shape;
  const y = kernels.output([batch, height, width, columns]);
  const addresses = { x: kernels.pointer(x), y: kernels.pointer(y) };
  const shape = { ...addresses, ...epilogue, batch, height, width, depth, columns };
  if (prefersWinograd(x.shape, [layout.size, layout.size, depth, columns])) {
    convolveWinograd(kernels, { ...shape, ...layout, flip: layout.step?.[0] === -1 });
  } else {
    const grid = { gridHeight: height, gridWidth: width };
    const [taps, offset] = [square(layout.size), square(-(layout.size - 1) / 2)];
    convolveDirect(kernels, { ...shape, ...grid, taps, offset }, layout);
  }
  return y;
}

/** [x, dy] and the filter's size → gradient of the filter. */
export const conv2dBackpropFilter: TrainingKernel = {
  name: 'DiffusionSslConv2DBackpropFilter',
  compute(kernels, { x, dy }, { size = 1 }) {
    const [batch, height, width, m] = x.shape;
    const n = dy.shape[3];
    const filter = kernels.output([size, size, m, n]);
    const winograd = prefersWinograd(x.shape, filter.shape);
    (winograd ? filterGradientWinograd : filterGradient)(kernels, {
      ...{ a: kernels.pointer(x), b: kernels.pointer(dy), dw: kernels.pointer(filter) },
      ...{ batch, height, width, m, gridHeight: height, gridWidth: width, n },
      ...{ taps: square(size), stride: square(1), offset: square(-(size - 1) / 2) },
    });
    return filter;
  },
};
