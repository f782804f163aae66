import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { randomTensor } from '../ops/referenceOps.js';

/** Differences that are tried for a variable at most; the elements are spread over it. */
const MOST = process.env.TEST_BACKEND === 'webgpu' ? 12 : 400;

/**
 * Compares the gradients of a function with differences of its values, extrapolated from two step sizes, so that their
 * error is the rounding of float32 alone: at most 3e-4 of the largest gradient.
 *
 * @param call Computes from the variables' present values; the same for the same values.
 * @param step Smaller where the function is not smooth further off.
 */
export async function checkGradients(
  call: () => tf.Tensor,
  variables: readonly tf.Variable[],
  step = 2 ** -5,
): Promise<void> {
  const shape = tf.tidy(() => call().shape);
  const weights = randomTensor(shape, 7).data;
  const { value, grads } = tf.variableGrads(
    () => tf.sum(tf.mul(call(), tf.tensor(Float32Array.from(weights), shape))) as tf.Scalar,
    [...variables],
  );
  value.dispose();
  expect(Object.keys(grads).sort()).toEqual(variables.map(({ name }) => name).sort());
  const sum = async () => {
    const y = tf.tidy(call);
    const values = Float64Array.from(await y.data());
    y.dispose();
    return values.reduce((total, value, i) => total + value * weights[i], 0);
  };
  for (const variable of variables) {
    const gradient = Float64Array.from(await grads[variable.name].data());
    const present = (await variable.data()).slice() as Float32Array;
    const difference = async (index: number, step: number) => {
      const at = async (sign: number) => {
        const moved = present.slice();
        moved[index] += sign * step;
        tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
        return { place: moved[index], value: await sum() };
      };
      const [above, below] = [await at(1), await at(-1)];
      return (above.value - below.value) / (above.place - below.place);
    };
    // Of all elements, also of those that are not tried.
    let largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    let [worst, where] = [0, -1];
    const every = Math.max(1, Math.ceil(variable.size / MOST));
    for (let i = 0; i < variable.size; i += every) {
      const expected = (4 * (await difference(i, step)) - (await difference(i, 2 * step))) / 3;
      largest = Math.max(largest, Math.abs(expected));
      const error = Math.abs(expected - gradient[i]);
      if (!(error <= worst)) [worst, where] = [error, i];
    }
    tf.tidy(() => variable.assign(tf.tensor(present, variable.shape)));
    expect(largest, `largest gradient of ${variable.name}`).toBeGreaterThan(0);
    expect(worst / largest, `error of the gradient of ${variable.name} at ${where}`).toBeLessThan(3e-4);
  }
  tf.dispose(grads);
}
