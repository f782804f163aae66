import type * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../../../errors/BackendError.js';
import { conv2dBackpropFilter, conv2dBackpropInput } from '../conv2d.js';
import { conv2dTranspose, conv2dTransposeBackpropFilter } from '../conv2dTranspose.js';
import { convolveDirect } from '../convolveDirect.js';
import { filterGradient } from '../filterGradient.js';
import type { KernelModule } from '../KernelModule.js';
import { sizeOf } from '../vectors.js';
import type { StockKernel } from './StockKernel.js';
import { convolutionWindows, keepsSize, type Windows } from './windows.js';

/** Products that the backend's own kernel has done before the several calls of ours have begun. */
const FEW_PRODUCTS = 1 << 15;

/** {dy, filter} and the input's shape → the gradient of the input: what a transposed convolution computes. */
export const convolutionInputGradient: StockKernel = {
  name: 'Conv2DBackpropInput',
  compute(kernels, { dy, filter }, attributes) {
    checkFormat('Conv2DBackpropInput', attributes);
    const input = attributes.inputShape as number[];
    const windows = convolutionWindows(input, filter.shape, attributes);
    if (keepsSize(windows)) return one(conv2dBackpropInput.compute(kernels, { dy, filter }, {}));
    if (halvesSize(windows)) return one(conv2dTranspose.compute(kernels, { x: dy, filter }, {}));
    const products = sizeOf(filter) * windows.batch * windows.gridHeight * windows.gridWidth;
    if (products < FEW_PRODUCTS) return undefined;
    const dx = kernels.output(input);
    spreadPhases(kernels, windows, { dy, filter, dx });
    return dx;
  },
};

/** {x, dy} and the filter's shape → the gradient of the filter. */
export const convolutionFilterGradient: StockKernel = {
  name: 'Conv2DBackpropFilter',
  compute(kernels, { x, dy }, attributes) {
    checkFormat('Conv2DBackpropFilter', attributes);
    const shape = attributes.filterShape as number[];
    const windows = convolutionWindows(x.shape, shape, attributes);
    const size = shape[0];
    if (keepsSize(windows)) return one(conv2dBackpropFilter.compute(kernels, { x, dy }, { size }));
    if (halvesSize(windows))
      return one(conv2dTransposeBackpropFilter.compute(kernels, { x: dy, dy: x }, { size }));
    const dw = kernels.output(shape);
    const { pad, ...rest } = windows;
    filterGradient(kernels, {
      ...rest,
      ...{ a: kernels.pointer(x), b: kernels.pointer(dy), dw: kernels.pointer(dw) },
      ...{ m: shape[2], n: shape[3], offset: [-pad[0], -pad[1]] },
    });
    return dw;
  },
};

/**
 * A strided convolution spreads each pixel of `dy`; the pixels of `dx` whose row and column leave the same rest by the
 * stride all see the same taps: a convolution with stride 1 for each such pair of rests.
 */
function spreadPhases(
  kernels: KernelModule,
  { batch, height, width, gridHeight, gridWidth, taps, stride, pad }: Windows,
  { dy, filter, dx }: Record<'dy' | 'filter' | 'dx', tf.TensorInfo>,
): void {
  const [, , columns, depth] = filter.shape;
  const [rows, cols] = [0, 1].map((axis) => phases(taps[axis], stride[axis], pad[axis]));
  const target = kernels.pointer(dx);
  const floats = batch * height * width * columns;
  if ([...rows, ...cols].some(({ taps }) => taps === 0)) kernels.run('clear', floats, 1 << 15, target);
  for (const [outY, row] of rows.entries()) {
    for (const [outX, column] of cols.entries()) {
      const [phaseHeight, phaseWidth] = [count(height, outY, stride[0]), count(width, outX, stride[1])];
      if (row.taps * column.taps * phaseHeight * phaseWidth === 0) continue;
      convolveDirect(
        kernels,
        {
          ...{ x: kernels.pointer(dy), y: target, batch, height: gridHeight, width: gridWidth },
          ...{ depth, columns, gridHeight: phaseHeight, gridWidth: phaseWidth },
          ...{ taps: [row.taps, column.taps], offset: [row.offset, column.offset] },
          ...{ outStep: stride, out: [outY, outX], outSize: [height, width] },
        },
        {
          ...{ filter: kernels.pointer(filter), size: taps[1], rowStride: 1, columnStride: depth },
          ...{ first: [row.last, column.last], step: [-stride[0], -stride[1]] },
        },
      );
    }
  }
}

/** How many numbers below `size` leave the rest `rest`. */
const count = (size: number, rest: number, stride: number) => Math.max(0, Math.ceil((size - rest) / stride));

/**
 * For each rest by the stride: the taps that meet such a pixel, the last of them, and where the pixel that it meets
 * lies in `dy`.
 */
function phases(taps: number, stride: number, pad: number) {
  return Array.from({ length: stride }, (_, rest) => {
    const first = (rest + pad) % stride;
    const met = count(taps, first, stride);
    return {
      taps: met,
      last: first + stride * (met - 1),
      offset: (rest + pad - first) / stride - (met - 1),
    };
  });
}

/** A filter 2×2 or 4×4 that halves the size: the adjoint of `ops/conv2dTranspose`. */
function halvesSize({ taps: [rows, columns], stride, pad, ...size }: Windows): boolean {
  const around = rows / 2 - 1;
  return (
    (rows === 2 || rows === 4) &&
    rows === columns &&
    stride[0] === 2 &&
    stride[1] === 2 &&
    pad[0] === around &&
    pad[1] === around &&
    2 * size.gridHeight === size.height &&
    2 * size.gridWidth === size.width
  );
}

const one = (result: tf.TensorInfo | tf.TensorInfo[]) => result as tf.TensorInfo;

function checkFormat(name: string, { dataFormat }: tf.NamedAttrMap): void {
  if (dataFormat === undefined || dataFormat === 'NHWC') return;
  throw new BackendError(`${name}: the wasm backend computes in the layout 'NHWC', not '${dataFormat}'.`);
}
