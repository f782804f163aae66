/**
 * Prints a checksum of the values and gradients of convolutions, on as many threads as the
 * argument says, and ends by itself. `convolutionThreads.test.ts` runs it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from '../../../src/backends/node/initBackend.js';
import { conv2d } from '../../../src/ops/conv2d.js';
import { conv2dTranspose } from '../../../src/ops/conv2dTranspose.js';

const { threads, build } = await initBackend({ device: 'wasm', threads: Number(process.argv[2]) });

const fill = (shape: number[], k: number) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(k * i + 1)),
    shape,
  );
};
let checksum = 0;
const cases = [
  { image: [4, 32, 32, 16], filter: [3, 3, 16, 24], op: conv2d },
  { image: [8, 4, 4, 128], filter: [3, 3, 128, 64], op: conv2d },
  { image: [8, 2, 2, 64], filter: [3, 3, 64, 64], op: conv2d },
  { image: [2, 33, 17, 3], filter: [1, 1, 3, 5], op: conv2d },
  { image: [2, 48, 48, 5], filter: [3, 3, 5, 8], op: conv2d },
  { image: [4, 16, 16, 32], filter: [4, 4, 16, 32], op: conv2dTranspose },
  { image: [2, 5, 7, 6], filter: [4, 4, 9, 6], op: conv2dTranspose },
];
const stock = (stride: number) => (x: tf.Tensor4D, filter: tf.Tensor4D) =>
  tf.conv2d(x, filter, stride, 'same');
const depthwise = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.depthwiseConv2d(x, filter, 1, 'same');
const pooled = (x: tf.Tensor4D, rows: tf.Tensor) =>
  tf.sum(tf.mul(tf.maxPool(x, 3, 1, 'same'), tf.gather(rows, tf.range(0, x.shape[3], 1, 'int32'))));
const stockCases = [
  { image: [4, 32, 32, 16], filter: [3, 3, 16, 24], op: stock(1) },
  { image: [2, 33, 47, 7], filter: [5, 5, 7, 9], op: stock(2) },
  { image: [4, 33, 32, 40], filter: [3, 3, 40, 1], op: depthwise },
  { image: [4, 33, 32, 40], filter: [50], op: pooled },
];
for (const { image, filter, op } of [...cases, ...stockCases]) {
  for (let repeat = 0; repeat < 5; repeat++) {
    const gradients = tf.valueAndGrads((x, f) => tf.sum(tf.square(op(x as tf.Tensor4D, f as tf.Tensor4D))));
    const { value, grads } = gradients([fill(image, 0.7), fill(filter, 1.3)]);
    for (const tensor of [value, ...grads]) {
      const words = new Int32Array(Float32Array.from(await tensor.data()).buffer);
      for (const word of words) checksum = (Math.imul(checksum, 31) + word) | 0;
    }
  }
}
console.log(JSON.stringify({ threads, build, checksum }));
