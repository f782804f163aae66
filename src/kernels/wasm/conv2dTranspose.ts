import type * as tf from '@tensorflow/tfjs-core';
import { convolveDirect, type FilterLayout, square } from './convolveDirect.js';
import type { Epilogue } from './Epilogue.js';
import { filterGradient } from './filterGradient.js';
import type { KernelModule } from './KernelModule.js';
import { prefersWinograd } from './prefersWinograd.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { convolvePhases, phaseFilterGradient } from './transposeWinograd.js';

/**
 * [x, filter] → transposed convolution that doubles height and width, in four phases: its pixels by odd and even row
 * and column.
 */
export const conv2dTranspose: TrainingKernel = {
  name: 'DiffusionSslConv2DTranspose',
  compute: (kernels, { x, filter }) => transposedConvolution(kernels, x, filter),
};

/** The same with what is done to its pixels. */
export function transposedConvolution(
  kernels: KernelModule,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  epilogue: Epilogue = {},
): tf.TensorInfo {
  const [size, , columns, depth] = filter.shape;
  if (prefersPhases(x.shape, filter.shape)) {
    const layout = { filter: kernels.pointer(filter), depth, columns, backward: false };
    return convolvePhases(kernels, x, x.shape, { ...layout, ...epilogue });
  }
  const layouts = phaseLayouts(kernels.pointer(filter), size, depth);
  return transposeDirect(kernels, x, { columns, layouts }, epilogue);
}

const PHASES = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

/** Where the taps of each of the four output phases lie in the filter at `filter`. */
export function phaseLayouts(filter: number, size: number, depth: number): FilterLayout[] {
  // Output row 2y + p reads row y - 1 + p by tap 3 - p and row y + p by tap 1 - p (row y by tap p for a 2×2 filter).
  const first = (phase: number) => (size === 2 ? phase : 3 - phase);
  return PHASES.map(([outY, outX]) => ({
    ...{ filter, size, rowStride: 1, columnStride: depth },
    ...{ first: [first(outY), first(outX)], step: square(-2) },
  }));
}

/** Transposed convolution as one direct convolution for each of the four phases, whose layouts are given. */
export function transposeDirect(
  kernels: KernelModule,
  x: tf.TensorInfo,
  { columns, layouts }: { columns: number; layouts: readonly FilterLayout[] },
  epilogue: Epilogue = {},
): tf.TensorInfo {
  const [batch, height, width, depth] = x.shape;
  const y = kernels.output([batch, 2 * height, 2 * width, columns]);
  const addresses = { x: kernels.pointer(x), y: kernels.pointer(y) };
  const [{ size }] = layouts;
  const offset = (phase: number) => (size === 2 ? 0 : phase - 1);
  for (const [i, [outY, outX]] of PHASES.entries()) {
    const grid = { gridHeight: height, gridWidth: width, taps: square(size / 2) };
    const place = { offset: [offset(outY), offset(outX)], outStep: square(2), out: [outY, outX] } as const;
    const shape = { batch, height, width, depth, columns };
    convolveDirect(kernels, { ...addresses, ...shape, ...grid, ...place, ...epilogue }, layouts[i]);
  }
  return y;
}

/** [dy, filter] → gradient of the input: the plain convolution with stride 2. */
export const conv2dTransposeBackpropInput: TrainingKernel = {
  name: 'DiffusionSslConv2DTransposeBackpropInput',
  compute(kernels, { dy, filter }) {
    const [batch, height, width, depth] = dy.shape;
    const [size, , , columns] = filter.shape;
    const [gridHeight, gridWidth] = [height / 2, width / 2];
    const grid = [batch, gridHeight, gridWidth, columns];
    if (prefersPhases(grid, filter.shape, true)) {
      return convolvePhases(kernels, dy, grid, {
        filter: kernels.pointer(filter),
        depth,
        columns,
        backward: true,
      });
    }
    const dx = kernels.output([batch, gridHeight, gridWidth, columns]);
    convolveDirect(
      kernels,
      {
        ...{ x: kernels.pointer(dy), y: kernels.pointer(dx), batch, height, width, depth, columns },
        ...{ gridHeight, gridWidth, taps: square(size), stride: square(2), offset: square(1 - size / 2) },
      },
      { filter: kernels.pointer(filter), size, rowStride: columns, columnStride: 1 },
    );
    return dx;
  },
};

/** [x, dy] and the filter's size → gradient of the filter. */
export const conv2dTransposeBackpropFilter: TrainingKernel = {
  name: 'DiffusionSslConv2DTransposeBackpropFilter',
  compute(kernels, { x, dy }, { size = 2 }) {
    const [batch, gridHeight, gridWidth, n] = x.shape;
    const m = dy.shape[3];
    if (prefersPhases(x.shape, [size, size, m, n])) return phaseFilterGradient(kernels, x, dy);
    const filter = kernels.output([size, size, m, n]);
    filterGradient(kernels, {
      ...{ a: kernels.pointer(dy), b: kernels.pointer(x), dw: kernels.pointer(filter) },
      ...{ batch, height: 2 * gridHeight, width: 2 * gridWidth, m, gridHeight, gridWidth, n },
      ...{ taps: square(size), stride: square(2), offset: square(1 - size / 2) },
    });
    return filter;
  },
};

/**
 * Whether the phases of a 4×4 filter are better computed by Winograd's algorithm than directly: see `prefersWinograd`,
 * by which they are convolutions 2×2 of the smaller image, whose shape is given. As measured, the pixels must also be
 * many enough for the transform of the filter, which grows to six times its size, not to weigh, but not for the
 * gradient of the input (`backward`), whose direct way reads the filter badly.
 */
export function prefersPhases(
  shape: readonly number[],
  [size, , outChannels, inChannels]: readonly number[],
  backward = false,
): boolean {
  const [batch, height, width] = shape;
  if (size !== 4 || outChannels % 4 !== 0) return false;
  if (!backward && 4 * batch * height * width < Math.min(inChannels, outChannels)) return false;
  return prefersWinograd(shape, [3, 3, inChannels, outChannels]);
}
