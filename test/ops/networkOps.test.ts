import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention } from '../../src/ops/attention.js';
import { avgPool2d } from '../../src/ops/avgPool2d.js';
import { downsampleConv2d } from '../../src/ops/downsampleConv2d.js';
import { embedding } from '../../src/ops/embedding.js';
import { geglu } from '../../src/ops/geglu.js';
import { groupNorm } from '../../src/ops/groupNorm.js';
import { layerNorm } from '../../src/ops/layerNorm.js';
import { linear } from '../../src/ops/linear.js';
import { resample2d } from '../../src/ops/resample2d.js';
import { rmsNorm } from '../../src/ops/rmsNorm.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose, relativeL2 } from '../support/compare.js';
import { checkOp, expectThrowsClean, type OpCase, upload } from './checkOp.js';
import * as reference from './referenceOps.js';
import { type HostTensor, randomTensor, zeros } from './referenceOps.js';

beforeAll(startTestBackend);

/** An operation as {@link OpCase} calls it. */
const asOp = (op: unknown) => op as OpCase['op'];

/** Group normalisation in float64, weight and bias of the channels or of each sample, SiLU behind it where asked. */
function groupNormReference(groups: number, epsilon: number, silu: boolean): OpCase['reference'] {
  return ({ shape, data }, weight, bias) => {
    const [batch, height, width, channels] = shape;
    const result = zeros(shape);
    const size = channels / groups;
    for (let b = 0; b < batch; b++) {
      for (let g = 0; g < groups; g++) {
        const positions = Array.from(
          { length: height * width * size },
          (_, i) => (b * height * width + Math.floor(i / size)) * channels + g * size + (i % size),
        );
        const mean = positions.reduce((sum, p) => sum + data[p], 0) / positions.length;
        const variance = positions.reduce((sum, p) => sum + (data[p] - mean) ** 2, 0) / positions.length;
        for (const p of positions) {
          const parameter = (weight.shape.length === 2 ? b * channels : 0) + (p % channels);
          const normal = (data[p] - mean) / Math.sqrt(variance + epsilon);
          const z = normal * weight.data[parameter] + bias.data[parameter];
          result.data[p] = silu ? z / (1 + Math.exp(-z)) : z;
        }
      }
    }
    return result;
  };
}

describe('groupNorm', () => {
  it.each([
    { x: [2, 3, 5, 6], groups: 2, weight: [6], activation: undefined },
    { x: [2, 3, 5, 6], groups: 3, weight: [6], activation: 'silu' as const },
    { x: [3, 2, 4, 4], groups: 4, weight: [3, 4], activation: undefined },
    { x: [1, 7, 1, 8], groups: 1, weight: [1, 8], activation: 'silu' as const },
  ])('$x, groups $groups, weight $weight, $activation', ({ x, groups, weight, activation }) =>
    checkOp({
      inputs: [randomTensor(x, 1), randomTensor(weight, 2), randomTensor(weight, 3)],
      op: asOp((x: tf.Tensor4D, weight: tf.Tensor1D, bias: tf.Tensor1D) =>
        groupNorm(x, weight, bias, { groups, epsilon: 1e-3, activation }),
      ),
      reference: groupNormReference(groups, 1e-3, activation === 'silu'),
    }),
  );

  it('refuses groups and parameters that do not fit', async () => {
    const x: tf.Tensor4D = tf.zeros([2, 4, 4, 6]);
    const [six, four] = [tf.zeros<tf.Rank.R1>([6]), tf.zeros<tf.Rank.R1>([4])];
    await expectThrowsClean(
      () => groupNorm(x, six, six, { groups: 4 }),
      /^groupNorm: groups is 4; .*divisor of 6/,
    );
    await expectThrowsClean(
      () => groupNorm(x, four, six, { groups: 2 }),
      /^groupNorm: the shape of weight is \[4\]/,
    );
    await expectThrowsClean(
      () => groupNorm(x, six, four, { groups: 2 }),
      /^groupNorm: the shape of bias is \[4\]/,
    );
  });
});

