import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { addRelu } from '../../src/ops/addRelu.js';
import { addToPixels } from '../../src/ops/addToPixels.js';
import { attention } from '../../src/ops/attention.js';
import { attentionGate } from '../../src/ops/attentionGate.js';
import { batchNormInference, batchNormTraining } from '../../src/ops/batchNorm.js';
import { biasAdd } from '../../src/ops/biasAdd.js';
import { concatChannels } from '../../src/ops/concatChannels.js';
import { conv2d } from '../../src/ops/conv2d.js';
import { downsampleConv2d } from '../../src/ops/downsampleConv2d.js';
import { type DropoutType, dropout } from '../../src/ops/dropout.js';
import { geglu } from '../../src/ops/geglu.js';
import { gelu } from '../../src/ops/gelu.js';
import { groupNorm } from '../../src/ops/groupNorm.js';
import { layerNorm } from '../../src/ops/layerNorm.js';
import { linear } from '../../src/ops/linear.js';
import { maxPool2d } from '../../src/ops/maxPool2d.js';
import { pixelShuffle } from '../../src/ops/pixelShuffle.js';
import { pixelUnshuffle } from '../../src/ops/pixelUnshuffle.js';
import { silu } from '../../src/ops/silu.js';
import { upsampleBilinear2d } from '../../src/ops/upsampleBilinear2d.js';
import { upsampleConv2d } from '../../src/ops/upsampleConv2d.js';
import { upload } from '../ops/checkOp.js';
import { randomTensor } from '../ops/referenceOps.js';

/**
 * An operation that is computed with kernels and without, and the shapes of its inputs for an activation of some shape.
 */
export interface Operation {
  shapes(shape: number[]): number[][];
  op(...inputs: tf.Tensor[]): tf.Tensor;
}

const side = (x: tf.Tensor, axis: number) => (x.shape as number[])[axis];
const image = (x: tf.Tensor) => x as tf.Tensor4D;
const vector = (x: tf.Tensor) => x as tf.Tensor1D;

const norm = (activation?: 'relu'): Operation => ({
  // Of two values a channel the gradient all but vanishes: what is left is rounding.
  shapes: ([b, h, w, c]) => [[b + 2, h, w, c], [c], [c]],
  op: (x, weight, bias) =>
    tf.tidy(() => batchNormTraining(image(x), vector(weight), vector(bias), { activation }).y),
});
const givenNorm = (activation?: 'relu'): Operation => ({
  shapes: (shape) => [shape, shape.slice(3), shape.slice(3)],
  op: (x, weight, bias) =>
    tf.tidy(() => {
      const channels = tf.range(1, side(x, 3) + 1);
      const [mean, variance] = [tf.sin(channels), tf.sqrt(channels)] as tf.Tensor1D[];
      const parameters = { weight: vector(weight), bias: vector(bias), mean, variance };
      return batchNormInference(image(x), parameters, { activation });
    }),
});
/** Of groups of two channels and more: with one value a group all of x's gradient is rounding. */
const grouped = (perSample: boolean, activation?: 'silu'): Operation => ({
  shapes: ([b, h, w, c]) => {
    const parameter = perSample ? [b, 2 * c] : [2 * c];
    return [[b, h + 1, w + 1, 2 * c], parameter, parameter];
  },
  op: (x, weight, bias) =>
    groupNorm(image(x), weight as tf.Tensor2D, bias as tf.Tensor2D, { groups: side(x, 3) / 2, activation }),
});

/** Of several heads, with more keys than queries or fewer, and values of a size of their own. */
const attend = (heads: number, mask?: (q: tf.Tensor, k: tf.Tensor) => tf.Tensor4D): Operation => ({
  shapes: ([b, h, w, c]) => [
    [b, 1 + h * w, heads * c],
    [b, 2 + 7 * h, heads * c],
    [b, 2 + 7 * h, heads * (1 + (c % 11))],
  ],
  op: (q, k, v) => {
    const [queries, keys, values] = [q, k, v] as tf.Tensor3D[];
    return attention(queries, keys, values, { heads, mask: mask?.(q, k) });
  },
});
const downsample = (padding: 'around' | 'after'): Operation => ({
  shapes: ([b, h, w, c]) => [[b, h + 1, w + 1, c], [3, 3, c, 1 + (c % 9)], [1 + (c % 9)]],
  op: (x, filter, bias) => downsampleConv2d(image(x), image(filter), vector(bias), { padding }),
});
/** With a bias, of each image where asked for, and what is added. */
const convolve = (size: number, perImage: boolean): Operation => ({
  shapes: ([b, h, w, c]) => {
    const channels = 1 + ((3 * c) % 40);
    return [
      [b, h, w, c],
      [size, size, c, channels],
      perImage ? [b, channels] : [channels],
      [b, h, w, channels],
    ];
  },
  op: (x, filter, bias, addend) => conv2d(image(x), image(filter), vector(bias), { addend: image(addend) }),
});
const random = (shape: number[]) => upload<tf.Rank.R4>(randomTensor(shape, 7));

const drop = (type: DropoutType): Operation => ({
  shapes: (shape) => [shape],
  op: (x) => dropout(image(x), { rate: 0.3, type, key: { seed: 2, stream: 3, step: 4 } }),
});

