import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type HostTensor, randomTensor } from '../../ops/referenceOps.js';
import { checkKernel, startKernels } from './checkKernel.js';

beforeAll(startKernels);

const map = ({ shape, data }: HostTensor, f: (value: number, i: number) => number): HostTensor => ({
  shape,
  data: data.map(f),
});

async function checkGate(x: HostTensor, logits: HostTensor): Promise<void> {
  const channels = x.shape[3];
  const gate = map(logits, (value) => 1 / (1 + Math.exp(-value)));
  const y = map(x, (value, i) => value * gate.data[Math.floor(i / channels)]);
  await checkKernel({ name: 'DiffusionSslAttentionGate', inputs: { x, logits }, expected: [y, gate] });
  const dy = randomTensor(x.shape, 3);
  const rounded = map(gate, Math.fround);
  const dx = map(dy, (value, i) => value * rounded.data[Math.floor(i / channels)]);
  const dLogits = map(rounded, (value, pixel) => {
    let sum = 0;
    for (let i = pixel * channels; i < (pixel + 1) * channels; i++) sum += dy.data[i] * x.data[i];
    return sum * value * (1 - value);
  });
  const inputs = { x, gate: rounded, dy };
  await checkKernel({ name: 'DiffusionSslAttentionGateGradient', inputs, expected: [dx, dLogits] });
}

async function checkAddRelu(shape: number[]): Promise<void> {
  const [a, b, dy] = [1, 2, 3].map((seed) => randomTensor(shape, seed));
  const y = map(a, (value, i) => Math.fround(Math.max(value + b.data[i], 0)));
  await checkKernel({ name: 'DiffusionSslAddRelu', inputs: { a, b }, expected: [y] });
  const dx = map(dy, (value, i) => (y.data[i] > 0 ? value : 0));
  await checkKernel({ name: 'DiffusionSslReluGradient', inputs: { dy, y }, expected: [dx] });
}

const shapes = [
  { shape: [1, 1, 1, 1] },
  { shape: [2, 3, 5, 1] },
  { shape: [8, 64, 64, 16] },
  { shape: [1, 7, 3, 6] },
  { shape: [2, 2, 2, 515] },
];

describe('attention kernels', () => {
  it.each(shapes)('gate, $shape', ({ shape }) =>
    checkGate(randomTensor(shape, 1), randomTensor([...shape.slice(0, 3), 1], 2)),
  );

  it('gates from closed to open', async () => {
    const logits = map(randomTensor([2, 16, 16, 1], 4), (value) => Math.fround(200 * value ** 3));
    await checkGate(randomTensor([2, 16, 16, 5], 1), logits);
  });

  it('closes a gate below 2^-80, so that nothing behind it is too small to be normal', async () => {
    const logits = tf.tensor([-120, -60, -50, 0, Number.NaN], [1, 1, 5, 1]);
    const [y, gate] = tf
      .engine()
      .runKernel('DiffusionSslAttentionGate', { x: tf.ones([1, 1, 5, 1]), logits }) as unknown as tf.Tensor[];
    for (const tensor of [y, gate]) {
      const [closed, also, open, half, missing] = await tensor.data();
      expect([closed, also, half, missing]).toEqual([0, 0, 0.5, Number.NaN]);
      expect(open / 1.928749847963918e-22).toBeCloseTo(1, 5);
    }
  });

  it.each(shapes)('max(0, a + b), $shape', ({ shape }) => checkAddRelu(shape));

  it('any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(...[3, 7, 7, 40].map((max) => fc.integer({ min: 1, max }))),
        async (shape) => {
          await checkGate(randomTensor(shape, 1), randomTensor([...shape.slice(0, 3), 1], 2));
          await checkAddRelu(shape);
        },
      ),
      { numRuns: 20 },
    ));
});
