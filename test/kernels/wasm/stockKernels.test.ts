import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerTrainingKernels } from '../../../src/kernels/wasm/registerTrainingKernels.js';
import { upload } from '../../ops/checkOp.js';
import { type HostTensor, randomTensor, zeros } from '../../ops/referenceOps.js';
import { expectTensorsKept } from '../../support/backend.js';
import { expectAgreement, expectIdentical, startKernels } from './checkKernel.js';
import { layOut, visitWindows, type WindowCase } from './referenceWindows.js';

beforeAll(startKernels);

/** Runs a kernel under its name in tfjs, compares its output, and sees that inputs and memory are as before. */
async function check(
  name: string,
  inputs: Record<string, HostTensor>,
  attributes: tf.NamedAttrMap,
  expected: HostTensor,
): Promise<void> {
  await expectTensorsKept(0, async () => {
    const tensors = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, upload(value)]));
    const y = tf.engine().runKernel(name, tensors, attributes) as tf.Tensor;
    expect(y.shape).toEqual(expected.shape);
    expectAgreement(await y.data(), expected.data, name);
    for (const [key, tensor] of Object.entries(tensors))
      expectIdentical(await tensor.data(), Float32Array.from(inputs[key].data), `${key} is unchanged`);
    tf.dispose([tensors, y]);
  });
}

async function checkConvolution(windows: WindowCase, m: number, n: number): Promise<void> {
  const { batch, size, taps, strides, pad } = windows;
  const x = randomTensor([batch, ...size, m], 1);
  const filter = randomTensor([...taps, m, n], 2);
  const dy = randomTensor([batch, ...layOut(windows).out, n], 3);
  const [dx, dw] = [zeros(x.shape), zeros(filter.shape)];
  visitWindows(windows, (input, output, tap) => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        dx.data[input * m + i] += dy.data[output * n + j] * filter.data[(tap * m + i) * n + j];
        dw.data[(tap * m + i) * n + j] += x.data[input * m + i] * dy.data[output * n + j];
      }
  });
  const attributes = { strides, pad, dataFormat: 'NHWC' };
  await check('Conv2DBackpropInput', { dy, filter }, { ...attributes, inputShape: x.shape }, dx);
  await check('Conv2DBackpropFilter', { x, dy }, { ...attributes, filterShape: filter.shape }, dw);
}

async function checkDepthwise(windows: WindowCase, channels: number, multiplier: number): Promise<void> {
  const { batch, size, taps, strides, dilations, pad } = windows;
  const n = channels * multiplier;
  const x = randomTensor([batch, ...size, channels], 1);
  const filter = randomTensor([...taps, channels, multiplier], 2);
  const dy = randomTensor([batch, ...layOut(windows).out, n], 3);
  const [dx, dw] = [zeros(x.shape), zeros(filter.shape)];
  visitWindows(windows, (input, output, tap) => {
    for (let j = 0; j < n; j++) {
      const i = input * channels + Math.floor(j / multiplier);
      dx.data[i] += dy.data[output * n + j] * filter.data[tap * n + j];
      dw.data[tap * n + j] += x.data[i] * dy.data[output * n + j];
    }
  });
  const attributes = { strides, pad, dilations };
  const kernel = 'DepthwiseConv2dNativeBackprop';
  await check(`${kernel}Input`, { dy, filter }, { ...attributes, inputShape: x.shape }, dx);
  await check(`${kernel}Filter`, { x, dy }, { ...attributes, filterShape: filter.shape }, dw);
}

async function checkPools(windows: WindowCase, channels: number): Promise<void> {
  const { batch, size, taps, strides, pad } = windows;
  const x = randomTensor([batch, ...size, channels], 1);
  // Few values, so that maxima are shared, and none above zero.
  const input = { ...x, data: x.data.map((value) => Math.round(4 * value) - 5) };
  const dy = randomTensor([batch, ...layOut(windows).out, channels], 3);
  const seen = new Map<number, number[]>();
  visitWindows(windows, (pixel, output) => seen.set(output, [...(seen.get(output) ?? []), pixel]));
  const [ofMaximum, ofMean] = [zeros(x.shape), zeros(x.shape)];
  for (const [output, pixels] of seen)
    for (let c = 0; c < channels; c++) {
      const gradient = dy.data[output * channels + c];
      const values = pixels.map((pixel) => input.data[pixel * channels + c]);
      ofMaximum.data[pixels[values.indexOf(Math.max(...values))] * channels + c] += gradient;
      for (const pixel of pixels) ofMean.data[pixel * channels + c] += gradient / pixels.length;
    }
  const attributes = { filterSize: taps, strides, pad };
  await check('MaxPoolGrad', { dy, input, output: dy }, attributes, ofMaximum);
  await check('AvgPoolGrad', { dy, input }, attributes, ofMean);
}

const side = (max: number) => fc.integer({ min: 1, max });
const pair = (max: number) => fc.tuple(side(max), side(max));