describe('downsampleConv2d', () => {
  const sides = [
    [4, 6],
    [5, 7],
    [2, 3],
    [3, 2],
  ];
  it.each(
    sides.flatMap(([height, width]) => [
      { height, width, padding: 'around' as const },
      { height, width, padding: 'after' as const },
    ]),
  )('$height × $width, zeros $padding', ({ height, width, padding }) => {
    // What a stride of 2 takes of the convolution of stride 1: every second pixel, from the first or the second on.
    const first = padding === 'around' ? 0 : 1;
    const sideOf = (side: number) => Math.ceil((side - first) / 2);
    return checkOp({
      inputs: [randomTensor([2, height, width, 3], 1), randomTensor([3, 3, 3, 4], 2), randomTensor([4], 3)],
      op: asOp((x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) =>
        downsampleConv2d(x, filter, bias, { padding }),
      ),
      reference: (x, filter, bias) => {
        const all = reference.biasAdd(reference.conv2d(x, filter), bias);
        const shape = [2, sideOf(height), sideOf(width), 4];
        const data = Float64Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => {
          const [c, column] = [i % 4, Math.floor(i / 4) % shape[2]];
          const [row, b] = [Math.floor(i / 4 / shape[2]) % shape[1], Math.floor(i / 4 / shape[2] / shape[1])];
          return all.data[((b * height + 2 * row + first) * width + 2 * column + first) * 4 + c];
        });
        return { shape, data };
      },
    });
  });

  it('refuses other filters and images too small', async () => {
    const [filter, bias] = [tf.zeros<tf.Rank.R4>([3, 3, 2, 4]), tf.zeros<tf.Rank.R1>([4])];
    const x: tf.Tensor4D = tf.zeros([1, 1, 4, 2]);
    const [after, wide] = [{ padding: 'after' } as const, tf.zeros<tf.Rank.R4>([5, 5, 2, 4])];
    await expectThrowsClean(
      () => downsampleConv2d(x, wide, bias),
      /^downsampleConv2d: the filter shape is \[5, 5, 2, 4\]/,
    );
    await expectThrowsClean(
      () => downsampleConv2d(x, filter, bias, after),
      /^downsampleConv2d: the input shape is \[1, 1, 4, 2\]; .*at least 2/,
    );
  });
});

describe('linear', () => {
  it.each([{ x: [3, 4] }, { x: [2, 5, 4] }, { x: [2, 2, 3, 4] }])('x $x', ({ x }) =>
    checkOp({
      inputs: [randomTensor(x, 1), randomTensor([4, 3], 2), randomTensor([3], 3)],
      op: asOp(linear),
      reference: (x, weight, bias) => {
        const shape = [...x.shape.slice(0, -1), 3];
        const rows = x.data.length / 4;
        const data = Float64Array.from({ length: rows * 3 }, (_, i) => {
          let sum = bias.data[i % 3];
          for (let k = 0; k < 4; k++) sum += x.data[Math.floor(i / 3) * 4 + k] * weight.data[k * 3 + (i % 3)];
          return sum;
        });
        return { shape, data };
      },
    }),
  );

  it('refuses a weight of other features', () =>
    expectThrowsClean(
      () => tf.tidy(() => linear(tf.zeros([2, 3]), tf.zeros([4, 2]))),
      /^linear: the shape of weight is \[4, 2\]; it must be \[3, 2\]/,
    ));
});

describe('embedding', () => {
  it('takes rows of the table, each as often as it is named', () => {
    const indices = tf.tensor2d([2, 0, 2, 1], [2, 2], 'int32');
    return checkOp({
      inputs: [randomTensor([4, 3], 1)],
      op: asOp((table: tf.Tensor2D) => embedding(indices, table)),
      reference: (table) => ({
        shape: [2, 2, 3],
        data: Float64Array.from(
          { length: 12 },
          (_, i) => table.data[[2, 0, 2, 1][Math.floor(i / 3)] * 3 + (i % 3)],
        ),
      }),
    });
  });

  it('gives NaN where a number is no row', async () => {
    const rows = embedding(tf.tensor1d([-1, 1, 2], 'int32'), tf.ones([2, 1]));
    expect(await rows.data()).toEqual(Float32Array.of(Number.NaN, 1, Number.NaN));
  });

  it('refuses indices that are not whole numbers by type', () =>
    expectThrowsClean(
      () => tf.tidy(() => embedding(tf.zeros([2]), tf.zeros([3, 4]))),
      /^embedding: indices is/,
    ));
});

