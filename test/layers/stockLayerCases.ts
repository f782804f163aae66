import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** Layers of tf.layers, or a function of stock operations, and what they are applied to. */
export interface StockCase {
  name: string;
  /** Shapes of its inputs, batch included. */
  inputs: number[][];
  layer: () => tfl.layers.Layer | ((...inputs: tf.Tensor[]) => tf.Tensor);
  /** The input holds integers below this, which have no gradient. */
  indices?: number;
  /**
   * Values lie further apart than the differences that are tried, so that what is greatest stays so: all below zero if
   * `'negative'`.
   */
  apart?: boolean | 'negative';
  training?: boolean;
  /** The wasm backend lacks it, without the kernels. */
  needsKernels?: boolean;
  /** Backends whose own operations are wrong here. */
  wrongOn?: readonly string[];
}

const image = [2, 6, 5, 3];
type More = Partial<StockCase>;

const one = (name: string, input: number[], layer: StockCase['layer'], more: More = {}): StockCase => ({
  name,
  inputs: [input],
  layer,
  ...more,
});

const { layers } = tfl;
const kernels = { needsKernels: true };
const conv2d = (
  name: string,
  input: number[],
  options: Partial<Parameters<typeof layers.conv2d>[0]>,
): StockCase =>
  one(`conv2d ${name}`, input, () => layers.conv2d({ filters: 4, kernelSize: 3, ...options }), kernels);
const conv1d = (name: string, options: Partial<Parameters<typeof layers.conv1d>[0]>): StockCase =>
  one(`conv1d ${name}`, [2, 9, 3], () => layers.conv1d({ filters: 4, kernelSize: 3, ...options }), kernels);
const transpose = (
  kernelSize: number | [number, number],
  strides: number | [number, number],
  padding: 'same' | 'valid',
): StockCase =>
  one(
    `conv2dTranspose ${kernelSize} stride ${strides} ${padding}`,
    [2, 3, 4, 3],
    () => layers.conv2dTranspose({ filters: 4, kernelSize, strides, padding }),
    kernels,
  );
const depthwise = (
  name: string,
  input: number[],
  options: Partial<Parameters<typeof layers.depthwiseConv2d>[0]>,
): StockCase =>
  one(
    `depthwiseConv2d ${name}`,
    input,
    () => layers.depthwiseConv2d({ kernelSize: 3, ...options } as never),
    kernels,
  );

/** Of a function, since those of tf.layers have an activation with a kink, or no gradient. */
const dilated = (
  dilation: [number, number],
  pad: 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]],
): StockCase => ({
  name: `tf.conv2d dilated ${dilation} ${pad}`,
  inputs: [
    [2, 8, 7, 3],
    [3, 2, 3, 4],
  ],
  layer: () => (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad, 'NHWC', dilation),
});

const convolutions: StockCase[] = [
  conv1d('valid', {}),
  conv1d('stride 2 same', { strides: 2, padding: 'same' }),
  conv2d('valid', image, {}),
  conv2d('same', image, { padding: 'same' }),
  conv2d('1×1', image, { kernelSize: 1 }),
  conv2d('1×1 stride 2', image, { kernelSize: 1, strides: 2 }),
  conv2d('2×3 stride [2, 1] same', image, { kernelSize: [2, 3], strides: [2, 1], padding: 'same' }),
  conv2d('stride 2 same', image, { strides: 2, padding: 'same', activation: 'tanh' }),
  conv2d('stride 2 same of an even size', [2, 6, 4, 3], { strides: 2, padding: 'same' }),
  conv2d('4×4 stride 2 same', [2, 6, 4, 3], { kernelSize: 4, strides: 2, padding: 'same' }),
  conv2d('3×2 stride 3', [2, 8, 7, 3], { kernelSize: [3, 2], strides: 3 }),
  conv2d('patches', [2, 8, 8, 3], { kernelSize: 4, strides: 4, useBias: false }),
  conv2d('channels first', [2, 3, 6, 5], { dataFormat: 'channelsFirst', padding: 'same' }),
  ...[
    dilated([2, 1], 'same'),
    dilated([3, 3], 'valid'),
    dilated(
      [1, 2],
      [
        [0, 0],
        [1, 0],
        [0, 2],
        [0, 0],
      ],
    ),
  ],
  { ...conv1d('dilated', { dilationRate: 2 }), needsKernels: false },
  transpose(2, 2, 'valid'),
  transpose(2, 2, 'same'),
  transpose(4, 2, 'same'),
  transpose(3, 2, 'same'),
  transpose([3, 2], [1, 3], 'valid'),
  one(
    'separableConv2d same',
    image,
    () => layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', depthMultiplier: 2 }),
    kernels,
  ),
  one(
    'separableConv2d stride 2',
    image,
    () => layers.separableConv2d({ filters: 4, kernelSize: 3, strides: 2 }),
    kernels,
  ),
  one(
    'separableConv2d dilated',
    image,
    () =>
      layers.separableConv2d({
        filters: 4,
        kernelSize: 3,
        dilationRate: 2,
        padding: 'same',
        depthMultiplier: 2,
      }),
    kernels,
  ),
  {
    name: 'tf.depthwiseConv2d dilated',
    inputs: [
      [2, 7, 8, 3],
      [3, 2, 3, 2],
    ],
    layer: () => (x, filter) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same', 'NHWC', [1, 3]),
  },
  depthwise('same', [2, 6, 5, 9], { padding: 'same' }),
  depthwise('valid', [2, 6, 5, 16], {}),
  depthwise('3×2 stride 2, two each', image, { kernelSize: [3, 2], strides: 2, depthMultiplier: 2 }),
  depthwise('5×5 stride 2 same', image, { kernelSize: 5, strides: 2, padding: 'same', activation: 'tanh' }),
];

