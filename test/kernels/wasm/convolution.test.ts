import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { upload } from '../../ops/checkOp.js';
import { type HostTensor, randomTensor } from '../../ops/referenceOps.js';
import { checkKernel, expectIdentical, startKernels } from './checkKernel.js';
import { correlate, filterGradient, spread } from './referenceConvolution.js';

beforeAll(startKernels);

/** Batch, height and width of the narrow side, its channels, those of the wide side, and the filter's size. */
interface Shape {
  image: [number, number, number];
  wide: number;
  narrow: number;
  size: number;
}

/** A convolution and its two gradients, or where the wide side is the output those of a transposed convolution. */
async function check({ image, wide, narrow, size }: Shape, transposed: boolean, shift = 0): Promise<void> {
  const stride = transposed ? 2 : 1;
  const [batch, height, width] = image;
  const shifted = ({ shape, data }: HostTensor) => ({ shape, data: data.map((v) => Math.fround(v + shift)) });
  const a = shifted(randomTensor([batch, height * stride, width * stride, wide], 1));
  const b = shifted(randomTensor([batch, height, width, narrow], 2));
  const filter = shifted(randomTensor([size, size, wide, narrow], 3));
  const kernel = (part: string) => `DiffusionSslConv2D${transposed ? 'Transpose' : ''}${part}`;
  const [x, dy] = transposed ? [b, a] : [a, b];
  const [forward, backward] = transposed ? [spread, correlate] : [correlate, spread];
  await checkKernel({ name: kernel(''), inputs: { x, filter }, expected: [forward(x, filter, stride)] });
  await checkKernel({
    name: kernel('BackpropInput'),
    inputs: { dy, filter },
    expected: [backward(dy, filter, stride)],
  });
  await checkKernel({
    name: kernel('BackpropFilter'),
    inputs: { x, dy },
    attributes: { size },
    expected: [filterGradient(a, b, size)],
  });
}

describe('convolution kernels', () => {
  it.each<Shape>([
    { image: [1, 1, 1], wide: 1, narrow: 1, size: 1 },
    { image: [1, 1, 1], wide: 4, narrow: 4, size: 3 },
    { image: [1, 4, 4], wide: 4, narrow: 4, size: 3 },
    { image: [2, 2, 2], wide: 32, narrow: 24, size: 3 },
    { image: [8, 2, 2], wide: 20, narrow: 36, size: 3 },
    { image: [1, 5, 7], wide: 4, narrow: 12, size: 3 },
    { image: [3, 9, 6], wide: 12, narrow: 20, size: 3 },
    { image: [2, 13, 3], wide: 16, narrow: 28, size: 3 },
    { image: [1, 17, 19], wide: 3, narrow: 5, size: 3 },
    { image: [2, 32, 32], wide: 8, narrow: 16, size: 3 },
    { image: [2, 8, 8], wide: 96, narrow: 68, size: 3 },
    { image: [1, 7, 7], wide: 128, narrow: 132, size: 3 },
    { image: [1, 64, 96], wide: 4, narrow: 4, size: 3 },
    { image: [3, 27, 22], wide: 28, narrow: 84, size: 3 },
    { image: [1, 45, 47], wide: 20, narrow: 12, size: 3 },
    { image: [9, 7, 11], wide: 52, narrow: 36, size: 3 },
    { image: [2, 40, 33], wide: 1, narrow: 2, size: 5 },
    { image: [2, 16, 16], wide: 32, narrow: 1, size: 1 },
    { image: [3, 5, 5], wide: 7, narrow: 9, size: 1 },
    { image: [1, 70, 70], wide: 16, narrow: 8, size: 1 },
  ])('$image, $wide and $narrow channels, size $size', (shape) => check(shape, false));

  it('sums of one sign', () => check({ image: [2, 16, 16], wide: 64, narrow: 32, size: 3 }, false, 4));

  it('any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(
          fc.integer({ min: 1, max: 3 }),
          fc.integer({ min: 1, max: 14 }),
          fc.integer({ min: 1, max: 14 }),
        ),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(1, 3, 3, 3, 5),
        fc.constantFrom(1, 4),
        (...[image, wide, narrow, size, multiple]) =>
          check({ image, wide: wide * multiple, narrow: narrow * multiple, size }, false),
      ),
      { numRuns: 40 },
    ));
});