describe('attention', () => {
  const random = (shape: number[], seed: number) => upload<tf.Rank.R3>(randomTensor(shape, seed));

  it.each([false, true])('of a long sequence, some queries at a time, masked: %s', async (masked) => {
    // Of software WebGPU as few as are still taken in two parts.
    const [tokens, size] = [process.env.TEST_BACKEND === 'webgpu' ? 1230 : 2050, 4];
    const inputs = [1, 2, 3].map((seed) => random([1, tokens, size], seed));
    const dy = random([1, tokens, size], 4);
    const mask = masked ? upload<tf.Rank.R4>(randomTensor([1, 1, tokens, tokens], 5)) : undefined;
    const op = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
      attention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D, { mask });
    // The same as many attentions of a few queries each, whose scores stay in one block.
    const inParts = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
      tf.tidy(() => {
        const parts = [];
        for (let start = 0; start < tokens; start += 410) {
          const part = tf.slice(q as tf.Tensor3D, [0, start, 0], [1, 410, size]);
          const rows = mask && tf.slice(mask, [0, 0, start, 0], [1, 1, 410, tokens]);
          parts.push(attention(part, k as tf.Tensor3D, v as tf.Tensor3D, { mask: rows }));
        }
        return tf.concat(parts, 1);
      });
    let results: tf.Tensor[] = [];
    const { peakBytes, newBytes } = await tf.profile(() => {
      results = [op(inputs[0], inputs[1], inputs[2]), ...tf.grads(op)(inputs, dy)];
      return results;
    });
    const expected = [inParts(inputs[0], inputs[1], inputs[2]), ...tf.grads(inParts)(inputs, dy)];
    for (const [i, result] of results.entries()) {
      expect(relativeL2(await result.data(), await expected[i].data())).toBeLessThan(1e-5);
    }
    expect(newBytes).toBeLessThan(1e6);
    // A few times the 4 MB of a block's scores; all scores are 17 MB, and the gradient takes four such tensors.
    if (!mask) expect(peakBytes).toBeLessThan(28e6);
    tf.dispose([inputs, dy, mask ?? [], results, expected]);
  });

  it('refuses shapes that do not fit', async () => {
    const [q, k] = [random([2, 4, 6], 1), random([2, 5, 6], 2)];
    const other = random([1, 5, 6], 2);
    await expectThrowsClean(() => attention(q, other, k), /^attention: the shape of k is \[1, 5, 6\]/);
    await expectThrowsClean(() => attention(q, k, q), /^attention: the shape of v is \[2, 4, 6\]/);
    await expectThrowsClean(() => attention(q, k, k, { heads: 4 }), /^attention: heads is 4; .*divisor of 6/);
    const mask = tf.zeros<tf.Rank.R4>([2, 1, 4, 4]);
    await expectThrowsClean(
      () => attention(q, k, k, { heads: 2, mask }),
      /^attention: the shape of mask is \[2, 1, 4, 4\]; .*\[2, 2, 4, 5\]/,
    );
  });
});

describe('others', () => {
  it('refuse what does not fit them', async () => {
    const x = tf.zeros<tf.Rank.R4>([1, 1, 4, 3]);
    await expectThrowsClean(() => avgPool2d(x), /^avgPool2d: the input shape is \[1, 1, 4, 3\]/);
    await expectThrowsClean(() => geglu(x), /^geglu: the input shape is \[1, 1, 4, 3\]/);
    await expectThrowsClean(() => resample2d(x, { size: [0, 2] }), /^resample2d: size is 0/);
    const bias = tf.zeros<tf.Rank.R1>([3]);
    await expectThrowsClean(() => layerNorm(x, { bias }), /^layerNorm: weight is undefined/);
    const four = tf.zeros<tf.Rank.R1>([4]);
    await expectThrowsClean(() => layerNorm(x, { weight: four }), /^layerNorm: the shape of weight is \[4\]/);
    await expectThrowsClean(() => rmsNorm(x, four), /^rmsNorm: the shape of weight is \[4\]/);
  });

  it('layerNorm with a weight alone', () =>
    checkOp({
      inputs: [randomTensor([2, 3, 4], 1), randomTensor([4], 2)],
      op: asOp((x: tf.Tensor, weight: tf.Tensor1D) => layerNorm(x, { weight, epsilon: 1e-3 })),
      reference: (x, weight) => {
        const rows: HostTensor = { shape: [6, 1, 1, 4], data: x.data };
        const normal = groupNormReference(1, 1e-3, false)(rows, weight, zeros([4]));
        return { shape: x.shape, data: normal.data };
      },
    }));

  it('bicubic enlargement keeps a constant', async () => {
    const y = resample2d(tf.fill([1, 3, 5, 2], 7), { size: [8, 4], mode: 'bicubic' });
    expectClose(await y.data(), new Float32Array(y.size).fill(7), { abs: 1e-5 });
  });
});