const smooth = ['sigmoid', 'softplus', 'tanh', 'softmax', 'logSoftmax', 'swish', 'mish', 'gelu', 'gelu_new'];
const kinked = ['relu', 'relu6', 'elu', 'selu', 'hardSigmoid', 'softsign', 'linear'];
const apart = { apart: true };

const activations: StockCase[] = [
  ...[...smooth, ...kinked].map((name) =>
    one(
      `activation ${name}`,
      image,
      () => layers.activation({ activation: name as 'relu' }),
      kinked.includes(name) ? apart : {},
    ),
  ),
  one('leakyReLU', image, () => layers.leakyReLU({ alpha: 0.1 }), apart),
  one('elu', image, () => layers.elu(), apart),
  one('reLU of a maximum', image, () => layers.reLU({ maxValue: 0.5 }), apart),
  one('thresholdedReLU', image, () => layers.thresholdedReLU({ theta: 0.3 }), apart),
  one('softmax', image, () => layers.softmax({ axis: -1 })),
  one('prelu', image, () => layers.prelu({}), apart),
  one('prelu of shared axes', image, () => layers.prelu({ sharedAxes: [1, 2] }), apart),
];

const norms: StockCase[] = [
  ...[true, false].flatMap((training) =>
    [image, [3, 6, 3], [6, 3]].map((input) =>
      one(
        `batchNormalization of rank ${input.length}${training ? ' in training' : ''}`,
        input,
        () => layers.batchNormalization(),
        { training },
      ),
    ),
  ),
  one('layerNormalization', [2, 3, 4, 6], () => layers.layerNormalization()),
  one('layerNormalization of rank 2', [4, 8], () => layers.layerNormalization()),
  one('layerNormalization of several axes', image, () => layers.layerNormalization({ axis: [1, 2, 3] })),
];

const maxPool = (
  name: string,
  options: Partial<Parameters<typeof layers.maxPooling2d>[0]>,
  more: More = {},
): StockCase =>
  one(`maxPooling2d ${name}`, image, () => layers.maxPooling2d(options as never), { ...apart, ...more });
const negative = { apart: 'negative', needsKernels: true } as const;
/** These count the padding in the gradient, and not in the mean. */
const padded = { needsKernels: true, wrongOn: ['cpu', 'webgpu'] };

const pools: StockCase[] = [
  one('maxPooling1d', [2, 7, 3], () => layers.maxPooling1d({ poolSize: 2, strides: 2 }), negative),
  maxPool('2×2', { poolSize: 2 }, negative),
  maxPool('3×3 stride 2 same', { poolSize: 3, strides: 2, padding: 'same' }, negative),
  maxPool('3×3 stride 1 same', { poolSize: 3, strides: [1, 1], padding: 'same' }, negative),
  maxPool('3×2 stride [1, 2]', { poolSize: [3, 2], strides: [1, 2] }, negative),
  maxPool('1×1 stride 2', { poolSize: [1, 1], strides: [2, 2] }, negative),
  one('averagePooling1d', [2, 7, 3], () => layers.averagePooling1d({ poolSize: 2, strides: 2 })),
  one('averagePooling2d', image, () => layers.averagePooling2d({ poolSize: 2 })),
  one(
    'averagePooling2d 3×3 stride 2 same',
    image,
    () => layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' } as never),
    padded,
  ),
  one(
    'averagePooling2d 3×2 stride 1 same',
    image,
    () => layers.averagePooling2d({ poolSize: [3, 2], strides: [1, 1], padding: 'same' }),
    padded,
  ),
  one('globalAveragePooling1d', [2, 6, 3], () => layers.globalAveragePooling1d({} as never)),
  one('globalAveragePooling2d', image, () => layers.globalAveragePooling2d({})),
  one('globalMaxPooling1d', [2, 6, 3], () => layers.globalMaxPooling1d({} as never), { apart: 'negative' }),
  one('globalMaxPooling2d', image, () => layers.globalMaxPooling2d({}), { apart: 'negative' }),
];

/** tfjs' cpu backend takes height for width in these gradients. */
const resized = { wrongOn: ['cpu'] };

