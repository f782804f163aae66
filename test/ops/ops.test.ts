import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { addRelu } from '../../src/ops/addRelu.js';
import { attentionGate } from '../../src/ops/attentionGate.js';
import { type BatchNormParameters, batchNormInference, batchNormTraining } from '../../src/ops/batchNorm.js';
import { biasAdd } from '../../src/ops/biasAdd.js';
import { concatChannels } from '../../src/ops/concatChannels.js';
import { conv2d } from '../../src/ops/conv2d.js';
import { conv2dTranspose } from '../../src/ops/conv2dTranspose.js';
import { maxPool2d } from '../../src/ops/maxPool2d.js';
import { pixelShuffle } from '../../src/ops/pixelShuffle.js';
import { pixelUnshuffle } from '../../src/ops/pixelUnshuffle.js';
import { upsampleBilinear2d } from '../../src/ops/upsampleBilinear2d.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { checkOp, expectThrowsClean, type OpCase, upload } from './checkOp.js';
import * as reference from './referenceOps.js';
import { randomTensor } from './referenceOps.js';

beforeAll(startTestBackend);

type Shape4 = [number, number, number, number];

/** An operation of `ops/`, whose tensors are of rank 4 or 1, as {@link OpCase} calls it. */
const asOp = (op: unknown) => op as OpCase['op'];

describe('conv2d', () => {
  it.each([
    { x: [2, 5, 7, 3], filter: [3, 3, 3, 4] },
    { x: [1, 4, 4, 1], filter: [3, 3, 1, 1] },
    { x: [3, 1, 1, 2], filter: [3, 3, 2, 3] },
    { x: [1, 6, 2, 2], filter: [5, 5, 2, 1] },
    { x: [2, 3, 5, 4], filter: [1, 1, 4, 3] },
    { x: [1, 1, 1, 1], filter: [1, 1, 1, 1] },
    { x: [2, 8, 8, 5], filter: [3, 3, 5, 2] },
  ])('x $x, filter $filter', ({ x, filter }) =>
    checkOp({
      inputs: [randomTensor(x, 1), randomTensor(filter, 2)],
      op: asOp(conv2d),
      reference: reference.conv2d,
    }),
  );

  it.each([1, 3])('filters of side %i with bias', (side) =>
    checkOp({
      inputs: [randomTensor([2, 5, 7, 3], 1), randomTensor([side, side, 3, 4], 2), randomTensor([4], 3)],
      op: asOp(conv2d),
      reference: (x, filter, bias) => reference.biasAdd(reference.conv2d(x, filter), bias),
    }),
  );

  it('refuses a filter that is even, not square, or of other channels', async () => {
    const x: tf.Tensor4D = tf.zeros([1, 4, 4, 2]);
    const shapes: Shape4[] = [
      [2, 2, 2, 1],
      [3, 1, 2, 1],
    ];
    for (const shape of shapes) {
      const filter: tf.Tensor4D = tf.zeros(shape);
      await expectThrowsClean(() => conv2d(x, filter), /^conv2d: the filter shape is \[\d, \d, 2, 1\]; /);
    }
    const filter: tf.Tensor4D = tf.zeros([3, 3, 5, 1]);
    await expectThrowsClean(
      () => conv2d(x, filter),
      /^conv2d: the input shape is \[1, 4, 4, 2\]; .*\[batch, height, width, 5\]/,
    );
    const [fitting, bias] = [tf.zeros<tf.Rank.R4>([3, 3, 2, 1]), tf.zeros<tf.Rank.R1>([3])];
    await expectThrowsClean(
      () => conv2d(x, fitting, bias),
      /^conv2d: the shape of bias is \[3\]; it must be \[1\]/,
    );
  });
});

/** One value a channel of each image, and a tensor of the same shape, are added. */
const shifted: OpCase['reference'] = (y, shift, addend) => {
  const [, height, width, channels] = y.shape;
  const ofImage = height * width * channels;
  const data = y.data.map(
    (value, i) => value + shift.data[Math.floor(i / ofImage) * channels + (i % channels)] + addend.data[i],
  );
  return { shape: y.shape, data };
};

