import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { binaryCrossEntropy, crossEntropy, diceLoss, focalLoss } from '../../src/losses/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, relativeL2 } from '../support/compare.js';

interface Flat {
  shape: number[];
  data: number[];
}
/** By torch in float64: labelLossesTorch.py. */
const file = JSON.parse(readFileSync(new URL('labelLossesTorch.json', import.meta.url), 'utf8')) as {
  logits: Flat;
  labels: Flat;
  targets: Flat;
  cases: { loss: string; options: Record<string, unknown>; value: number; gradient: number[] }[];
};
const tensor = ({ data, shape }: Flat, dtype: 'float32' | 'int32' = 'float32') =>
  tf.tensor(data, shape, dtype);
const overLabels = { crossEntropy, diceLoss, focalLoss };
const names = Object.keys(overLabels) as (keyof typeof overLabels)[];

beforeAll(startTestBackend);

const camelCase = (options: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key.replace(/_(.)/g, (_, c) => c.toUpperCase()), value]),
  );

describe("values and gradients equal torch's", () => {
  it.each(file.cases)('$loss $options', async ({ loss, options, value, gradient }) => {
    const isBinary = loss === 'binaryCrossEntropy';
    const { logits, labels, targets } = file;
    // The binary loss is of the first pixel of each image.
    const classes = logits.shape[3];
    const perImage = logits.data.length / logits.shape[0];
    const first = logits.data.filter((_, i) => i % perImage < classes);
    const x = isBinary ? tensor({ data: first, shape: [logits.shape[0], classes] }) : tensor(logits);
    const target = isBinary ? tensor(targets) : tensor(labels, 'int32');
    const compute = (prediction: tf.Tensor) =>
      isBinary
        ? binaryCrossEntropy(prediction, target, camelCase(options))
        : overLabels[loss as keyof typeof overLabels](prediction, target, camelCase(options));
    const result = await expectTensorsKept(1, () => compute(x));
    expectClose(await result.data(), [value], { abs: 1e-6, rel: 2e-6 });
    const dx = await expectTensorsKept(1, () => tf.grad(compute)(x));
    expect(relativeL2(await dx.data(), gradient)).toBeLessThan(2e-6);
    tf.dispose([x, target, result, dx]);
  });

  it('tries every loss of the file', () => {
    expect(new Set(file.cases.map((c) => c.loss))).toEqual(new Set([...names, 'binaryCrossEntropy']));
  });
});

