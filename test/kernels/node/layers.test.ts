import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { EagerOps } from '../../../src/kernels/node/EagerOps.js';
import { registerNodeKernels } from '../../../src/kernels/node/registerNodeKernels.js';
import { attention } from '../../../src/ops/attention.js';
import { batchNormTraining } from '../../../src/ops/batchNorm.js';
import { conv2d } from '../../../src/ops/conv2d.js';
import { dropout } from '../../../src/ops/dropout.js';
import { groupNorm } from '../../../src/ops/groupNorm.js';
import { layerNorm } from '../../../src/ops/layerNorm.js';
import { upload } from '../../ops/checkOp.js';
import { randomTensor } from '../../ops/referenceOps.js';
import { expectAgreement, expectIdentical } from '../wasm/checkKernel.js';
import { startNode } from './startNode.js';

const reason = await startNode();

/** Value and gradients of an operation, without kernels and with them. */
async function compare(op: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): Promise<void> {
  const body = () => {
    const value = op(...inputs);
    return [value, ...tf.grads(op)(inputs, upload(randomTensor(value.shape, 9)))];
  };
  const composed = tf.tidy(body);
  const unregister = registerNodeKernels();
  const computed = tf.tidy(body);
  unregister();
  for (const [i, tensor] of computed.entries()) {
    expectAgreement(await tensor.data(), await composed[i].data(), `result ${i}`);
  }
  tf.dispose([composed, computed, inputs]);
}