describe('conv2d with a bias for each image, and an addend', () => {
  it.each([
    { x: [3, 5, 4, 3], filter: [3, 3, 3, 5] },
    { x: [2, 3, 3, 2], filter: [1, 1, 2, 9] },
  ])('$x, filter $filter', ({ x, filter }) => {
    const y = [...x.slice(0, 3), filter[3]];
    return checkOp({
      inputs: [x, filter, [x[0], filter[3]], y].map((shape, i) => randomTensor(shape, i + 1)),
      op: asOp((x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor2D, addend: tf.Tensor4D) =>
        conv2d(x, filter, bias, { addend }),
      ),
      reference: (x, filter, bias, addend) => shifted(reference.conv2d(x, filter), bias, addend),
    });
  });

  it('takes an addend without a bias', () =>
    checkOp({
      inputs: [
        [2, 3, 3, 2],
        [3, 3, 2, 1],
        [2, 3, 3, 1],
      ].map((shape, i) => randomTensor(shape, i + 1)),
      op: asOp((x: tf.Tensor4D, filter: tf.Tensor4D, addend: tf.Tensor4D) =>
        conv2d(x, filter, undefined, { addend }),
      ),
      reference: (x, filter, addend) =>
        shifted(reference.conv2d(x, filter), { shape: [2, 1], data: new Float64Array(2) }, addend),
    }));

  it('refuses what has another shape', async () => {
    const x: tf.Tensor4D = tf.zeros([2, 4, 4, 1]);
    const filter: tf.Tensor4D = tf.zeros([3, 3, 1, 3]);
    const bias: tf.Tensor2D = tf.zeros([1, 3]);
    await expectThrowsClean(
      () => conv2d(x, filter, bias),
      /^conv2d: the shape of bias is \[1, 3\]; .*\[2, 3\]/,
    );
    await expectThrowsClean(
      () => conv2d(x, filter, undefined, { addend: x }),
      /^conv2d: the shape of addend is \[2, 4, 4, 1\]; .*\[2, 4, 4, 3\]/,
    );
  });
});

