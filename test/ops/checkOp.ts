import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { expectTensorsKept } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { type HostTensor, randomTensor } from './referenceOps.js';

/** A host tensor on the backend. */
export const upload = <R extends tf.Rank>({ shape, data }: HostTensor): tf.Tensor<R> =>
  tf.tensor(Float32Array.from(data), shape as tf.ShapeMap[R]);

/** What an operation and its reference in float64 are compared on. */
export interface OpCase {
  inputs: HostTensor[];
  op: (...inputs: tf.Tensor[]) => tf.Tensor;
  reference: (...inputs: HostTensor[]) => HostTensor;
}

/**
 * Compares an operation with its reference: the values, the gradient of each input with central differences of the
 * reference in float64 (every element, random cotangent), and the tensors left behind.
 */
export async function checkOp({ inputs, op, reference }: OpCase): Promise<void> {
  const expected = reference(...inputs);
  const tensors = inputs.map((input) => upload(input));
  const before = tensors.map((tensor) => tensor.clone());

  const y = await expectTensorsKept(1, () => op(...tensors));
  expect(y.shape).toEqual(expected.shape);
  expectClose(await y.data(), expected.data, { abs: 2e-5, rel: 2e-5 });

  const cotangent = randomTensor(expected.shape, 99);
  const dy = upload(cotangent);
  const gradients = await expectTensorsKept(inputs.length, () => tf.grads(op)(tensors, dy));
  for (const [i, gradient] of gradients.entries()) {
    expect(gradient.shape, `gradient ${i}`).toEqual(inputs[i].shape);
    expectClose(await gradient.data(), centralDifferences(inputs, i, reference, cotangent), {
      abs: 1e-4,
      rel: 1e-4,
    });
  }
  for (const [i, tensor] of tensors.entries()) {
    expect(await tensor.data(), 'the input is unchanged').toEqual(await before[i].data());
  }
  tf.dispose([tensors, before, y, dy, gradients]);
}

/** Gradient of <reference(inputs), cotangent> with respect to input `index`. */
function centralDifferences(
  inputs: HostTensor[],
  index: number,
  reference: OpCase['reference'],
  cotangent: HostTensor,
): Float64Array {
  const step = 1e-5;
  const moved = { shape: inputs[index].shape, data: inputs[index].data.slice() };
  const args = inputs.map((input, i) => (i === index ? moved : input));
  const product = () => reference(...args).data.reduce((sum, value, i) => sum + value * cotangent.data[i], 0);
  return moved.data.map((value, i) => {
    moved.data[i] = value + step;
    const above = product();
    moved.data[i] = value - step;
    const below = product();
    moved.data[i] = value;
    return (above - below) / (2 * step);
  });
}

/** Asserts that a call throws a message and leaves no tensor behind. */
export async function expectThrowsClean(body: () => unknown, message: RegExp): Promise<void> {
  await expectTensorsKept(0, () => expect(body).toThrow(message));
}
