import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import { randomTensor } from '../../ops/referenceOps.js';
import { checkKernel, startKernels } from './checkKernel.js';
import { correlate, filterGradient, spread } from './referenceConvolution.js';

const { prefersWinograd } = vi.hoisted(() => ({ prefersWinograd: vi.fn(() => true) }));
vi.mock('../../../src/kernels/wasm/prefersWinograd.js', () => ({ prefersWinograd }));

beforeAll(startKernels);

it('Winograd gives the sums of the direct way for any shape, where it is not the choice too', async () => {
  const side = fc.integer({ min: 1, max: 19 });
  const fours = fc.integer({ min: 1, max: 12 }).map((n) => 4 * n);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), side, side, fours, fours, async (batch, h, w, m, n) => {
      const x = randomTensor([batch, h, w, m], 1);
      const dy = randomTensor([batch, h, w, n], 2);
      const filter = randomTensor([3, 3, m, n], 3);
      await checkKernel({
        name: 'DiffusionSslConv2D',
        inputs: { x, filter },
        expected: [correlate(x, filter, 1)],
      });
      const dx = [spread(dy, filter, 1)];
      await checkKernel({ name: 'DiffusionSslConv2DBackpropInput', inputs: { dy, filter }, expected: dx });
      const dw = [filterGradient(x, dy, 3)];
      const attributes = { size: 3 };
      await checkKernel({
        name: 'DiffusionSslConv2DBackpropFilter',
        inputs: { x, dy },
        attributes,
        expected: dw,
      });
    }),
    { numRuns: 40 },
  );
  expect(prefersWinograd).toHaveBeenCalled();
});

it('and so it does for transposed convolutions, for each phase of their output', async () => {
  const side = fc.integer({ min: 1, max: 11 });
  const fours = fc.integer({ min: 1, max: 12 }).map((n) => 4 * n);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), side, side, fours, fours, async (batch, h, w, c, n) => {
      const x = randomTensor([batch, h, w, n], 1);
      const dy = randomTensor([batch, 2 * h, 2 * w, c], 2);
      const filter = randomTensor([4, 4, c, n], 3);
      const name = 'DiffusionSslConv2DTranspose';
      await checkKernel({ name, inputs: { x, filter }, expected: [spread(x, filter, 2)] });
      const dx = [correlate(dy, filter, 2)];
      await checkKernel({ name: `${name}BackpropInput`, inputs: { dy, filter }, expected: dx });
      const dw = [filterGradient(dy, x, 4)];
      const attributes = { size: 4 };
      await checkKernel({ name: `${name}BackpropFilter`, inputs: { x, dy }, attributes, expected: dw });
    }),
    { numRuns: 40 },
  );
});

it('of transposed convolutions so large that their tiles are worked on in blocks too', async () => {
  const x = randomTensor([3, 27, 30, 12], 1);
  const dy = randomTensor([3, 54, 60, 8], 2);
  const filter = randomTensor([4, 4, 8, 12], 3);
  const name = 'DiffusionSslConv2DTranspose';
  await checkKernel({ name, inputs: { x, filter }, expected: [spread(x, filter, 2)] });
  await checkKernel({
    name: `${name}BackpropInput`,
    inputs: { dy, filter },
    expected: [correlate(dy, filter, 2)],
  });
  const expected = [filterGradient(dy, x, 4)];
  await checkKernel({ name: `${name}BackpropFilter`, inputs: { x, dy }, attributes: { size: 4 }, expected });
});