describe('conv2dTranspose', () => {
  it.each([
    { x: [2, 3, 5, 3], filter: [2, 2, 4, 3] },
    { x: [2, 3, 5, 3], filter: [4, 4, 4, 3] },
    { x: [1, 1, 1, 2], filter: [2, 2, 1, 2] },
    { x: [3, 1, 1, 2], filter: [4, 4, 3, 2] },
    { x: [1, 4, 2, 1], filter: [4, 4, 1, 1] },
    { x: [1, 2, 4, 1], filter: [2, 2, 1, 1] },
  ])('x $x, filter $filter', ({ x, filter }) =>
    checkOp({
      inputs: [randomTensor(x, 3), randomTensor(filter, 4)],
      op: asOp(conv2dTranspose),
      reference: reference.conv2dTranspose,
    }),
  );

  it('refuses other filters', async () => {
    const x: tf.Tensor4D = tf.zeros([1, 4, 4, 2]);
    const shapes: Shape4[] = [
      [3, 3, 1, 2],
      [2, 4, 1, 2],
    ];
    for (const shape of shapes) {
      const filter: tf.Tensor4D = tf.zeros(shape);
      await expectThrowsClean(() => conv2dTranspose(x, filter), /^conv2dTranspose: the filter shape is \[/);
    }
    const filter: tf.Tensor4D = tf.zeros([2, 2, 2, 3]);
    await expectThrowsClean(
      () => conv2dTranspose(x, filter),
      /^conv2dTranspose: the input shape is \[1, 4, 4, 2\]/,
    );
  });
});

const normShapes = [
  [2, 3, 5, 3],
  [1, 4, 4, 1],
  [4, 1, 1, 2],
  [1, 2, 1, 5],
];
const norms = normShapes.flatMap((shape) => [
  { shape, activation: undefined },
  { shape, activation: 'relu' as const },
]);

describe('batchNormTraining', () => {
  it.each(norms)('$shape, activation $activation', ({ shape, activation }) =>
    checkOp({
      inputs: [randomTensor(shape, 5), randomTensor([shape[3]], 6), randomTensor([shape[3]], 7)],
      // The statistics are returned beside y; here only y is compared and kept.
      op: (x, weight, bias) =>
        tf.tidy(
          () =>
            batchNormTraining(x as tf.Tensor4D, weight as tf.Tensor1D, bias as tf.Tensor1D, { activation }).y,
        ),
      reference: (x, weight, bias) => {
        const { mean, variance } = reference.channelStatistics(x);
        return reference.batchNorm(x, { weight, bias, mean, variance }, { activation });
      },
    }),
  );

  it('returns the mean and the biased variance, and takes another epsilon', async () => {
    const x = randomTensor([3, 2, 4, 3], 8);
    const { mean, variance } = reference.channelStatistics(x);
    const [weight, bias] = [randomTensor([3], 9), randomTensor([3], 10)];
    const tensors = [upload<tf.Rank.R4>(x), upload<tf.Rank.R1>(weight), upload<tf.Rank.R1>(bias)] as const;
    const result = await expectTensorsKept(3, () => batchNormTraining(...tensors, { epsilon: 0.5 }));
    expectClose(await result.mean.data(), mean, { abs: 1e-6 });
    expectClose(await result.variance.data(), variance, { abs: 1e-6 });
    const expected = reference.batchNorm(x, { weight, bias, mean, variance }, { epsilon: 0.5 });
    expectClose(await result.y.data(), expected.data, { abs: 1e-5 });
  });

  it('is exact where the mean is large beside the spread', async () => {
    const x = randomTensor([2, 8, 8, 2], 11);
    const shifted = { shape: x.shape, data: x.data.map((value) => Math.fround(value + 100)) };
    const { variance } = reference.channelStatistics(shifted);
    const one: tf.Tensor1D = tf.ones([2]);
    const result = batchNormTraining(upload(shifted), one, tf.zeros([2]));
    expectClose(await result.variance.data(), variance, { abs: 0, rel: 1e-3 });
  });

  it('refuses a single value a channel', async () => {
    const x: tf.Tensor4D = tf.ones([1, 1, 1, 3]);
    const c: tf.Tensor1D = tf.ones([3]);
    await expectThrowsClean(
      () => batchNormTraining(x, c, c),
      /^batchNormTraining: the input shape is \[1, 1, 1, 3\]; .*more than one value/,
    );
  });

  it('leaves nothing behind when weight or bias do not fit', async () => {
    const x: tf.Tensor4D = tf.ones([2, 2, 2, 3]);
    const [three, four]: tf.Tensor1D[] = [tf.ones([3]), tf.ones([4])];
    await expectThrowsClean(
      () => batchNormTraining(x, four, three),
      /^batchNormTraining: the shape of weight is \[4\]; it must be \[3\]/,
    );
    await expectThrowsClean(
      () => batchNormTraining(x, three, four),
      /^batchNormTraining: the shape of bias is \[4\]; it must be \[3\]/,
    );
  });
});

describe('batchNormInference', () => {
  it.each([...norms, { shape: [1, 1, 1, 2], activation: undefined }])(
    '$shape, activation $activation',
    ({ shape, activation }) => {
      const channels = shape[3];
      const mean = randomTensor([channels], 12);
      const variance = {
        shape: [channels],
        data: randomTensor([channels], 13).data.map((v) => v * v + 0.25),
      };
      variance.data.forEach((value, i) => {
        variance.data[i] = Math.fround(value);
      });
      const [runningMean, runningVar] = [upload<tf.Rank.R1>(mean), upload<tf.Rank.R1>(variance)];
      return checkOp({
        inputs: [randomTensor(shape, 14), randomTensor([channels], 15), randomTensor([channels], 16)],
        op: (x, weight, bias) =>
          batchNormInference(
            x as tf.Tensor4D,
            {
              weight: weight as tf.Tensor1D,
              bias: bias as tf.Tensor1D,
              mean: runningMean,
              variance: runningVar,
            },
            { activation },
          ),
        reference: (x, weight, bias) =>
          reference.batchNorm(x, { weight, bias, mean: mean.data, variance: variance.data }, { activation }),
      });
    },
  );
});

describe('parameters of another shape, which tfjs would broadcast', () => {
  const x = (): tf.Tensor4D => tf.ones([1, 2, 2, 3]);
  const vector = (length: number): tf.Tensor1D => tf.ones([length]);
  const names = ['weight', 'bias', 'mean', 'variance'];

  it.each(names.map((name, i) => ({ name, i })))('batchNormInference: $name', async ({ name, i }) => {
    const [input, one, three] = [x(), vector(1), vector(3)];
    const parameters = Object.fromEntries(names.map((key, j) => [key, i === j ? one : three]));
    await expectThrowsClean(
      () => batchNormInference(input, parameters as unknown as BatchNormParameters),
      new RegExp(`^batchNormInference: the shape of ${name} is \\[1\\]; it must be \\[3\\]`),
    );
  });

  it('biasAdd', async () => {
    const [input, one] = [x(), vector(1)];
    await expectThrowsClean(
      () => biasAdd(input, one),
      /^biasAdd: the shape of bias is \[1\]; it must be \[3\]/,
    );
  });

  it('attentionGate', async () => {
    const [input, logits]: tf.Tensor4D[] = [x(), tf.ones([1, 1, 1, 1])];
    await expectThrowsClean(
      () => attentionGate(input, logits),
      /^attentionGate: the shape of logits is \[1, 1, 1, 1\]; it must be \[1, 2, 2, 1\]/,
    );
  });
});

describe('maxPool2d', () => {
  it.each([[[2, 4, 6, 3]], [[1, 2, 2, 1]], [[3, 2, 4, 1]], [[1, 8, 2, 5]]])('%j', (shape) =>
    checkOp({ inputs: [randomTensor(shape, 17)], op: asOp(maxPool2d), reference: reference.maxPool2d }),
  );

  it('windows without a positive value', () => {
    const x = randomTensor([2, 4, 4, 3], 18);
    const negative = { shape: x.shape, data: x.data.map((value) => Math.fround(value - 5)) };
    return checkOp({ inputs: [negative], op: asOp(maxPool2d), reference: reference.maxPool2d });
  });

  it.each([
    { name: 'all equal', x: [2, 2, 2, 2], gradient: [7, 0, 0, 0] },
    { name: 'all zero', x: [0, 0, 0, 0], gradient: [7, 0, 0, 0] },
    { name: 'all equal and negative', x: [-3, -3, -3, -3], gradient: [7, 0, 0, 0] },
    { name: 'second and third', x: [-9, -1, -1, -2], gradient: [0, 7, 0, 0] },
    { name: 'third and fourth', x: [0, 1, 4, 4], gradient: [0, 0, 7, 0] },
  ])('a tie goes to the first in row order: $name', async ({ x, gradient }) => {
    const dx = tf.grad((value) => maxPool2d(value as tf.Tensor4D))(
      tf.tensor4d(x, [1, 2, 2, 1]),
      tf.tensor4d([7], [1, 1, 1, 1]),
    );
    expect(Array.from(await dx.data())).toEqual(gradient);
  });

  it('refuses an odd height or width', async () => {
    const shapes: Shape4[] = [
      [1, 3, 2, 1],
      [1, 2, 5, 1],
    ];
    for (const shape of shapes) {
      const x: tf.Tensor4D = tf.zeros(shape);
      await expectThrowsClean(() => maxPool2d(x), /^maxPool2d: the input shape is \[.*even height and width/);
    }
  });
});

describe('pixelShuffle', () => {
  it.each([[[2, 3, 5, 8]], [[1, 1, 1, 4]], [[1, 2, 1, 12]]])('%j', (shape) =>
    checkOp({ inputs: [randomTensor(shape, 19)], op: asOp(pixelShuffle), reference: reference.pixelShuffle }),
  );

  it('puts channel 4c + 2·dy + dx at offset (dy, dx) of channel c', async () => {
    const y = pixelShuffle(tf.tensor4d([0, 1, 2, 3, 10, 11, 12, 13], [1, 1, 1, 8]));
    expect(await y.array()).toEqual([
      [
        [
          [0, 10],
          [1, 11],
        ],
        [
          [2, 12],
          [3, 13],
        ],
      ],
    ]);
  });

  it('refuses channels that are no multiple of 4', async () => {
    const x: tf.Tensor4D = tf.zeros([1, 2, 2, 6]);
    await expectThrowsClean(() => pixelShuffle(x), /^pixelShuffle: the input shape is \[1, 2, 2, 6\]/);
  });
});

describe('pixelUnshuffle', () => {
  it.each([[[2, 6, 10, 2]], [[1, 2, 2, 1]], [[1, 4, 2, 3]]])('%j', (shape) =>
    checkOp({
      inputs: [randomTensor(shape, 23)],
      op: asOp(pixelUnshuffle),
      reference: reference.pixelUnshuffle,
    }),
  );

  it('is undone by pixelShuffle', async () => {
    const x = upload(randomTensor([2, 4, 6, 3], 24)) as tf.Tensor4D;
    const [y, z] = [pixelUnshuffle(x), pixelShuffle(pixelUnshuffle(x))];
    expect(await z.data()).toEqual(await x.data());
    expect(await y.data()).not.toEqual(await x.data());
  });

  it('refuses an odd height or width', async () => {
    const x: tf.Tensor4D = tf.zeros([1, 2, 3, 4]);
    await expectThrowsClean(() => pixelUnshuffle(x), /^pixelUnshuffle: the input shape is \[1, 2, 3, 4\]/);
  });
});

describe('upsampleBilinear2d', () => {
  it.each([[[2, 3, 5, 3]], [[1, 1, 1, 2]], [[3, 1, 4, 1]], [[1, 4, 4, 1]]])('%j', (shape) =>
    checkOp({
      inputs: [randomTensor(shape, 20)],
      op: asOp(upsampleBilinear2d),
      reference: reference.upsampleBilinear2d,
    }),
  );

  it('keeps the corners', async () => {
    const y = upsampleBilinear2d(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]));
    const values = await y.data();
    expect([values[0], values[3], values[12], values[15]]).toEqual([1, 2, 3, 4]);
  });
});

