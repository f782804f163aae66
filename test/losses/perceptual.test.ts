import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { SafetensorsFile } from '../../src/interop/safetensorsTypes.js';
import { getLossFn, type HostWeight, perceptual, Vgg16Features } from '../../src/losses/index.js';
import { checkOp } from '../ops/checkOp.js';
import * as reference from '../ops/referenceOps.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, relativeL2, type Tolerance } from '../support/compare.js';
import { fixturePath, readFixture } from '../support/fixtures.js';

const valuesIn = ({ tensors }: SafetensorsFile, name: string) => tensors.get(name)!.data as Float32Array;
const tensorIn = (file: SafetensorsFile, name: string) =>
  tf.tensor(Float32Array.from(valuesIn(file, name)), file.tensors.get(name)!.shape);

beforeAll(startTestBackend);

describe('the reference with random weights', () => {
  const fixture = readFixture<{
    tolerance: { value: Tolerance; grad_relative_l2: number };
    value: number;
    layers: string[];
  }>('losses/perceptual.json');
  const vgg = readSafetensors(readFileSync(fixturePath('losses/perceptual_vgg.safetensors')));
  const io = readSafetensors(readFileSync(fixturePath('losses/perceptual.safetensors')));

  it('features', async () => {
    const features = new Vgg16Features(vgg.tensors, { layers: fixture.layers });
    for (const [i, output] of features.apply(tensorIn(io, 'pred')).entries()) {
      const name = `pred_${fixture.layers[i].replace('.', '_')}_mean_hw`;
      expectClose(await tf.mean(output, [1, 2]).data(), valuesIn(io, name), fixture.tolerance.value);
    }
  });

  it('value and gradient, by the default layers', async () => {
    const features = new Vgg16Features(vgg.tensors);
    expect(features.layerNames).toEqual(fixture.layers);
    const [prediction, target] = [tensorIn(io, 'pred'), tensorIn(io, 'target')];
    const loss = getLossFn('perceptual', { features });
    const value = await expectTensorsKept(1, () => loss(prediction, target));
    expectClose(await value.data(), [fixture.value], fixture.tolerance.value);
    const gradient = await expectTensorsKept(1, () => tf.grad((x: tf.Tensor) => loss(x, target))(prediction));
    expect(relativeL2(await gradient.data(), valuesIn(io, 'grad'))).toBeLessThan(
      fixture.tolerance.grad_relative_l2,
    );
  });
});

describe('torch on a narrow network of all five blocks', () => {
  // Written by perceptualTorch.py beside it: three of four bands, ImageNet's statistics, odd sides, a pooling layer.
  const file = readSafetensors(
    readFileSync(fileURLToPath(new URL('perceptualTorch.safetensors', import.meta.url))),
  );
  const { bands, layers, weights } = Object.fromEntries(
    Object.entries(file.metadata).map(([key, text]) => [key, JSON.parse(text)]),
  );
  const options = { layers, bands, normalization: 'imagenet' as const };
  const images = () => [tensorIn(file, 'prediction'), tensorIn(file, 'target')] as const;
  const expected = valuesIn(file, 'per_sample');
  const tolerance = { abs: 1e-5, rel: 1e-5 };
  const weighted = expected.map((value, i) => value * weights[i]);
  const sum = (values: Float32Array) => values.reduce((a, b) => a + b);

  it('values: of each sample, mean and sum, weighted and not', async () => {
    const features = new Vgg16Features(file.tensors, options);
    const valuesOf = (o: { reduction?: 'mean' | 'sum' | 'none'; weights?: number[] }) =>
      perceptual(...images(), { features, ...o }).data();
    expectClose(await valuesOf({ reduction: 'none' }), expected, tolerance);
    expectClose(await valuesOf({ reduction: 'none', weights }), weighted, tolerance);
    expectClose(await valuesOf({}), [sum(expected) / 3], tolerance);
    expectClose(await valuesOf({ weights }), [sum(weighted) / 3], tolerance);
    expectClose(await valuesOf({ reduction: 'sum', weights }), [sum(weighted)], tolerance);
  });

  it('gradient of the weighted mean, 0 for the band that is not chosen', async () => {
    const features = new Vgg16Features(file.tensors, options);
    const [prediction, target] = images();
    const gradient = await tf
      .grad((x: tf.Tensor) => perceptual(x, target, { features, weights }))(prediction)
      .data();
    expect(relativeL2(gradient, valuesIn(file, 'gradient'))).toBeLessThan(1e-4);
    expect(gradient.filter((value, i) => i % 4 === 1 && value !== 0)).toHaveLength(0);
  });

  it('layers in any order and twice, of an extractor made inside tidy', async () => {
    const [image] = images();
    const asked = [2, 0, 2];
    const create = () => new Vgg16Features(file.tensors, { ...options, layers: asked.map((i) => layers[i]) });
    let features = create();
    features.dispose();
    tf.tidy(() => {
      features = create();
    });
    const straight = new Vgg16Features(file.tensors, options).apply(image);
    const outputs = await expectTensorsKept(3, () => features.apply(image));
    for (const [i, j] of asked.entries()) {
      expect(await outputs[i].data()).toEqual(await straight[j].data());
    }
    tf.dispose(outputs);
  });
});

