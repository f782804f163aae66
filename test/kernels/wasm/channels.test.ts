import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { biasAdd, concatChannels, type HostTensor, randomTensor } from '../../ops/referenceOps.js';
import { checkKernel, startKernels } from './checkKernel.js';

beforeAll(startKernels);

async function checkConcat(a: HostTensor, b: HostTensor): Promise<void> {
  const y = concatChannels(a, b);
  await checkKernel({ name: 'DiffusionSslConcatChannels', inputs: { a, b }, expected: [y] });
  const attributes = { channels: a.shape[3] };
  await checkKernel({ name: 'DiffusionSslSplitChannels', inputs: { y }, attributes, expected: [a, b] });
}

async function checkBias(x: HostTensor): Promise<void> {
  const channels = x.shape[3];
  const bias = randomTensor([channels], 2);
  await checkKernel({ name: 'DiffusionSslBiasAdd', inputs: { x, bias }, expected: [biasAdd(x, bias)] });
  const sum = new Float64Array(channels);
  x.data.forEach((value, i) => {
    sum[i % channels] += value;
  });
  const expected = [{ shape: [channels], data: sum }];
  await checkKernel({ name: 'DiffusionSslChannelSum', inputs: { x }, expected });
}

describe('kernels over channels', () => {
  it.each([
    { shape: [1, 1, 1, 1], other: 1 },
    { shape: [2, 3, 5, 3], other: 4 },
    { shape: [8, 64, 64, 16], other: 16 },
    { shape: [1, 7, 3, 6], other: 1 },
    { shape: [2, 2, 2, 515], other: 9 },
  ])('$shape and $other', async ({ shape, other }) => {
    await checkConcat(randomTensor(shape, 1), randomTensor([...shape.slice(0, 3), other], 2));
    await checkBias(randomTensor(shape, 1));
  });

  it('the sum of many large values', async () => {
    const x = randomTensor([4, 224, 224, 1], 3);
    await checkBias({ shape: x.shape, data: x.data.map((value) => Math.fround(value + 1000)) });
  });

  it('any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(...[3, 7, 7, 40].map((max) => fc.integer({ min: 1, max }))),
        fc.integer({ min: 1, max: 20 }),
        async (shape, other) => {
          await checkConcat(randomTensor(shape, 1), randomTensor([...shape.slice(0, 3), other], 2));
          await checkBias(randomTensor(shape, 1));
        },
      ),
      { numRuns: 20 },
    ));
});
