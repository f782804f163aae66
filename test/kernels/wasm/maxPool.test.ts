import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { upload } from '../../ops/checkOp.js';
import { type HostTensor, maxPool2d, randomTensor, zeros } from '../../ops/referenceOps.js';
import { expectIdentical, startKernels } from './checkKernel.js';

beforeAll(startKernels);

/** Each gradient at the first maximum of its cell. */
function reference(x: HostTensor, dy: HostTensor): HostTensor {
  const [, height, width, channels] = x.shape;
  const result = zeros(x.shape);
  dy.data.forEach((gradient, i) => {
    const c = i % channels;
    const column = Math.floor(i / channels) % (width / 2);
    const row = Math.floor(i / channels / (width / 2));
    const image = Math.floor(row / (height / 2));
    const corner = (image * height + 2 * (row % (height / 2))) * width + 2 * column;
    const cell = [0, 1, width, width + 1].map((offset) => (corner + offset) * channels + c);
    const values = cell.map((position) => x.data[position]);
    result.data[cell[values.indexOf(Math.max(...values))]] = gradient;
  });
  return result;
}

async function check(x: HostTensor): Promise<void> {
  const before = tf.memory().numTensors;
  const input = upload(x);
  const [y, argmax] = tf
    .engine()
    .runKernel('DiffusionSslMaxPool', { x: input }, {}) as unknown as tf.Tensor[];
  expectIdentical(await y.data(), Float32Array.from(maxPool2d(x).data));
  expect(y.shape).toEqual([x.shape[0], x.shape[1] / 2, x.shape[2] / 2, x.shape[3]]);
  const cotangent = randomTensor(y.shape, 2);
  const dy = upload(cotangent);
  const dx = tf.engine().runKernel('DiffusionSslMaxPoolGradient', { dy, argmax }, {}) as tf.Tensor;
  expect(dx.shape).toEqual(x.shape);
  expectIdentical(await dx.data(), Float32Array.from(reference(x, cotangent).data));
  tf.dispose([input, y, argmax, dy, dx]);
  expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
}

describe('max pool kernels', () => {
  it.each([
    { shape: [1, 2, 2, 1] },
    { shape: [3, 2, 6, 3] },
    { shape: [2, 64, 64, 16] },
    { shape: [1, 10, 2, 5] },
    { shape: [8, 4, 4, 259] },
  ])('$shape', ({ shape }) => check(randomTensor(shape, 1)));

  it('equal values and negative ones', async () => {
    const x = randomTensor([2, 8, 8, 6], 3);
    const coarse = x.data.map((value) => Math.round(value * 2) / 2 - 2);
    await check({ shape: x.shape, data: coarse.map((value) => (value === 0 ? 0 : value)) });
  });

  it('a value that is no number reaches the result, and takes the gradient', async () => {
    for (const channels of [1, 4]) {
      for (let i = 0; i < 4; i++) {
        const x = tf.tidy(() =>
          tf.tile(
            tf.tensor4d(
              [0, 1, 2, 3].map((j) => (i === j ? Number.NaN : j)),
              [1, 2, 2, 1],
            ),
            [1, 1, 1, channels],
          ),
        );
        const [y, argmax] = tf.engine().runKernel('DiffusionSslMaxPool', { x }, {}) as unknown as tf.Tensor[];
        expect(Array.from(await y.data())).toEqual(Array(channels).fill(Number.NaN));
        expect(Array.from(await argmax.data())).toEqual(Array(channels).fill(i));
      }
    }
  });

  it('any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(5), fc.nat(5), fc.nat(20)),
        ([batch, height, width, channels]) =>
          check(randomTensor([batch, 2 * height + 2, 2 * width + 2, channels + 1], 4)),
      ),
      { numRuns: 20 },
    ));
});
