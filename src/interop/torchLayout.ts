import type { TorchLayout } from '../layers/ParameterSpec.js';

/** Axis orders: `toTorch[i]` is the axis here that becomes torch's axis `i`. */
const toTorch: Record<TorchLayout, number[] | undefined> = {
  // [k, in, out] -> [out, in, k]
  conv1d: [2, 1, 0],
  // [k, k, in, out] -> [out, in, k, k]
  conv2d: [3, 2, 0, 1],
  // [k, k, out, in] -> [in, out, k, k]
  convTranspose2d: [3, 2, 0, 1],
  // [k, k, in, multiplier] -> [in, multiplier, k, k], in torch one axis of both, then one of 1
  depthwiseConv2d: [2, 3, 0, 1],
  // [in, out] -> [out, in]
  linear: [1, 0],
  same: undefined,
};

/** The shape that torch gives a parameter of this shape. */
export function torchShape(shape: readonly number[], layout: TorchLayout): number[] {
  const sides = permutedShape(shape, layout);
  if (layout !== 'depthwiseConv2d') return sides;
  const [channels, multiplier, ...taps] = sides;
  return [channels * multiplier, 1, ...taps];
}

/** A parameter's values in torch's axis order. `shape` is the shape here. */
export function toTorchLayout(
  data: Float32Array,
  shape: readonly number[],
  layout: TorchLayout,
): Float32Array {
  const order = toTorch[layout];
  return order ? permuteAxes(data, shape, order) : data;
}

/** A parameter's values in the axis order used here. `shape` is the shape here, not torch's. */
export function fromTorchLayout(
  data: Float32Array,
  shape: readonly number[],
  layout: TorchLayout,
): Float32Array {
  const order = toTorch[layout];
  if (!order) return data;
  const inverse = shape.map((_, axis) => order.indexOf(axis));
  return permuteAxes(data, permutedShape(shape, layout), inverse);
}

function permutedShape(shape: readonly number[], layout: TorchLayout): number[] {
  return toTorch[layout]?.map((axis) => shape[axis]) ?? [...shape];
}

/** `numpy.transpose`: axis `i` of the result is axis `order[i]` of the input. */
function permuteAxes(data: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  const sides = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const result = new Float32Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[source];
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      source += steps[axis];
      if (++index[axis] < sides[axis]) break;
      source -= steps[axis] * sides[axis];
      index[axis] = 0;
    }
  }
  return result;
}
