import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from 'diffusion-ssl/backends/node';
import { mse } from 'diffusion-ssl/losses';
import { namedParameters } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { expect, test } from 'vitest';
import { makeModel } from '../../bench/benchModel.js';
import { countFamilyFlops } from '../../bench/countFamilyFlops.js';
import { KernelTimer } from '../../bench/KernelTimer.js';
import { families } from '../../bench/kernelFamily.js';

const network = { filterConfig: [4, 8, 8, 8, 8, 8], size: 32, batch: 2 };

async function recordStep(kernels: boolean) {
  const { dispose } = await initBackend({ device: 'wasm', kernels });
  try {
    const timer = new KernelTimer();
    const model = makeModel(network, 0.1);
    const x = tf.randomNormal([2, 32, 32, 4]);
    const t = tf.tensor1d([0, 1], 'int32');
    const variables = namedParameters(model)
      .filter(({ spec }) => spec.trainable)
      .map(({ variable }) => variable);
    const optimizer = new AdamW({ learningRate: 1e-3 });
    const step = async () => {
      optimizer.minimize(
        () => mse(model.apply([x, t], { training: true }) as tf.Tensor, x),
        false,
        variables,
      );
    };
    await step();
    await timer.record(step);
    return await timer.record(step);
  } finally {
    await dispose();
  }
}

test('every convolution of a step is found, with its operations, in the family that does it', async () => {
  const calls = await recordStep(true);
  const flops: Record<string, number> = {};
  for (const call of calls) if (call.flops > 0) flops[call.family] = (flops[call.family] ?? 0) + call.flops;
  expect(flops).toEqual(countFamilyFlops(network));
  expect(calls.filter(({ family }) => family === 'optimizer').map(({ name }) => name)).toContain(
    'DiffusionSslAdam',
  );
});

test('composed operations fall into the same families', async () => {
  const calls = await recordStep(false);
  // What `unetAttD` has not: depthwise convolutions, and what diffusers' networks consist of.
  const others = ['attention', 'group norm', 'layer norm', 'activations', 'resampling'];
  const expected = families.filter((family) => !family.startsWith('depthwise') && !others.includes(family));
  expect(expected.filter((family) => !calls.some((call) => call.family === family))).toEqual([]);
  expect(calls.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
  const adds = calls.filter(({ family }) => family === 'elementwise adds').map(({ name }) => name);
  expect(new Set(adds)).toEqual(new Set(['Add']));
});
