import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { biasAdd } from '../../src/ops/biasAdd.js';
import { conv2d } from '../../src/ops/conv2d.js';
import { upsampleBilinear2d } from '../../src/ops/upsampleBilinear2d.js';
import { startTestBackend } from '../support/backend.js';
import { checkOp, upload } from './checkOp.js';
import * as reference from './referenceOps.js';
import { type HostTensor, randomTensor } from './referenceOps.js';

beforeAll(startTestBackend);

/**
 * The wasm backend keeps a prepared matrix product for each second operand, found by its data alone: the same data seen
 * again as a matrix of another shape would be multiplied by the old one, past the end of the output.
 */
describe('one activation as operand of matrix products of different shapes', () => {
  const add = (...terms: HostTensor[]): HostTensor => ({
    shape: terms[0].shape,
    data: terms[0].data.map((_, i) => terms.reduce((sum, { data }) => sum + data[i], 0)),
  });

  it.each([
    { x: [1, 4, 6, 2], out: 3 },
    { x: [1, 2, 8, 4], out: 1 },
    { x: [2, 4, 4, 3], out: 3 },
  ])('x $x, $out channels out: upsampling, convolutions and bias of the same tensors', ({ x, out }) => {
    const channels = x[3];
    return checkOp({
      inputs: [
        randomTensor(x, 1),
        randomTensor([1, 1, channels, out], 2),
        randomTensor([3, 3, channels, out], 3),
        randomTensor([out], 4),
        randomTensor([1, 1, channels, out], 5),
      ],
      op: (...inputs) => {
        const [x, pointwise, filter, bias, late] = inputs as [
          tf.Tensor4D,
          tf.Tensor4D,
          tf.Tensor4D,
          tf.Tensor1D,
          tf.Tensor4D,
        ];
        return tf.tidy(() => {
          const early = upsampleBilinear2d(biasAdd(tf.add(conv2d(x, pointwise), conv2d(x, filter)), bias));
          return tf.add(early, conv2d(upsampleBilinear2d(x), late));
        });
      },
      reference: (...inputs) => {
        const [x, pointwise, filter, bias, late] = inputs;
        const sum = add(reference.conv2d(x, pointwise), reference.conv2d(x, filter));
        const early = reference.upsampleBilinear2d(reference.biasAdd(sum, bias));
        return add(early, reference.conv2d(reference.upsampleBilinear2d(x), late));
      },
    });
  });

  it('a tensor that was upsampled, as the gradient that comes into a pointwise convolution', async () => {
    const pointwise = (x: tf.Tensor, filter: tf.Tensor) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D);
    const inputs = [upload(randomTensor([1, 4, 6, 2], 6)), upload(randomTensor([1, 1, 2, 3], 7))];
    const dy = () => upload<tf.Rank.R4>(randomTensor([1, 4, 6, 3], 8));
    const gradients = async (dy: tf.Tensor) =>
      Promise.all(
        tf
          .grads(pointwise)(inputs, dy)
          .map((tensor) => tensor.data()),
      );
    const expected = await gradients(dy());
    const shared = dy();
    upsampleBilinear2d(shared);
    expect(await gradients(shared)).toEqual(expected);
  });
});