describe.skipIf(reason)(`the addon's own operations${reason ? ` (${reason})` : ''}`, () => {
  it('are registered where `setup:tfjs-node` has built the addon', () => {
    const unregister = registerNodeKernels();
    const names = tf.getKernelsForBackend(tf.getBackend()).map(({ kernelName }) => kernelName);
    unregister();
    // The addon that tfjs-node downloads has neither.
    const isOurs = names.includes('DiffusionSslConv2DBias');
    expect(names.includes('DiffusionSslAttentionGradient')).toBe(isOurs);
    expect(names.includes('DiffusionSslGroupNorm')).toBe(isOurs);
  });

  // Heads cut into parts, keys that fill vectors and those that do not, more channels than are taken together.
  it.each([
    { batch: 1, queries: 300, keys: 256, channels: 64, heads: 1 },
    { batch: 3, queries: 77, keys: 77, channels: 40, heads: 5 },
    { batch: 2, queries: 130, keys: 1025, channels: 36, heads: 2 },
  ])('attention of %o', ({ batch, queries, keys, channels, heads }) => {
    const shapes = [queries, keys, keys].map((tokens) => [batch, tokens, channels]);
    const op = (...inputs: tf.Tensor[]) => {
      const [q, k, v] = inputs as tf.Tensor3D[];
      return attention(q, k, v, { heads });
    };
    return compare(
      op,
      shapes.map((shape, i) => upload(randomTensor(shape, i + 1))),
    );
  });

  // Few blocks of tiles and many, images that tiles do not divide, channels that panels do not, both ways of a bias.
  it.each([
    { image: [8, 16, 16], channels: [64, 48], perImage: true },
    { image: [3, 62, 63], channels: [16, 80], perImage: false },
    { image: [2, 67, 129], channels: [96, 32], perImage: true },
    { image: [1, 100, 38], channels: [112, 64], perImage: false },
  ])('convolution 3×3 of $image, $channels channels', async ({ image, channels, perImage }) => {
    const [inChannels, outChannels] = channels;
    const [x, filter] = [
      [...image, inChannels],
      [3, 3, inChannels, outChannels],
    ].map((shape, i) => upload<tf.Rank.R4>(randomTensor(shape, i + 1)));
    const bias = upload<tf.Rank.R1>(randomTensor(perImage ? [image[0], outChannels] : [outChannels], 3));
    const addend = upload<tf.Rank.R4>(randomTensor([...image, outChannels], 4));
    const run = vi.spyOn(EagerOps.prototype, 'runAll');
    const op = (...inputs: tf.Tensor[]) => {
      const [x, filter, bias, addend] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.Tensor4D];
      return conv2d(x, filter, bias, { addend });
    };
    await compare(op, [x, filter, bias, addend]);
    const names = run.mock.calls.map(([name]) => name);
    run.mockRestore();
    // The value, which is computed again for the gradients, and the gradient of the input.
    expect(names.filter((name) => name === 'DiffusionSslConvolve').length).toBeGreaterThanOrEqual(3);
    expect(names.filter((name) => name === 'DiffusionSslFilterGradient')).toHaveLength(1);
  });

  it('attention leaves out what a mask forbids, to the bit', async () => {
    const [q, k, v] = [1, 2, 3].map((seed) => upload<tf.Rank.R3>(randomTensor([2, 20, 8], seed)));
    const mask = tf.tidy(() =>
      tf.reshape(tf.mul(tf.cast(tf.greater(tf.range(0, 20), 11), 'float32'), -1e4), [1, 1, 1, 20]),
    ) as tf.Tensor4D;
    const unregister = registerNodeKernels();
    const [seen, changed] = tf.tidy(() => {
      const cut = (x: tf.Tensor3D) => tf.slice(x, [0, 0, 0], [2, 12, 8]);
      const other = tf.concat([cut(v), tf.fill<tf.Rank.R3>([2, 8, 8], 1e6)], 1);
      return [attention(q, cut(k), cut(v)), attention(q, k, other, { mask })];
    });
    unregister();
    expectAgreement(await changed.data(), await seen.data());
    tf.dispose([q, k, v, mask, seen, changed]);
  });

  // Images of several chunks, channels that fill vectors and those that do not.
  it.each([
    [2, 40, 30, 64],
    [3, 33, 29, 20],
  ])('group norm with SiLU of %i × %i × %i × %i, its mean far from zero', (...shape) => {
    const channels = shape[3];
    const op = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      groupNorm(x as tf.Tensor4D, weight as tf.Tensor1D, bias as tf.Tensor1D, {
        groups: 4,
        activation: 'silu',
      });
    const x = tf.tidy(() => tf.add(upload(randomTensor(shape, 1)), 30));
    return compare(op as never, [
      x,
      upload(randomTensor([channels], 2)),
      upload(randomTensor([channels], 3)),
    ]);
  });

  // Of one chunk and many, channels that divide a vector, that fill it and neither. Beside zero, ReLU takes sides.
  it.each([
    { shape: [8, 40, 30, 64], mean: 30, activation: undefined },
    { shape: [8, 40, 30, 64], mean: 0, activation: 'relu' as const },
    { shape: [3, 33, 29, 20], mean: 30, activation: undefined },
    { shape: [2, 65, 64, 4], mean: 0, activation: 'relu' as const },
    { shape: [5, 2, 1, 130], mean: 0, activation: 'relu' as const },
  ])('batch norm of %o', async ({ shape, mean, activation }) => {
    const channels = shape[3];
    const op = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      batchNormTraining(x as tf.Tensor4D, weight as tf.Tensor1D, bias as tf.Tensor1D, { activation }).y;
    const x = tf.tidy(() => tf.add(upload(randomTensor(shape, 1)), mean));
    const run = vi.spyOn(EagerOps.prototype, 'runAll');
    await compare(op as never, [x, upload(randomTensor([channels], 2)), upload(randomTensor([channels], 3))]);
    const names = run.mock.calls.map(([name]) => name);
    run.mockRestore();
    expect(names).toContain('DiffusionSslBatchNorm');
    expect(names).toContain('DiffusionSslBatchNormGradient');
  });

  it.each([1, 31, 32, 33, 100_003])('dropout of %i values and its gradient, bit for bit', async (count) => {
    const [x, dy] = [1, 2].map((seed) => upload<tf.Rank.R4>(randomTensor([1, 1, count, 1], seed)));
    const key = { seed: 2 ** 40 + 7, stream: 2 ** 31 + 5, step: 2 ** 32 - 1 };
    const body = () => tf.valueAndGrad((x) => dropout(x as tf.Tensor4D, { rate: 0.3, key }))(x, dy);
    const composed = body();
    const unregister = registerNodeKernels();
    const computed = body();
    unregister();
    expectIdentical(await computed.value.data(), await composed.value.data());
    expectIdentical(await computed.grad.data(), await composed.grad.data());
    tf.dispose([x, dy, composed, computed] as never);
  });

  it('layer norm of many rows', () => {
    const op = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      layerNorm(x, { weight: weight as tf.Tensor1D, bias: bias as tf.Tensor1D });
    return compare(op as never, [
      upload(randomTensor([5, 300, 70], 1)),
      upload(randomTensor([70], 2)),
      upload(randomTensor([70], 3)),
    ]);
  });
});