describe.each(names)('%s', (name) => {
  const loss = overLabels[name];

  it('does not depend on the shape of the pixels, nor on what stands where labels are ignored', async () => {
    const { logits, labels } = file;
    const flat = [tensor({ data: logits.data, shape: [24, 5] }), tf.tensor1d(labels.data, 'int32')] as const;
    const moved = logits.data.map((value, i) =>
      labels.data[Math.floor(i / 5)] === 255 ? -7 * value : value,
    );
    const options = { ignoreIndex: 255 };
    const expected = await loss(tensor(logits), tensor(labels, 'int32'), options).data();
    expect(expected[0]).toBeGreaterThan(0.1);
    expectClose(await loss(...flat, options).data(), expected, { abs: 0, rel: 1e-6 });
    const other = loss(tensor({ ...logits, data: moved }), tensor(labels, 'int32'), options);
    expectClose(await other.data(), expected, { abs: 0, rel: 1e-6 });
  });

  it('is finite, with its gradient, where a pixel is certain, right or wrong, and where none counts', async () => {
    for (const [rows, classes, options] of [
      [[[90, -90]], [0], {}],
      [[[90, -90]], [1], {}],
      [[[1, 2]], [9], { ignoreIndex: 9 }],
      [[[1, 2]], [0], { classWeights: [0, 1] }],
    ] as [number[][], number[], object][]) {
      const labels = tf.tensor1d(classes, 'int32');
      const all = tf.valueAndGrad((x: tf.Tensor) => loss(x, labels, options))(tf.tensor2d(rows));
      const numbers = [...(await all.value.data()), ...(await all.grad.data())];
      expect(numbers.every(Number.isFinite), `${numbers}`).toBe(true);
      if (Object.keys(options).length > 0) expect(numbers.map(Math.abs)).toEqual([0, 0, 0]);
    }
  });

  it('shows labels that are no class as NaN, in the gradient too', async () => {
    for (const bad of [2, -1, 255]) {
      const labels = tf.tensor1d([0, bad], 'int32');
      const all = tf.valueAndGrad((x: tf.Tensor) => loss(x, labels))(tf.ones([2, 2]));
      expect((await all.value.data())[0]).toBeNaN();
      expect((await all.grad.data()).some(Number.isNaN)).toBe(true);
    }
  });

  it('refuses by name, and leaves no tensor', async () => {
    const logits = tf.zeros([2, 3]);
    const labels = tf.tensor1d([0, 1], 'int32');
    const floats = tf.zeros([2]);
    const line = tf.zeros([2]);
    await expectTensorsKept(0, () => {
      const refused = (message: string, call: () => void) => expect(call).toThrow(`${name}: ${message}`);
      refused('logits.shape is [2]', () => loss(line, labels));
      refused('labels.shape is [2, 3]; it must be [2]', () => loss(logits, logits));
      refused("labels.dtype is 'float32'", () => loss(logits, floats));
      refused('ignoreIndex is 0.5', () => loss(logits, labels, { ignoreIndex: 0.5 }));
      refused('classWeights.length is 2; it must be 3', () => loss(logits, labels, { classWeights: [1, 1] }));
      refused('classWeights[1] is -1', () => loss(logits, labels, { classWeights: [1, -1, 1] }));
    });
  });
});

it('the focal loss of γ 0 is the cross-entropy', async () => {
  const [logits, labels] = [tensor(file.logits), tensor(file.labels, 'int32')];
  const options = { ignoreIndex: 255, classWeights: [1, 2, 3, 4, 5] };
  const expected = await crossEntropy(logits, labels, options).data();
  expectClose(await focalLoss(logits, labels, { ...options, gamma: 0 }).data(), expected, { abs: 1e-6 });
});

it('options of one loss alone are refused by name', () => {
  const [logits, labels] = [tf.zeros([2, 3]), tf.tensor1d([0, 1], 'int32')];
  const smoothing = () => crossEntropy(logits, labels, { labelSmoothing: 2 });
  expect(smoothing).toThrow('crossEntropy: labelSmoothing is 2');
  const reduction = { reduction: 'none' as 'sum' };
  expect(() => crossEntropy(logits, labels, reduction)).toThrow("crossEntropy: reduction is 'none'");
  expect(() => focalLoss(logits, labels, reduction)).toThrow("focalLoss: reduction is 'none'");
  expect(() => focalLoss(logits, labels, { gamma: -1 })).toThrow('focalLoss: gamma is -1');
  expect(() => diceLoss(logits, labels, { smooth: -1 })).toThrow('diceLoss: smooth is -1');
  const weights = (positiveWeights: number[]) => () =>
    binaryCrossEntropy(logits, logits, { positiveWeights });
  expect(weights([1])).toThrow('binaryCrossEntropy: positiveWeights.length is 1; it must be 3');
  expect(weights([1, 1, Number.NaN])).toThrow('binaryCrossEntropy: positiveWeights[2] is NaN');
});

it('the binary cross-entropy is finite where it is certain, and has one value a sample', async () => {
  const logits = tf.tensor2d([
    [200, -200],
    [-200, 200],
  ]);
  const loss = binaryCrossEntropy(
    logits,
    tf.tensor2d([
      [1, 0],
      [1, 0],
    ]),
    { reduction: 'none' },
  );
  expectClose(await loss.data(), [0, 200], { abs: 1e-6 });
});