describe('attentionGate', () => {
  it.each([[[2, 3, 5, 3]], [[1, 1, 1, 1]], [[1, 2, 4, 1]]])('%j', (shape) =>
    checkOp({
      inputs: [randomTensor(shape, 21), randomTensor([...shape.slice(0, 3), 1], 22)],
      op: asOp(attentionGate),
      reference: reference.attentionGate,
    }),
  );
});

describe('addRelu', () => {
  it.each([[[2, 3, 5, 3]], [[1, 1, 1, 1]], [[1, 2, 4, 1]]])('%j', (shape) =>
    checkOp({
      inputs: [randomTensor(shape, 27), randomTensor(shape, 28)],
      op: asOp(addRelu),
      reference: (a, b) => ({ shape, data: a.data.map((value, i) => Math.max(value + b.data[i], 0)) }),
    }),
  );

  it('refuses shapes that differ', async () => {
    const [a, b]: tf.Tensor4D[] = [tf.ones([1, 2, 2, 3]), tf.ones([1, 1, 1, 3])];
    await expectThrowsClean(() => addRelu(a, b), /^addRelu: the shape of b is \[1, 1, 1, 3\]/);
  });
});

describe('biasAdd', () => {
  it.each([[[2, 3, 5, 3]], [[1, 1, 1, 1]], [[1, 2, 4, 1]], [[3, 1, 1, 4]]])('%j', (shape) =>
    checkOp({
      inputs: [randomTensor(shape, 23), randomTensor([shape[3]], 24)],
      op: asOp(biasAdd),
      reference: reference.biasAdd,
    }),
  );
});

describe('concatChannels', () => {
  it.each([
    { a: [2, 3, 5, 3], b: [2, 3, 5, 2] },
    { a: [1, 1, 1, 1], b: [1, 1, 1, 1] },
    { a: [3, 2, 1, 1], b: [3, 2, 1, 4] },
  ])('a $a, b $b', ({ a, b }) =>
    checkOp({
      inputs: [randomTensor(a, 25), randomTensor(b, 26)],
      op: asOp(concatChannels),
      reference: reference.concatChannels,
    }),
  );

  it('refuses other sizes', async () => {
    const a: tf.Tensor4D = tf.zeros([1, 2, 2, 3]);
    const b: tf.Tensor4D = tf.zeros([1, 2, 4, 3]);
    await expectThrowsClean(
      () => concatChannels(a, b),
      /^concatChannels: b's shape is \[1, 2, 4, 3\]; .*\[1, 2, 2, channels\]/,
    );
  });
});
