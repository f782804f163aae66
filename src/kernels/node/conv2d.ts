import type * as tf from '@tensorflow/tfjs-core';
import { deepConvolution, deepFilterGradient, deepInputGradient, isDeep } from './deepConv2d.js';
import {
  type Attribute,
  attribute,
  type EagerOps,
  FLOAT,
  type Handle,
  ONE_DNN,
  typeAttribute,
} from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

/**
 * Attributes of a convolution whose padding is TensorFlow's "same": for an even height and width and stride 2 it is
 * torch's too.
 */
function convolution(stride: number): readonly Attribute[] {
  return [
    ...FLOAT,
    attribute('strides', 'int', [1, stride, stride, 1]),
    attribute('padding', 'string', 'SAME'),
    attribute('data_format', 'string', 'NHWC'),
  ];
}

const STRIDE_1 = convolution(1);
const attributesOf: Record<number, readonly Attribute[]> = { 1: STRIDE_1, 2: convolution(2) };

type Sides = { x: tf.TensorInfo; filter: tf.TensorInfo; dy: tf.TensorInfo };

function forward(ops: EagerOps, { x, filter }: Omit<Sides, 'dy'>, stride: number): Handle {
  const sizes = { input: x.shape, filter: filter.shape, stride };
  if (isDeep(ops, sizes)) return deepConvolution(ops, sizes, x, filter);
  return ops.run('Conv2D', attributesOf[stride], x, filter);
}

function inputGradient(ops: EagerOps, { dy, filter }: Omit<Sides, 'x'>, stride: number): Handle {
  const [batch, height, width] = dy.shape;
  const input = [batch, stride * height, stride * width, filter.shape[2]];
  const sizes = { input, filter: filter.shape, stride };
  if (isDeep(ops, sizes)) return deepInputGradient(ops, sizes, dy, filter);
  return ops.run('Conv2DBackpropInput', attributesOf[stride], ops.int32(input), filter, dy);
}

function filterGradient(
  ops: EagerOps,
  { x, dy }: Omit<Sides, 'filter'>,
  size: number,
  stride: number,
): Handle {
  const filter = [size, size, x.shape[3], dy.shape[3]];
  const sizes = { input: x.shape, filter, stride };
  if (isDeep(ops, sizes)) return deepFilterGradient(ops, sizes, x, dy);
  return ops.run('Conv2DBackpropFilter', attributesOf[stride], x, ops.int32(filter), dy);
}

/** [x, filter] → convolution with stride 1 that keeps height and width. */
export const conv2d: NodeKernel = {
  name: 'DiffusionSslConv2D',
  compute: (ops, { x, filter }) => forward(ops, { x, filter }, 1),
};

/**
 * [x, filter, bias] and relu → the same convolution with one value added to each channel, and with ReLU, in one pass:
 * an operation of oneDNN's that TensorFlow otherwise takes in graphs alone. It is `_FusedConv2D`, which called by that
 * name does not use oneDNN and takes two to five times as long.
 */
export const conv2dBias: NodeKernel = {
  name: 'DiffusionSslConv2DBias',
  compute(ops, { x, filter, bias }, { relu = 0 }) {
    const attributes = [
      ...STRIDE_1,
      attribute('num_args', 'int', 1),
      typeAttribute('TArgs', 'float'),
      attribute('fused_ops', 'string', relu ? 'BiasAdd,Relu' : 'BiasAdd'),
      ONE_DNN,
    ];
    return ops.run('_MklNativeFusedConv2D', attributes, x, filter, bias);
  },
};

/** [dy, filter] → gradient of the input. */
export const conv2dBackpropInput: NodeKernel = {
  name: 'DiffusionSslConv2DBackpropInput',
  compute: (ops, { dy, filter }) => inputGradient(ops, { dy, filter }, 1),
};

/** [x, dy] and the filter's size → gradient of the filter. */
export const conv2dBackpropFilter: NodeKernel = {
  name: 'DiffusionSslConv2DBackpropFilter',
  compute: (ops, { x, dy }, { size = 1 }) => filterGradient(ops, { x, dy }, size, 1),
};

/** [x, filter] → transposed convolution that doubles height and width: an input gradient. */
export const conv2dTranspose: NodeKernel = {
  name: 'DiffusionSslConv2DTranspose',
  compute: (ops, { x, filter }) => inputGradient(ops, { dy: x, filter }, 2),
};

/** [dy, filter] → gradient of its input. */
export const conv2dTransposeBackpropInput: NodeKernel = {
  name: 'DiffusionSslConv2DTransposeBackpropInput',
  compute: (ops, { dy, filter }) => forward(ops, { x: dy, filter }, 2),
};

/** [x, dy] and the filter's size → gradient of its filter. */
export const conv2dTransposeBackpropFilter: NodeKernel = {
  name: 'DiffusionSslConv2DTransposeBackpropFilter',
  compute: (ops, { x, dy }, { size = 2 }) => filterGradient(ops, { x: dy, dy: x }, size, 2),
};
