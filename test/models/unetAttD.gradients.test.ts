import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/internal/philox.js';
import { type NamedParameter, namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { startTestBackend } from '../support/backend.js';
import { normals, outputOf, smallBatch, smallConfig, upmodeCases } from './smallModels.js';

beforeAll(startTestBackend);

const DIRECTIONS = 9;

/**
 * Median, over random directions, of the relative difference between a directional derivative and its central
 * difference. Each direction is noise as large as the gradient of each tensor plus the gradient itself, so that the
 * derivative is far from zero; the median lets single directions cross a kink of ReLU or maximum.
 */
async function medianError(
  variables: tf.Variable[],
  gradients: tf.Tensor[],
  loss: () => Promise<number>,
): Promise<number> {
  const start = await Promise.all(variables.map((variable) => variable.data<'float32'>()));
  const slope = await Promise.all(gradients.map((gradient) => gradient.data<'float32'>()));
  const at = async (factor: number, direction: Float32Array[]) => {
    variables.forEach((variable, i) => {
      const moved = start[i].map((value, j) => value + factor * direction[i][j]);
      tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
    });
    return loss();
  };
  const errors: number[] = [];
  for (let trial = 0; trial < DIRECTIONS; trial++) {
    const direction = slope.map((values, i) => {
      const rms = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
      const noise = randomNormal(values.length, { seed: 7, stream: i, step: trial });
      return values.map((value, j) => value + rms * noise[j]);
    });
    const derivative = slope.reduce(
      (sum, values, i) => sum + values.reduce((dot, value, j) => dot + value * direction[i][j], 0),
      0,
    );
    // A step that changes the loss, of order 1, by 3e-5: far above its rounding, and too small to cross many kinks.
    const step = 3e-5 / Math.abs(derivative);
    const difference = (await at(step, direction)) - (await at(-step, direction));
    errors.push(Math.abs(difference / (2 * step) / derivative - 1));
  }
  await at(0, slope);
  return errors.sort((a, b) => a - b)[Math.floor(DIRECTIONS / 2)];
}

/** Random scales and shifts: with those of a new model, a channel without variance sits on the kink of its ReLU. */
function moveOffKinks(parameters: NamedParameter[]): void {
  const vectors = parameters.filter(({ spec }) => spec.trainable && spec.shape.length === 1);
  vectors.forEach(({ variable }, i) => {
    const noise = randomNormal(variable.size, { seed: 8, stream: 0, step: i });
    tf.tidy(() => variable.assign(tf.add(variable, tf.mul(0.3, tf.tensor(noise)))));
  });
}

describe.each([
  ...upmodeCases.map((c) => ({ ...c, useSkipAtt: true })),
  { ...upmodeCases[0], useSkipAtt: false },
])('upmode $upmode, attention $useSkipAtt, in training mode', (options) => {
  const setUp = () => {
    const model = unetAttD({ ...smallConfig, ...options, seed: 3 });
    moveOffKinks(namedParameters(model));
    const { x, t } = smallBatch();
    const target = normals([4, 32, 32, 2], 2);
    const lossOf = (input: tf.Tensor) =>
      tf.mean(
        tf.squaredDifference(model.apply([input, t], { training: true }) as tf.Tensor, target),
      ) as tf.Scalar;
    /** The same loss, averaged in float64. */
    const exactLossOf = async (x: tf.Tensor) => {
      const [output, expected] = [await outputOf(model, { x, t }, true), await target.data()];
      return output.reduce((sum, value, i) => sum + (value - expected[i]) ** 2, 0) / output.length;
    };
    return { model, x, lossOf, exactLossOf };
  };

  it('has the gradient of the weights', async () => {
    const { model, x, lossOf, exactLossOf } = setUp();
    const variables = namedParameters(model)
      .filter(({ spec }) => spec.trainable)
      .map(({ variable }) => variable);
    const { grads } = tf.variableGrads(() => lossOf(x), variables);
    expect(Object.keys(grads).length).toBe(variables.length);
    const gradients = variables.map(({ name }) => grads[name]);
    expect(await medianError(variables, gradients, () => exactLossOf(x))).toBeLessThan(0.01);
  });

  it('has the gradient of the input', async () => {
    const { x, lossOf, exactLossOf } = setUp();
    const gradient = tf.grad(lossOf)(x);
    const input = tf.variable(x);
    expect(await medianError([input], [gradient], () => exactLossOf(input))).toBeLessThan(0.01);
  });
});
