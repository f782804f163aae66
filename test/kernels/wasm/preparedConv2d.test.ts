import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { PreparedConv2d } from '../../../src/ops/PreparedConv2d.js';
import { upload } from '../../ops/checkOp.js';
import { type HostTensor, randomTensor } from '../../ops/referenceOps.js';
import { expectAgreement, startKernels } from './checkKernel.js';
import { correlate, spread } from './referenceConvolution.js';

beforeAll(startKernels);

interface Shape {
  image: [number, number, number];
  inChannels: number;
  outChannels: number;
  size: number;
}

/** A prepared convolution against the sums in float64, at the first call and at the second, with ReLU and without. */
async function check({ image, inChannels, outChannels, size }: Shape, transpose: boolean): Promise<void> {
  const x = randomTensor([...image, inChannels], 1);
  const channels = transpose ? [outChannels, inChannels] : [inChannels, outChannels];
  const filter = randomTensor([size, size, ...channels], 2);
  const bias = randomTensor([outChannels], 3);
  const sum = transpose ? spread(x, filter, 2) : correlate(x, filter, 1);
  const before = tf.memory().numTensors;
  for (const activation of ['relu', undefined] as const) {
    const tensors = [filter, bias].map(upload) as [tf.Tensor4D, tf.Tensor1D];
    const convolution = new PreparedConv2d(...tensors, { transpose, activation });
    const expected = sum.data.map((v, i) => {
      const shifted = v + bias.data[i % outChannels];
      return activation ? Math.max(0, shifted) : shifted;
    });
    for (const call of ['first', 'second']) {
      const input = upload(x) as tf.Tensor4D;
      const y = convolution.apply(input);
      expect(y.shape).toEqual(sum.shape);
      expectAgreement(await y.data(), expected, `${call} call, activation ${activation}`);
      tf.dispose([input, y]);
    }
    convolution.dispose();
    tf.dispose(tensors);
  }
  expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
}

describe('prepared convolutions', () => {
  it.each<Shape>([
    { image: [1, 1, 1], inChannels: 1, outChannels: 1, size: 1 },
    { image: [2, 16, 16], inChannels: 32, outChannels: 1, size: 1 },
    { image: [3, 9, 6], inChannels: 12, outChannels: 20, size: 3 },
    { image: [1, 17, 19], inChannels: 3, outChannels: 5, size: 3 },
    { image: [8, 2, 2], inChannels: 20, outChannels: 36, size: 3 },
    { image: [2, 40, 33], inChannels: 1, outChannels: 2, size: 5 },
    // By Winograd's algorithm, with many tiles and with few.
    { image: [3, 27, 22], inChannels: 28, outChannels: 84, size: 3 },
    { image: [4, 32, 32], inChannels: 20, outChannels: 12, size: 3 },
    { image: [2, 8, 8], inChannels: 96, outChannels: 68, size: 3 },
    { image: [1, 7, 7], inChannels: 128, outChannels: 132, size: 3 },
  ])('$image, $inChannels to $outChannels channels, size $size', (shape) => check(shape, false));

  it.each<Shape>([
    { image: [2, 5, 7], inChannels: 6, outChannels: 9, size: 4 },
    { image: [3, 4, 4], inChannels: 16, outChannels: 12, size: 2 },
    { image: [8, 2, 2], inChannels: 64, outChannels: 36, size: 4 },
    // By Winograd's algorithm, the four phases together.
    { image: [4, 16, 16], inChannels: 32, outChannels: 16, size: 4 },
    { image: [2, 23, 21], inChannels: 16, outChannels: 20, size: 4 },
  ])('transposed, $image, $inChannels to $outChannels channels, size $size', (shape) => check(shape, true));
});

it('an input of another shape is computed as if it were the first', async () => {
  const filter: HostTensor = randomTensor([3, 3, 24, 24], 1);
  const bias = tf.zeros<tf.Rank.R1>([24]);
  const convolution = new PreparedConv2d(upload(filter) as tf.Tensor4D, bias);
  for (const image of [
    [2, 32, 32],
    [1, 4, 4],
    [2, 32, 32],
  ]) {
    const x = randomTensor([...image, 24], 2);
    const y = convolution.apply(upload(x) as tf.Tensor4D);
    expectAgreement(await y.data(), correlate(x, filter, 1).data, `${image}`);
  }
  convolution.dispose();
});