/** The operations that kernels of every backend may serve. */
export const operations: Record<string, Operation> = {
  attention: attend(1),
  'attention of three heads, a mask of the keys': attend(3, (q, k) => random([side(q, 0), 1, 1, side(k, 1)])),
  'attention of two heads, a mask of all': attend(2, (q, k) => random([1, 2, side(q, 1), side(k, 1)])),
  'attention of many heads': attend(16),
  'attention of many heads, a mask of all': attend(16, (q, k) => random([1, 16, side(q, 1), side(k, 1)])),
  'attention, a mask of the queries': attend(1, (q) => random([1, 1, side(q, 1), 1])),
  geglu: { shapes: ([b, h, w, c]) => [[b, h, w, 2 * c]], op: (x) => geglu(x) },
  gelu: { shapes: (shape) => [shape], op: (x) => gelu(tf.mul(x, 3)) },
  'gelu by tanh': { shapes: (shape) => [shape], op: (x) => gelu(tf.mul(x, 3), { approximate: 'tanh' }) },
  groupNorm: grouped(false),
  'groupNorm of each sample and SiLU': grouped(true, 'silu'),
  'groupNorm and SiLU': grouped(false, 'silu'),
  layerNorm: { shapes: ([b, h, w, c]) => [[b, h, w, c + 2]], op: (x) => layerNorm(x) },
  'layerNorm with weight and bias': {
    shapes: ([b, h, w, c]) => [[b, h, w, c + 2], [c + 2], [c + 2]],
    op: (x, weight, bias) => layerNorm(x, { weight: vector(weight), bias: vector(bias) }),
  },
  silu: { shapes: (shape) => [shape], op: (x) => silu(tf.mul(x, 20)) },
  addRelu: { shapes: (shape) => [shape, shape], op: (a, b) => addRelu(image(a), image(b)) },
  addToPixels: {
    shapes: ([b, h, w, c]) => [
      [b, h, w, c],
      [b, c],
    ],
    op: (x, shift) => addToPixels(image(x), shift as tf.Tensor2D),
  },
  attentionGate: {
    shapes: (shape) => [shape, [...shape.slice(0, 3), 1]],
    op: (x, logits) => attentionGate(image(x), image(logits)),
  },
  batchNormInference: givenNorm(),
  'batchNormInference and ReLU': givenNorm('relu'),
  batchNormTraining: norm(),
  'batchNormTraining and ReLU': norm('relu'),
  biasAdd: { shapes: (shape) => [shape, shape.slice(3)], op: (x, b) => biasAdd(image(x), vector(b)) },
  concatChannels: {
    shapes: ([b, h, w, c]) => [
      [b, h, w, c],
      [b, h, w, 1 + (c % 5)],
    ],
    op: (a, b) => concatChannels(image(a), image(b)),
  },
  'conv2d 1×1, bias and addend': convolve(1, false),
  'conv2d 1×1, a bias for each image, and an addend': convolve(1, true),
  'conv2d 3×3, bias and addend': convolve(3, false),
  'conv2d 3×3, a bias for each image, and an addend': convolve(3, true),
  'linear with an addend': {
    shapes: ([b, h, w, c]) => [[b, h * w, c], [c, 1 + (c % 19)], [1 + (c % 19)], [b, h * w, 1 + (c % 19)]],
    op: (x, weight, bias, addend) => linear(x, weight as tf.Tensor2D, vector(bias), { addend }),
  },
  'downsampleConv2d, zeros around': downsample('around'),
  'downsampleConv2d, zeros after': downsample('after'),
  dropout: drop('traditional'),
  'spatial dropout': drop('spatial'),
  maxPool2d: { shapes: ([b, h, w, c]) => [[b, 2 * h, 2 * w, c]], op: (x) => maxPool2d(image(x)) },
  pixelShuffle: { shapes: ([b, h, w, c]) => [[b, h, w, 4 * c]], op: (x) => pixelShuffle(image(x)) },
  pixelUnshuffle: {
    shapes: ([b, h, w, c]) => [[b, 2 * h, 2 * w, c]],
    op: (x) => pixelUnshuffle(image(x)),
  },
  'upsampleConv2d of fours of channels': {
    shapes: ([b, h, w, c]) => [[b, h, w, 4 * c], [3, 3, 4 * c, 4 + 4 * (c % 9)], [4 + 4 * (c % 9)]],
    op: (x, filter, bias) => upsampleConv2d(image(x), image(filter), vector(bias)),
  },
  upsampleConv2d: {
    shapes: ([b, h, w, c]) => [[b, h, w, c], [3, 3, c, 5], [5]],
    op: (x, filter, bias) => upsampleConv2d(image(x), image(filter), vector(bias)),
  },
  upsampleBilinear2d: { shapes: (shape) => [shape], op: (x) => upsampleBilinear2d(image(x)) },
};

/** Value and gradients on random inputs, and what they are. */
export function compute({ shapes, op }: Operation, shape: number[]): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const inputs = shapes(shape).map((each, i) => upload(randomTensor(each, i + 1)));
    const value = op(...inputs);
    const gradients = tf.grads(op)(inputs, upload(randomTensor(value.shape, 9)));
    return { value, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i}`, gradient])) };
  });
}

/** Shapes of activations. */
export const shapes: number[][] = [
  [1, 1, 1, 1],
  [2, 3, 5, 1],
  [3, 16, 16, 33],
  ...fc.sample(fc.tuple(...[3, 9, 9, 40].map((max) => fc.integer({ min: 1, max }))), {
    numRuns: 12,
    seed: 1,
  }),
];