const shapes: StockCase[] = [
  one('upSampling2d nearest', image, () => layers.upSampling2d({ size: [2, 3] }), resized),
  one(
    'upSampling2d bilinear',
    image,
    () => layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
    resized,
  ),
  one('resizing', image, () => layers.resizing({ height: 9, width: 4 }), resized),
  one(
    'resizing nearest',
    image,
    () => layers.resizing({ height: 9, width: 4, interpolation: 'nearest' }),
    resized,
  ),
  one('zeroPadding2d', image, () =>
    layers.zeroPadding2d({
      padding: [
        [1, 2],
        [0, 3],
      ],
    }),
  ),
  one('cropping2D', image, () =>
    layers.cropping2D({
      cropping: [
        [1, 2],
        [0, 1],
      ],
    }),
  ),
  one('flatten', image, () => layers.flatten()),
  one('reshape', image, () => layers.reshape({ targetShape: [10, 9] })),
  one('permute', image, () => layers.permute({ dims: [3, 1, 2] })),
  one('repeatVector', [2, 4], () => layers.repeatVector({ n: 3 })),
  one('rescaling', image, () => layers.rescaling({ scale: 3, offset: 1 })),
];

const merge = (name: 'add' | 'average' | 'multiply' | 'maximum' | 'minimum', more: More = {}): StockCase => ({
  name,
  inputs: [image, image],
  layer: () => layers[name](),
  ...more,
});

const merges: StockCase[] = [
  ...[merge('add'), merge('average'), merge('multiply'), merge('maximum', apart), merge('minimum', apart)],
  { name: 'concatenate', inputs: [image, [2, 6, 5, 2]], layer: () => layers.concatenate() },
  {
    name: 'concatenate of rows',
    inputs: [image, [2, 2, 5, 3]],
    layer: () => layers.concatenate({ axis: 1 }),
  },
  {
    name: 'dot',
    inputs: [
      [3, 5],
      [3, 5],
    ],
    layer: () => layers.dot({ axes: -1 }),
  },
  {
    name: 'dot of rank 3',
    inputs: [
      [2, 4, 5],
      [2, 3, 5],
    ],
    layer: () => layers.dot({ axes: 2 }),
  },
];

const embedding = () => layers.embedding({ inputDim: 5, outputDim: 6 });

const others: StockCase[] = [
  one('dense', [3, 5], () => layers.dense({ units: 4, activation: 'tanh' })),
  one('dense of pixels', image, () => layers.dense({ units: 4 })),
  one('embedding', [3, 4], embedding, { ...kernels, indices: 5 }),
  one('embedding of one number', [7, 1], embedding, { ...kernels, indices: 5 }),
  one('timeDistributed', [2, 3, 5], () => layers.timeDistributed({ layer: layers.dense({ units: 4 }) })),
  one('dropout', image, () => layers.dropout({ rate: 0.3, seed: 3 }), { training: true }),
  one('spatialDropout1d', [2, 6, 3], () => layers.spatialDropout1d({ rate: 0.3, seed: 3 }), {
    training: true,
  }),
  {
    name: 'attention of matMul and softmax',
    inputs: [
      [2, 4, 3],
      [2, 5, 3],
      [2, 5, 3],
    ],
    layer: () => (q, k, v) => tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), 0.5)), v),
  },
  {
    name: 'attention of einsum',
    inputs: [
      [2, 4, 2, 3],
      [2, 5, 2, 3],
      [2, 5, 2, 3],
    ],
    layer: () => (q, k, v) => tf.einsum('bhqk,bkhd->bqhd', tf.softmax(tf.einsum('bqhd,bkhd->bhqk', q, k)), v),
    needsKernels: true,
  },
  ...[
    ['ij,jk->ik', [3, 4], [4, 5]],
    ['ij,kj->ik', [3, 4], [5, 4]],
    ['bij,bkj->kb', [2, 3, 4], [2, 5, 4]],
    ['ij,ij->', [3, 4], [3, 4]],
    ['i,j->ji', [3], [4]],
    ['abc->ca', [2, 3, 4]],
  ].map(
    ([equation, ...inputs]): StockCase => ({
      name: `einsum ${equation}`,
      inputs: inputs as number[][],
      layer:
        () =>
        (...tensors) =>
          tf.einsum(equation as string, ...tensors),
      needsKernels: true,
      // The cpu backend takes no letter that one tensor alone has.
      wrongOn: equation === 'bij,bkj->kb' ? ['cpu'] : [],
    }),
  ),
  ...[
    [1, 3, 2],
    [4, 1, 1],
    [2, 3, 4],
    [1, 1, 1],
  ].map((reps) => one(`tile ${reps}`, [2, 1, 3], () => (x) => tf.tile(x, reps))),
  one('where', [4, 5], () => (x) => tf.where(tf.greater(x, 0), tf.square(x), x), apart),
  one(
    'gather along columns',
    [2, 5, 3],
    () => (x) => tf.gather(x, tf.tensor1d([4, 1, 1, 0], 'int32'), 1),
    kernels,
  ),
];

export const stockCases: readonly StockCase[] = [
  ...[...convolutions, ...activations, ...norms, ...pools, ...shapes, ...merges, ...others],
];
