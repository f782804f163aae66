import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import {
  type HostTensor,
  pixelShuffle,
  randomTensor,
  upsampleBilinear2d,
  zeros,
} from '../../ops/referenceOps.js';
import { checkKernel, startKernels } from './checkKernel.js';

beforeAll(startKernels);

/** Weights [2·size][size] of one axis. */
const weights = (size: number) =>
  Array.from({ length: 2 * size }, (_, i) =>
    Array.from({ length: size }, (_, j) => Math.max(0, 1 - Math.abs((i * (size - 1)) / (2 * size - 1) - j))),
  );

/** Each gradient spread over the pixels that it was interpolated from. */
function bilinearGradient(dy: HostTensor): HostTensor {
  const [batch, height, width, channels] = [dy.shape[0], dy.shape[1] / 2, dy.shape[2] / 2, dy.shape[3]];
  const result = zeros([batch, height, width, channels]);
  const [rows, columns] = [weights(height), weights(width)];
  dy.data.forEach((gradient, i) => {
    const c = i % channels;
    const column = Math.floor(i / channels) % (2 * width);
    const row = Math.floor(i / channels / (2 * width)) % (2 * height);
    const image = Math.floor(i / channels / (2 * width) / (2 * height));
    rows[row].forEach((vertical, y) => {
      if (vertical === 0) return;
      columns[column].forEach((horizontal, x) => {
        const target = ((image * height + y) * width + x) * channels + c;
        result.data[target] += vertical * horizontal * gradient;
      });
    });
  });
  return result;
}

async function check(shape: number[]): Promise<void> {
  const x = randomTensor(shape, 1);
  await checkKernel({
    name: 'DiffusionSslUpsampleBilinear',
    inputs: { x },
    expected: [upsampleBilinear2d(x)],
  });
  const dy = randomTensor([shape[0], 2 * shape[1], 2 * shape[2], shape[3]], 2);
  await checkKernel({
    name: 'DiffusionSslUpsampleBilinearGradient',
    inputs: { dy },
    expected: [bilinearGradient(dy)],
  });
  const cells = randomTensor([...shape.slice(0, 3), 4 * shape[3]], 3);
  const y = pixelShuffle(cells);
  await checkKernel({ name: 'DiffusionSslPixelShuffle', inputs: { x: cells }, expected: [y] });
  await checkKernel({ name: 'DiffusionSslPixelUnshuffle', inputs: { y }, expected: [cells] });
}

describe('kernels that double the size', () => {
  it.each([
    { shape: [1, 1, 1, 1] },
    { shape: [2, 1, 7, 5] },
    { shape: [1, 7, 1, 4] },
    { shape: [2, 2, 3, 6] },
    { shape: [2, 28, 28, 16] },
    { shape: [1, 3, 5, 130] },
  ])('$shape', ({ shape }) => check(shape));

  it('any shape', () =>
    fc.assert(fc.asyncProperty(fc.tuple(...[3, 9, 9, 20].map((max) => fc.integer({ min: 1, max }))), check), {
      numRuns: 20,
    }));
});
