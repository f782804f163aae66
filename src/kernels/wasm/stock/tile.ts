import { sizeOf } from '../vectors.js';
import type { StockKernel } from './StockKernel.js';

/** Values worth giving to a thread. */
const GRAIN = 1 << 15;

/**
 * {x} and how often each axis is repeated: where one axis is, or several neighbours of length 1, as layers repeat what
 * they have for a channel or a pixel. The backend's own takes hundreds of times as long.
 */
export const tile: StockKernel = {
  name: 'Tile',
  compute(kernels, { x }, attributes) {
    const reps = attributes.reps as number[];
    const repeated = reps.flatMap((times, axis) => (times > 1 ? [axis] : []));
    if (!['float32', 'int32'].includes(x.dtype) || repeated.length === 0) return undefined;
    const [first, last] = [repeated[0], repeated[repeated.length - 1]];
    const middle = x.shape.slice(first, last + 1);
    if (middle.length > 1 && middle.some((side) => side !== 1)) return undefined;
    const y = kernels.output(
      x.shape.map((side, axis) => side * reps[axis]),
      x.dtype as 'float32',
    );
    const inner = product(x.shape.slice(first));
    const repeats = product(reps);
    const pointers = [kernels.pointer(x), kernels.pointer(y)];
    if (inner === 1) kernels.run('repeatValues', sizeOf(x), Math.ceil(GRAIN / repeats), ...pointers, repeats);
    else {
      const rows = (sizeOf(x) / inner) * repeats;
      kernels.run('repeatRows', rows, Math.ceil(GRAIN / inner), ...pointers, inner, repeats);
    }
    return y;
  },
};

const product = (sides: readonly number[]) => sides.reduce((size, side) => size * side, 1);