describe('convolution kernels with bias', () => {
  /** Shapes that go directly and by Winograd's algorithm, by all tiles or all of the filter first. */
  const shapes: Shape[] = [
    { image: [3, 9, 6], wide: 12, narrow: 20, size: 3 },
    { image: [2, 32, 30], wide: 20, narrow: 44, size: 3 },
    { image: [2, 8, 7], wide: 96, narrow: 172, size: 3 },
    { image: [5, 2, 2], wide: 20, narrow: 36, size: 3 },
    { image: [3, 17, 19], wide: 7, narrow: 13, size: 1 },
    { image: [2, 1, 500], wide: 33, narrow: 200, size: 1 },
  ];

  it.each(shapes)('$image, $wide and $narrow channels, size $size', async ({ image, wide, narrow, size }) => {
    const x = randomTensor([...image, wide], 1);
    const filter = randomTensor([size, size, wide, narrow], 2);
    const sum = correlate(x, filter, 1);
    const addend = randomTensor(sum.shape, 4);
    const ofImage = sum.data.length / image[0];
    for (const [shape, ...inputs] of [
      [[narrow], addend],
      [[image[0], narrow]],
      [[image[0], narrow], addend],
    ]) {
      const bias = randomTensor(shape as number[], 3);
      const added = inputs[0] as HostTensor | undefined;
      const data = sum.data.map((value, i) => {
        const row = bias.shape.length > 1 ? Math.floor(i / ofImage) : 0;
        return value + bias.data[row * narrow + (i % narrow)] + (added?.data[i] ?? 0);
      });
      await checkKernel({
        name: 'DiffusionSslConv2DBias',
        inputs: { x, filter, bias, ...(added && { addend: added }) },
        expected: [{ shape: sum.shape, data }],
      });
    }
  });

  it.each(shapes)('$image, $wide and $narrow: the bits of convolution and bias apart', async (shape) => {
    const [x, filter, bias] = [
      [...shape.image, shape.wide],
      [shape.size, shape.size, shape.wide, shape.narrow],
      [shape.narrow],
    ].map((each, i) => upload(randomTensor(each, i + 1)));
    const run = (name: string, inputs: Record<string, tf.Tensor>) =>
      tf.engine().runKernel(name, inputs) as tf.Tensor;
    const apart = tf.tidy(() =>
      run('DiffusionSslBiasAdd', { x: run('DiffusionSslConv2D', { x, filter }), bias }),
    );
    const y = run('DiffusionSslConv2DBias', { x, filter, bias });
    expectIdentical(await y.data(), await apart.data());
    tf.dispose([x, filter, bias, apart, y]);
  });
});

describe('transposed convolution kernels', () => {
  it.each<Shape>([
    { image: [1, 1, 1], wide: 1, narrow: 1, size: 2 },
    { image: [1, 1, 1], wide: 3, narrow: 2, size: 4 },
    { image: [2, 3, 5], wide: 4, narrow: 3, size: 4 },
    { image: [2, 3, 5], wide: 8, narrow: 16, size: 2 },
    { image: [8, 2, 2], wide: 32, narrow: 64, size: 4 },
    { image: [1, 17, 13], wide: 9, narrow: 10, size: 4 },
    { image: [2, 32, 32], wide: 8, narrow: 4, size: 4 },
    { image: [2, 17, 23], wide: 18, narrow: 36, size: 4 },
    { image: [8, 4, 4], wide: 64, narrow: 128, size: 4 },
  ])('$image, $wide and $narrow channels, size $size', (shape) => check(shape, true));

  it('any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(
          fc.integer({ min: 1, max: 3 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
        ),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(2, 4),
        (image, wide, narrow, size) => check({ image, wide, narrow, size }, true),
      ),
      { numRuns: 30 },
    ));
});
