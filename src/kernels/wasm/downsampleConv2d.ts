import { convolveDirect, type Pair, square } from './convolveDirect.js';
import { filterGradient } from './filterGradient.js';
import type { TrainingKernel } from './TrainingKernel.js';

const SIZE = 3;

/** Side of the result, where the image gets `before` lines of zeros (0 or 1), and one behind the last if needed. */
const outSide = (side: number, before: number) => Math.ceil((side + before - 1) / 2);

/** [x, filter 3×3] and before → convolution with stride 2. */
export const downsampleConv2d: TrainingKernel = {
  name: 'DiffusionSslDownsampleConv2D',
  compute(kernels, { x, filter }, { before = 1 }) {
    const [batch, height, width, depth] = x.shape;
    const columns = filter.shape[3];
    const [gridHeight, gridWidth] = [outSide(height, before), outSide(width, before)];
    const y = kernels.output([batch, gridHeight, gridWidth, columns]);
    convolveDirect(
      kernels,
      {
        ...{ x: kernels.pointer(x), y: kernels.pointer(y), batch, height, width, depth, columns },
        ...{ gridHeight, gridWidth, taps: square(SIZE), stride: square(2), offset: square(-before) },
      },
      { filter: kernels.pointer(filter), size: SIZE, rowStride: columns, columnStride: 1 },
    );
    return y;
  },
};

/** Of the rows of x that tap 1 reads (`isMiddle`), or taps 0 and 2: the first, and what of dy and the filter it is. */
function phaseOf(isMiddle: boolean, before: number) {
  const out = isMiddle ? 1 - before : before;
  if (isMiddle) return { out, taps: 1, offset: 0, first: 1 };
  return { out, taps: 2, offset: before - 1, first: 2 };
}

/** [dy, filter] and before, height and width → gradient of x: a convolution for each of the four phases. */
export const downsampleConv2dBackpropInput: TrainingKernel = {
  name: 'DiffusionSslDownsampleConv2DBackpropInput',
  compute(kernels, { dy, filter }, { before = 1, height: rows = 1, width: lines = 1 }) {
    const [batch, height, width, depth] = dy.shape;
    const columns = filter.shape[2];
    const dx = kernels.output([batch, rows, lines, columns]);
    for (const vertical of [true, false].map((isMiddle) => phaseOf(isMiddle, before))) {
      for (const across of [true, false].map((isMiddle) => phaseOf(isMiddle, before))) {
        const pair = (key: 'out' | 'taps' | 'offset' | 'first'): Pair => [vertical[key], across[key]];
        const [gridHeight, gridWidth] = [(rows - vertical.out) / 2, (lines - across.out) / 2].map(Math.ceil);
        if (gridHeight < 1 || gridWidth < 1) continue;
        convolveDirect(
          kernels,
          {
            ...{ x: kernels.pointer(dy), y: kernels.pointer(dx), batch, height, width, depth, columns },
            ...{ gridHeight, gridWidth, taps: pair('taps'), offset: pair('offset') },
            ...{ outStep: square(2), out: pair('out'), outSize: [rows, lines] },
          },
          {
            ...{ filter: kernels.pointer(filter), size: SIZE, rowStride: 1, columnStride: depth },
            ...{ first: pair('first'), step: square(-2) },
          },
        );
      }
    }
    return dx;
  },
};

/** [x, dy] and before → gradient of the filter. */
export const downsampleConv2dBackpropFilter: TrainingKernel = {
  name: 'DiffusionSslDownsampleConv2DBackpropFilter',
  compute(kernels, { x, dy }, { before = 1 }) {
    const [batch, height, width, m] = x.shape;
    const [, gridHeight, gridWidth, n] = dy.shape;
    const filter = kernels.output([SIZE, SIZE, m, n]);
    filterGradient(kernels, {
      ...{ a: kernels.pointer(x), b: kernels.pointer(dy), dw: kernels.pointer(filter) },
      ...{ batch, height, width, m, gridHeight, gridWidth, n },
      ...{ taps: square(SIZE), stride: square(2), offset: square(-before) },
    });
    return filter;
  },
};
