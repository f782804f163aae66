import type * as tf from '@tensorflow/tfjs-core';
import { attribute, type EagerOps, FLOAT, type Handle } from './EagerOps.js';

type Operand = tf.TensorInfo | Handle;

/**
 * A convolution's sizes: of its input, [batch, height, width, inChannels], its filter, [k, k, inChannels, outChannels],
 * and its stride. A transposed convolution has the sizes of the convolution whose input gradient it is.
 */
export interface Sizes {
  input: readonly number[];
  filter: readonly number[];
  stride: number;
}

/**
 * Whether a convolution has few pixels and many channels. oneDNN reorders its filter for every call, which takes longer
 * there than to multiply by it; as it lies in memory, the filter is the matrix of a product.
 */
export function isDeep(ops: EagerOps, { input, filter, stride }: Sizes): boolean {
  if (ops.backend.isUsingGpuDevice) return false;
  const [batch, height, width] = input;
  const [size, , inChannels, outChannels] = filter;
  const pixels = (batch * height * width) / stride ** 2;
  return (
    size > 1 && pixels <= 128 && inChannels * outChannels >= 2 ** 16 && 4 * height * width <= outChannels
  );
}

/** The convolution of x. */
export function deepConvolution(ops: EagerOps, sizes: Sizes, x: Operand, filter: Operand): Handle {
  const { batch, outHeight, outWidth, taps, inChannels, outChannels } = measure(sizes);
  const rows = matrix(ops, filter, taps * inChannels, outChannels);
  const y = product(ops, patches(ops, sizes, x), rows);
  return reshape(ops, y, [batch, outHeight, outWidth, outChannels]);
}

/** The gradient of its input, from that of its result. */
export function deepInputGradient(ops: EagerOps, sizes: Sizes, dy: Operand, filter: Operand): Handle {
  const { batch, outHeight, outWidth, taps, inChannels, outChannels } = measure(sizes);
  const pixels = outHeight * outWidth;
  const rows = matrix(ops, filter, taps * inChannels, outChannels);
  const dPatches = product(ops, matrix(ops, dy, batch * pixels, outChannels), rows, { second: true });
  const spread = reshape(ops, dPatches, [batch, pixels * taps, inChannels]);
  return reshape(ops, ops.run('BatchMatMulV2', ADDED, places(ops, sizes), spread), sizes.input);
}

/** The gradient of its filter. */
export function deepFilterGradient(ops: EagerOps, sizes: Sizes, x: Operand, dy: Operand): Handle {
  const { batch, outHeight, outWidth, outChannels } = measure(sizes);
  const columns = matrix(ops, dy, batch * outHeight * outWidth, outChannels);
  const gradient = product(ops, patches(ops, sizes, x), columns, { first: true });
  return reshape(ops, gradient, sizes.filter);
}

const RESHAPE = [...FLOAT, attribute('Tshape', 'type', 3)];
const [ADDED, TAKEN] = [false, true].map((transposed) => [
  ...FLOAT,
  attribute('adj_x', 'bool', transposed),
  attribute('adj_y', 'bool', false),
]);

function measure({ input, filter, stride }: Sizes) {
  const [batch, height, width, inChannels] = input;
  const [size, , , outChannels] = filter;
  const [outHeight, outWidth] = [height / stride, width / stride];
  return { batch, outHeight, outWidth, size, taps: size * size, inChannels, outChannels };
}

function reshape(ops: EagerOps, x: Operand, shape: readonly number[]): Handle {
  return ops.run('Reshape', RESHAPE, x, ops.int32(shape));
}

function matrix(ops: EagerOps, x: Operand, rows: number, columns: number): Handle {
  return reshape(ops, x, [rows, columns]);
}

/** A matrix product, of which either factor may be transposed. */
function product(ops: EagerOps, a: Handle, b: Handle, { first = false, second = false } = {}): Handle {
  const transposed = [attribute('transpose_a', 'bool', first), attribute('transpose_b', 'bool', second)];
  return ops.run('MatMul', [...FLOAT, ...transposed], a, b);
}

/** What the filter meets at each pixel of the result, a row each: zero beyond the edges. */
function patches(ops: EagerOps, sizes: Sizes, x: Operand): Handle {
  const { batch, outHeight, outWidth, taps, inChannels } = measure(sizes);
  const pixels = reshape(ops, x, [batch, sizes.input[1] * sizes.input[2], inChannels]);
  const taken = ops.run('BatchMatMulV2', TAKEN, places(ops, sizes), pixels);
  return matrix(ops, taken, batch * outHeight * outWidth, taps * inChannels);
}

/** [1, pixels of the input, pixels of the result · taps], which has a one where a tap meets a pixel; it stays. */
function places(ops: EagerOps, sizes: Sizes): Handle {
  const [, height, width] = sizes.input;
  const { outHeight, outWidth, size, taps } = measure(sizes);
  const { stride } = sizes;
  return ops.constant(`places ${height} ${width} ${size} ${stride}`, () => {
    const columns = outHeight * outWidth * taps;
    const values = new Float32Array(height * width * columns);
    const before = (size - stride) >> 1;
    for (let column = 0; column < columns; column++) {
      const [pixel, tap] = [Math.floor(column / taps), column % taps];
      const row = Math.floor(pixel / outWidth) * stride + Math.floor(tap / size) - before;
      const across = (pixel % outWidth) * stride + (tap % size) - before;
      if (row < 0 || row >= height || across < 0 || across >= width) continue;
      values[(row * width + across) * columns + column] = 1;
    }
    return ops.floats([1, height * width, columns], values);
  });
}
