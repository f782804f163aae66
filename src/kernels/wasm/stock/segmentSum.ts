import { BackendError } from '../../../errors/BackendError.js';
import type { StockKernel } from './StockKernel.js';

/** Columns of an item. */
const BLOCK = 64;

/**
 * {x, segmentIds} and how many segments → the sum of the rows of each segment: the gradient of `tf.gather`, so of an
 * embedding.
 */
export const segmentSum: StockKernel = {
  name: 'UnsortedSegmentSum',
  compute(kernels, { x, segmentIds }, { numSegments }) {
    if (x.dtype !== 'float32' || segmentIds.dtype !== 'int32' || segmentIds.shape.length !== 1) {
      throw new BackendError(
        `UnsortedSegmentSum: the values are ${x.dtype}, the segments ${segmentIds.dtype} of shape ` +
          `[${segmentIds.shape}]; the wasm backend sums float32 values by a list of int32 numbers.`,
      );
    }
    const segments = numSegments as number;
    const [rows, ...sides] = x.shape;
    const columns = sides.reduce((product, side) => product * side, 1);
    const y = kernels.output([segments, ...sides]);
    const pointers = [x, segmentIds, y].map((tensor) => kernels.pointer(tensor));
    const grain = Math.ceil(256 / (rows + segments));
    kernels.run('segmentSum', Math.ceil(columns / BLOCK), grain, ...pointers, rows, columns, segments, BLOCK);
    return y;
  },
};
