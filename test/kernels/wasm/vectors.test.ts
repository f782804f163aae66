import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { upload } from '../../ops/checkOp.js';
import { type HostTensor, randomTensor } from '../../ops/referenceOps.js';
import { checkKernel, expectAgreement, expectIdentical, startKernels } from './checkKernel.js';

beforeAll(startKernels);

const tensor = (shape: number[], values: Iterable<number>): HostTensor => ({
  shape,
  data: Float64Array.from(values),
});
const named = (tensors: HostTensor[]) => Object.fromEntries(tensors.map((each, i) => [`tensor${i}`, each]));

/** Adam's step in float64. */
async function checkAdam(size: number, keep: number, penalty: number): Promise<void> {
  const [parameters, gradients, first, root2] = [1, 2, 3, 4].map((seed) => randomTensor([size], seed));
  const second = tensor(
    [size],
    root2.data.map((value) => Math.fround(value * value)),
  );
  const attributes = { beta1: 0.9, beta2: 0.999, rate: 1e-2, root: 0.05, epsilon: 1e-8, keep, penalty };
  const g = gradients.data.map((value, i) => value + penalty * parameters.data[i]);
  const m = g.map((value, i) => 0.9 * first.data[i] + (1 - 0.9) * value);
  const v = g.map((value, i) => 0.999 * second.data[i] + (1 - 0.999) * value ** 2);
  const p = m.map((value, i) => keep * parameters.data[i] - (1e-2 * value) / (Math.sqrt(v[i]) / 0.05 + 1e-8));
  const inputs = [parameters, gradients, first, second].map((each) => upload(each));
  const [p0, g0, first0, second0] = inputs;
  const named = { parameters: p0, gradients: g0, first: first0, second: second0 };
  const updated = tf.engine().runKernel('DiffusionSslAdam', named, attributes) as tf.Tensor;
  expectAgreement(await updated.data(), p, 'parameters');
  expectAgreement(await first0.data(), m, 'first moment');
  expectAgreement(await second0.data(), v, 'second moment');
  expectIdentical(await p0.data(), Float32Array.from(parameters.data), 'the old parameters are unchanged');
  expectIdentical(await g0.data(), Float32Array.from(gradients.data), 'the gradients are unchanged');
  tf.dispose([inputs, updated]);
}

async function checkVectors(shapes: number[][]): Promise<void> {
  const tensors = shapes.map((shape, i) => randomTensor(shape, i + 1));
  const values = tensors.flatMap(({ data }) => [...data]);
  const packed = tensor([values.length], values);
  await checkKernel({ name: 'DiffusionSslPack', inputs: named(tensors), expected: [packed] });
  const zeros = named(tensors.map(({ shape, data }) => tensor(shape, new Float64Array(data.length))));
  await checkKernel({
    name: 'DiffusionSslUnpack',
    inputs: { values: packed, ...zeros },
    expected: tensors,
  });
  const other = randomTensor(packed.shape, 77);
  await checkKernel({
    name: 'DiffusionSslBlend',
    inputs: { a: packed, b: other },
    attributes: { factorA: 0.9, factorB: 0.1 },
    expected: [
      tensor(
        packed.shape,
        values.map((value, i) => 0.9 * value + 0.1 * other.data[i]),
      ),
    ],
  });
  const norm = Math.hypot(...values);
  const rounded = tensor([], [Math.fround(norm)]);
  await checkKernel({
    name: 'DiffusionSslGlobalNorm',
    inputs: named(tensors),
    expected: [tensor([], [norm])],
  });
  for (const maxNorm of [0.5 * norm, 2 * norm + 1, Number.MAX_VALUE]) {
    const factor = Math.min(1, maxNorm / (rounded.data[0] + 1e-6));
    await checkKernel({
      name: 'DiffusionSslClip',
      inputs: { norm: rounded, ...named(tensors) },
      attributes: { maxNorm },
      expected: tensors.map(({ shape, data }) =>
        tensor(
          shape,
          data.map((value) => factor * value),
        ),
      ),
    });
  }
}

describe('kernels over vectors', () => {
  it.each([1, 3, 4, 4097, 300_001])('Adam, %i values', async (size) => {
    await checkAdam(size, 1 - 1e-4, 0);
    await checkAdam(size, 1, 0.3);
  });

  it.each([
    { shapes: [[1]] },
    { shapes: [[3, 3, 5, 7], [7], [], [2, 9]] },
    { shapes: [[8191], [8193], [3]] },
  ])('pack, blend, norm, clip: $shapes', ({ shapes }) => checkVectors(shapes));

  it('any shapes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }), { minLength: 1, maxLength: 9 }),
        checkVectors,
      ),
      { numRuns: 20 },
    ));
});