describe('small networks', () => {
  /** Two convolutions, a pooling and another convolution, by torchvision's names. */
  const network = () => {
    const weights = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [index, outChannels, inChannels] of [
      [0, 2, 3],
      [2, 3, 2],
      [5, 2, 3],
    ]) {
      const shape = [outChannels, inChannels, 3, 3];
      const data = Float32Array.from(reference.randomTensor(shape, index).data);
      const bias = new Float32Array(outChannels).fill(0.1);
      weights.set(`features.${index}.weight`, { shape, data });
      weights.set(`features.${index}.bias`, { shape: [outChannels], data: bias });
    }
    return weights;
  };

  it('gradients equal finite differences', async () => {
    const weights = network();
    const features = new Vgg16Features(weights, { layers: ['features.1', 'features.6'] });
    const relu = (x: reference.HostTensor) => ({ ...x, data: x.data.map((value) => Math.max(value, 0)) });
    const convolve = (x: reference.HostTensor, index: number) => {
      const {
        shape: [o, c],
        data,
      } = weights.get(`features.${index}.weight`)!;
      const filter = reference.zeros([3, 3, c, o]);
      data.forEach((value, i) => {
        filter.data[((i % 9) * c + (Math.floor(i / 9) % c)) * o + Math.floor(i / 9 / c)] = value;
      });
      const bias = Float64Array.from(weights.get(`features.${index}.bias`)!.data);
      return relu(reference.biasAdd(reference.conv2d(x, filter), { shape: [o], data: bias }));
    };
    const outputs = (x: reference.HostTensor) => {
      const first = convolve(x, 0);
      return [first, convolve(reference.maxPool2d(convolve(first, 2)), 5)];
    };
    await checkOp({
      inputs: [reference.randomTensor([2, 4, 6, 3], 21), reference.randomTensor([2, 4, 6, 3], 22)],
      op: (a, b) => perceptual(a, b, { features, reduction: 'none' }),
      reference: (a, b) => {
        const pairs = outputs(a).map((output, i) => [output.data, outputs(b)[i].data]);
        const perSample = reference.zeros([2]);
        for (const [p, t] of pairs) {
          const size = p.length / 2;
          p.forEach((value, i) => {
            perSample.data[Math.floor(i / size)] += Math.abs(value - t[i]) / size;
          });
        }
        return perSample;
      },
    });
  });

  it('releases its weights, and keeps no tensor when it refuses', async () => {
    const images = tf.ones([1, 4, 4, 3]);
    await expectTensorsKept(0, () => {
      const features = new Vgg16Features(network(), { layers: ['features.6'] });
      tf.dispose(features.apply(images));
      features.dispose();
    });
  });

  it.each([
    [{ layers: [] }, /^Vgg16Features: layers is \[\]; it must be one name or more/],
    [{ layers: ['features.31'] }, /^Vgg16Features: layers\[0\] is 'features.31'/],
    [{ bands: [0, 1] as never }, /^Vgg16Features: bands is \[0, 1\]/],
    [{ bands: [0, -1, 2] as const }, /^Vgg16Features: bands\[1\] is -1/],
    [{ normalization: 'imageNet' as 'imagenet' }, /^Vgg16Features: normalization is 'imageNet'/],
    [{}, /^Vgg16Features: weights 'features.7.weight' is 'missing'/],
  ] as const)('refuses the options %j', async (options, message) => {
    await expectTensorsKept(0, () => expect(() => new Vgg16Features(network(), options)).toThrow(message));
  });

  it.each<[string, HostWeight, RegExp]>([
    [
      'features.2.weight',
      { shape: [3, 3, 3, 3], data: new Float32Array(81) },
      /is \[3, 3, 3, 3\]; it must be of shape \[outChannels, 2, 3, 3\]/,
    ],
    ['features.0.weight', { shape: [2, 3, 3, 3], data: new Float32Array(53) }, /53 values/],
    [
      'features.0.weight',
      { shape: [2, 3, 3, 3], data: new Uint16Array(54) },
      /Uint16Array; it must be a Float32Array/,
    ],
    ['features.0.bias', { shape: [3], data: new Float32Array(3) }, /is \[3\]/],
    ['features.0.bias', { shape: [2], data: Float32Array.of(0, Number.NaN) }, /is NaN; it must be finite/],
  ])('refuses another %s', async (name, weight, message) => {
    const weights = new Map<string, HostWeight>([...network(), [name, weight]]);
    await expectTensorsKept(0, () =>
      expect(() => new Vgg16Features(weights, { layers: ['features.6'] })).toThrow(message),
    );
  });

  it('refuses images that do not fit, or no features', async () => {
    const features = new Vgg16Features(network(), { layers: ['features.6'] });
    const chosen = new Vgg16Features(network(), { layers: ['features.6'], bands: [0, 1, 4] });
    const [four, small, flat] = [
      [1, 8, 8, 4],
      [1, 1, 8, 3],
      [1, 8, 3],
    ].map((shape) => tf.zeros(shape));
    await expectTensorsKept(0, () => {
      expect(() => perceptual(four, four, { features })).toThrow(
        /images is \[1, 8, 8, 4\]; it must be of rank 4 with 3 channels, or the option 'bands'/,
      );
      expect(() => perceptual(four, four, { features: chosen })).toThrow(/of rank 4 with the bands 0,1,4/);
      expect(() => perceptual(small, small, { features })).toThrow(/at least 2×2/);
      expect(() => perceptual(flat, flat, { features })).toThrow(/of rank 4/);
      expect(() => perceptual(four, small, { features })).toThrow(
        /^perceptual: target.shape is \[1, 1, 8, 3\]/,
      );
      expect(() => perceptual(four, four, {} as { features: Vgg16Features })).toThrow(
        /^perceptual: features is undefined/,
      );
      expect(() => getLossFn('perceptual')).toThrow(/^getLossFn: features is undefined/);
    });
  });
});