/** Windows of any kind that have an output; with strides there is no dilation. */
const windows = (dilated: boolean) =>
  fc
    .record({
      batch: side(3),
      size: pair(12),
      taps: pair(5),
      strides: pair(4),
      dilations: dilated ? pair(3) : fc.constant<[number, number]>([1, 1]),
      pad: fc.constantFrom('same' as const, 'valid' as const),
    })
    .filter((all) => layOut(all).out.every((n) => n > 0))
    .filter(({ strides, dilations }) => Math.max(...strides) === 1 || Math.max(...dilations) === 1);

const plain = { batch: 2, strides: [1, 1], dilations: [1, 1], pad: 'same' } as const;

describe('gradients of stock convolutions', () => {
  it.each<WindowCase & { m: number; n: number }>([
    { ...plain, strides: [1, 1], dilations: [1, 1], size: [16, 16], taps: [3, 3], m: 48, n: 64 },
    { ...plain, strides: [2, 2], dilations: [1, 1], size: [16, 16], taps: [4, 4], m: 32, n: 48 },
    { ...plain, strides: [2, 2], dilations: [1, 1], size: [33, 31], taps: [3, 3], m: 20, n: 12 },
    { ...plain, strides: [8, 8], dilations: [1, 1], size: [32, 32], taps: [8, 8], m: 3, n: 40 },
    { ...plain, strides: [1, 1], dilations: [1, 1], size: [1, 90], taps: [1, 5], m: 9, n: 17 },
  ])('$size, taps $taps, stride $strides, $m to $n channels', ({ m, n, ...rest }) =>
    checkConvolution(rest, m, n),
  );

  it('of any shape', () =>
    fc.assert(fc.asyncProperty(windows(false), side(18), fc.integer({ min: 1, max: 40 }), checkConvolution), {
      numRuns: 60,
    }));

  it('refuse another layout', () => {
    const dy = tf.zeros([1, 2, 4, 4]);
    const attributes = { strides: [1, 1], pad: 'same', dataFormat: 'NCHW', filterShape: [1, 1, 2, 2] };
    expect(() => tf.engine().runKernel('Conv2DBackpropFilter', { x: dy, dy }, attributes)).toThrow(
      "Conv2DBackpropFilter: the wasm backend computes in the layout 'NHWC', not 'NCHW'.",
    );
    dy.dispose();
  });
});

describe('gradients of stock depthwise convolutions', () => {
  it('of many pixels', () =>
    checkDepthwise({ ...plain, strides: [1, 1], dilations: [1, 1], size: [40, 33], taps: [3, 3] }, 21, 1));

  it('of any shape', () =>
    fc.assert(fc.asyncProperty(windows(true), side(18), side(3), checkDepthwise), { numRuns: 60 }));
});

it('gradients of stock pooling, of any shape', () =>
  fc.assert(fc.asyncProperty(windows(false), side(37), checkPools), { numRuns: 60 }));

describe('sums of segments', () => {
  it('leave out rows of no segment', async () => {
    const values = randomTensor([50, 3, 47], 1);
    const x = upload(values);
    const numbers = Int32Array.from({ length: 50 }, (_, i) => ((i * 7) % 9) - 1);
    const expected = zeros([6, 3, 47]);
    values.data.forEach((value, i) => {
      const segment = numbers[Math.floor(i / 141)];
      if (segment >= 0 && segment < 6) expected.data[segment * 141 + (i % 141)] += value;
    });
    const segments = tf.tensor1d(numbers, 'int32');
    const y = await expectTensorsKept(1, () => tf.unsortedSegmentSum(x, segments, 6));
    expect(y.shape).toEqual([6, 3, 47]);
    expectAgreement(await y.data(), expected.data);
    tf.dispose([x, segments, y]);
  });

  it('refuse what they do not sum', () => {
    const x = tf.zeros([3, 2], 'int32');
    const ids = tf.tensor1d([0, 1, 1], 'int32');
    expect(() => tf.unsortedSegmentSum(x, ids, 2)).toThrow(/the values are int32/);
    tf.dispose([x, ids]);
  });
});

it('take the place of the stock ones until they are unregistered', async () => {
  await (await registerTrainingKernels()).unregister();
  const names = ['Conv2DBackpropFilter', 'UnsortedSegmentSum', 'MaxPoolGrad', 'Conv2DBackpropInput'];
  const functions = () => names.map((name) => tf.getKernel(name, 'wasm')?.kernelFunc);
  const before = functions();
  const { unregister } = await registerTrainingKernels();
  for (const [i, kernel] of functions().entries()) expect(kernel, names[i]).not.toBe(before[i]);
  await unregister();
  expect(functions()).toEqual(before);
  const [x, w] = [tf.zeros([1, 4, 4, 2]), tf.variable(tf.zeros([3, 3, 2, 2]))];
  const loss = () => tf.sum(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')) as tf.Scalar;
  expect(() => tf.variableGrads(loss, [w])).toThrow(
    /wasm: the gradient of a convolution's filter is not in this backend.*registerTrainingKernels\(\)/,
  );
  await startKernels();
});
