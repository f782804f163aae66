import * as tf from '@tensorflow/tfjs-core';

const BACKEND = 'tensorflow';

type Shape4 = [number, number, number, number];
type Inputs = Record<string, tf.TensorInfo>;

/** Runs a kernel that tfjs-node brings. */
function native(kernelName: string, inputs: Inputs, attrs: object): tf.TensorInfo {
  const { kernelFunc } = tf.getKernel(kernelName, BACKEND);
  return kernelFunc({
    inputs,
    attrs: attrs as tf.NamedAttrMap,
    backend: tf.backend(),
  }) as tf.TensorInfo;
}

const convolution = (strides: number) => ({ strides, pad: 'same', dataFormat: 'NHWC', dilations: 1 });

/** Shape of a filter of `size` × `size`. */
const filterShape = (size: number, from: tf.TensorInfo, to: tf.TensorInfo): Shape4 => [
  size,
  size,
  from.shape[3],
  to.shape[3],
];

/**
 * TensorFlow's own gradients under the names that the operations of `ops/` look up. For strides of 2, "same" padding is
 * that of torch's transposed convolutions of 2×2 and 4×4.
 */
const kernels: Record<string, (inputs: Inputs, size: number) => tf.TensorInfo> = {
  DiffusionSslConv2DBackpropInput: ({ dy, filter }) => {
    const inputShape = [...dy.shape.slice(0, 3), filter.shape[2]];
    return native('Conv2DBackpropInput', { dy, filter }, { ...convolution(1), inputShape });
  },
  DiffusionSslConv2DBackpropFilter: ({ x, dy }, size) =>
    native('Conv2DBackpropFilter', { x, dy }, { ...convolution(1), filterShape: filterShape(size, x, dy) }),
  DiffusionSslConv2DTranspose: ({ x, filter }) => {
    const [batch, height, width] = x.shape;
    const inputShape = [batch, 2 * height, 2 * width, filter.shape[2]];
    return native('Conv2DBackpropInput', { dy: x, filter }, { ...convolution(2), inputShape });
  },
  DiffusionSslConv2DTransposeBackpropInput: ({ dy, filter }) =>
    native('Conv2D', { x: dy, filter }, convolution(2)),
  DiffusionSslConv2DTransposeBackpropFilter: ({ x, dy }, size) =>
    native(
      'Conv2DBackpropFilter',
      { x: dy, dy: x },
      { ...convolution(2), filterShape: filterShape(size, dy, x) },
    ),
  DiffusionSslChannelSum: ({ x }) => native('Sum', { x }, { axis: [0, 1, 2], keepDims: false }),
};

/**
 * Registers TensorFlow's own gradients of convolutions for the backend of tfjs-node: the composed ones, made for
 * backends that have none, are slower there.
 */
export function registerNodeKernels(): void {
  for (const [kernelName, compute] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, BACKEND)) continue;
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs }) => compute(inputs as Inputs, (attrs as { size?: number })?.size ?? 0),
    });
  }
}
