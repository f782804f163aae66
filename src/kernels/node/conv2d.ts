import { type Attribute, attribute, FLOAT } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

/** Attributes of a convolution whose padding is TensorFlow's "same": for an even height and width and stride 2 it is torch's too. */
function convolution(stride: number): readonly Attribute[] {
  return [
    ...FLOAT,
    attribute('strides', 'int', [1, stride, stride, 1]),
    attribute('padding', 'string', 'SAME'),
    attribute('data_format', 'string', 'NHWC'),
  ];
}

const [STRIDE_1, STRIDE_2] = [convolution(1), convolution(2)];

/** [x, filter] → convolution with stride 1 that keeps height and width. */
export const conv2d: NodeKernel = {
  name: 'DiffusionSslConv2D',
  compute: (ops, { x, filter }) => ops.run('Conv2D', STRIDE_1, x, filter),
};

/** [dy, filter] → gradient of the input. */
export const conv2dBackpropInput: NodeKernel = {
  name: 'DiffusionSslConv2DBackpropInput',
  compute(ops, { dy, filter }) {
    const shape = ops.int32([...dy.shape.slice(0, 3), filter.shape[2]]);
    return ops.run('Conv2DBackpropInput', STRIDE_1, shape, filter, dy);
  },
};

/** [x, dy] and the filter's size → gradient of the filter. */
export const conv2dBackpropFilter: NodeKernel = {
  name: 'DiffusionSslConv2DBackpropFilter',
  compute(ops, { x, dy }, { size = 1 }) {
    const shape = ops.int32([size, size, x.shape[3], dy.shape[3]]);
    return ops.run('Conv2DBackpropFilter', STRIDE_1, x, shape, dy);
  },
};

/** [x, filter] → transposed convolution that doubles height and width. */
export const conv2dTranspose: NodeKernel = {
  name: 'DiffusionSslConv2DTranspose',
  compute(ops, { x, filter }) {
    const [batch, height, width] = x.shape;
    const shape = ops.int32([batch, 2 * height, 2 * width, filter.shape[2]]);
    return ops.run('Conv2DBackpropInput', STRIDE_2, shape, filter, x);
  },
};

/** [dy, filter] → gradient of its input. */
export const conv2dTransposeBackpropInput: NodeKernel = {
  name: 'DiffusionSslConv2DTransposeBackpropInput',
  compute: (ops, { dy, filter }) => ops.run('Conv2D', STRIDE_2, dy, filter),
};

/** [x, dy] and the filter's size → gradient of its filter. */
export const conv2dTransposeBackpropFilter: NodeKernel = {
  name: 'DiffusionSslConv2DTransposeBackpropFilter',
  compute(ops, { x, dy }, { size = 2 }) {
    const shape = ops.int32([size, size, dy.shape[3], x.shape[3]]);
    return ops.run('Conv2DBackpropFilter', STRIDE_2, dy, shape, x);
  },
};
