import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import { randomTensor } from '../../ops/referenceOps.js';
import { checkKernel, startKernels } from './checkKernel.js';
import { correlate, filterGradient, spread } from './referenceConvolution.js';

const { prefersWinograd } = vi.hoisted(() => ({ prefersWinograd: vi.fn(() => true) }));
vi.mock('../../../src/kernels/wasm/prefersWinograd.js', () => ({ prefersWinograd }));

beforeAll(startKernels);

/** Compares the convolution of an image with a 3×3 filter, and its gradients. */
async function checkConvolution([batch, h, w, m, n]: number[]): Promise<void> {
  const x = randomTensor([batch, h, w, m], 1);
  const dy = randomTensor([batch, h, w, n], 2);
  const filter = randomTensor([3, 3, m, n], 3);
  const name = 'DiffusionSslConv2D';
  await checkKernel({ name, inputs: { x, filter }, expected: [correlate(x, filter, 1)] });
  const dx = [spread(dy, filter, 1)];
  await checkKernel({ name: `${name}BackpropInput`, inputs: { dy, filter }, expected: dx });
  const dw = [filterGradient(x, dy, 3)];
  await checkKernel({
    name: `${name}BackpropFilter`,
    inputs: { x, dy },
    attributes: { size: 3 },
    expected: dw,
  });
}

/** The same for a transposed convolution with a 4×4 filter. */
async function checkTransposed([batch, h, w, c, n]: number[]): Promise<void> {
  const x = randomTensor([batch, h, w, n], 1);
  const dy = randomTensor([batch, 2 * h, 2 * w, c], 2);
  const filter = randomTensor([4, 4, c, n], 3);
  const name = 'DiffusionSslConv2DTranspose';
  await checkKernel({ name, inputs: { x, filter }, expected: [spread(x, filter, 2)] });
  const dx = [correlate(dy, filter, 2)];
  await checkKernel({ name: `${name}BackpropInput`, inputs: { dy, filter }, expected: dx });
  const dw = [filterGradient(dy, x, 4)];
  await checkKernel({
    name: `${name}BackpropFilter`,
    inputs: { x, dy },
    attributes: { size: 4 },
    expected: dw,
  });
}

const batch = fc.integer({ min: 1, max: 3 });
const fours = fc.integer({ min: 1, max: 12 }).map((n) => 4 * n);

it('Winograd gives the sums of the direct way for any shape, where it is not the choice too', async () => {
  const side = fc.integer({ min: 1, max: 19 });
  const shapes = fc.tuple(batch, side, side, fours, fours);
  await fc.assert(fc.asyncProperty(shapes, checkConvolution), { numRuns: 40 });
  expect(prefersWinograd).toHaveBeenCalled();
});

it('and so it does for transposed convolutions, for each phase of their output', async () => {
  const side = fc.integer({ min: 1, max: 11 });
  const shapes = fc.tuple(batch, side, side, fours, fours);
  await fc.assert(fc.asyncProperty(shapes, checkTransposed), { numRuns: 40 });
});

it('of convolutions with so many channels that filters are worked on in blocks', async () => {
  await checkConvolution([2, 7, 6, 300, 276]);
  await checkTransposed([2, 6, 7, 140, 268]);
});

it('and of such with so many pixels that their tiles are', async () => {
  await checkConvolution([2, 55, 60, 8, 12]);
  await checkConvolution([1, 50, 50, 68, 64]);
  await checkTransposed([3, 27, 30, 8, 12]);
});
