import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomTensor } from '../ops/referenceOps.js';
import { startTestBackend } from '../support/backend.js';
import { checkGradients } from './finiteDifferences.js';
import { type StockCase, stockCases } from './stockLayerCases.js';

beforeAll(startTestBackend);

const backend = process.env.TEST_BACKEND ?? 'wasm';
const withoutKernels = backend === 'wasm' && !process.env.TEST_KERNELS;

/** Values of an input: random, or in random order so far apart that none passes another when it is moved. */
function inputValues(shape: number[], seed: number, { indices, apart }: StockCase): Float32Array {
  const random = Float32Array.from(randomTensor(shape, seed).data);
  if (indices) return random.map((value) => Math.floor(((value + 1) / 2) * indices));
  if (!apart) return random;
  const order = [...random.keys()].sort((a, b) => random[a] - random[b]);
  const values = new Float32Array(random.length);
  const first = apart === 'negative' ? -random.length : -random.length / 2;
  // The values of two inputs lie half a place beside each other.
  for (const [rank, i] of order.entries()) values[i] = (first + rank + 0.25 + 0.5 * (seed % 2)) / 24;
  return values;
}

/** The layer's call on variables, and all variables that have a gradient, the weights at random values. */
function prepare(stock: StockCase) {
  const made = stock.layer();
  const inputs = stock.inputs.map((shape, i) =>
    tf.variable(tf.tensor(inputValues(shape, i + 1, stock), shape)),
  );
  const layer = made instanceof tfl.layers.Layer ? made : undefined;
  const one = inputs.length === 1 ? inputs[0] : inputs;
  const call = () =>
    made instanceof tfl.layers.Layer
      ? (made.apply(one, { training: stock.training ?? false }) as tf.Tensor)
      : made(...inputs);
  tf.dispose(call());
  const weights = layer?.trainableWeights.map((weight) => weight.read() as tf.Variable) ?? [];
  for (const [i, weight] of weights.entries())
    weight.assign(tf.tensor(Float32Array.from(randomTensor(weight.shape, 20 + i).data), weight.shape));
  for (const weight of layer?.nonTrainableWeights ?? [])
    (weight.read() as tf.Variable).assign(tf.fill(weight.shape as number[], 0.7));
  return { call, variables: [...(stock.indices ? [] : inputs), ...weights], inputs, layer };
}

describe('layers of tf.layers have the gradients of their values', () => {
  for (const stock of stockCases) {
    if (stock.wrongOn?.includes(backend)) continue;
    const lacks = withoutKernels && stock.needsKernels;
    it(lacks ? `${stock.name}, not without the kernels` : stock.name, async () => {
      const check = async () => {
        const { call, variables, inputs, layer } = prepare(stock);
        await checkGradients(call, variables, stock.apart ? 2 ** -8 : undefined);
        layer?.dispose();
        tf.dispose(inputs);
      };
      if (lacks) await expect(check()).rejects.toThrow(/registerTrainingKernels|error of the gradient/);
      else await check();
    });
  }
});
