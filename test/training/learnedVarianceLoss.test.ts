import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule } from '../../src/diffusion/index.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { diffusionLoss } from '../../src/training/diffusionLoss.js';
import { learnedVarianceLoss } from '../../src/training/learnedVarianceLoss.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, relativeL2 } from '../support/compare.js';

beforeAll(startTestBackend);

// Written by boundTorch.py beside it, in float64.
const { tensors } = readSafetensors(
  readFileSync(fileURLToPath(new URL('boundTorch.safetensors', import.meta.url))),
);
const valuesIn = (name: string) => tensors.get(name)!.data as Float32Array;
const tensorIn = (name: string) => tf.tensor(Float32Array.from(valuesIn(name)), tensors.get(name)!.shape);
const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(20, { type: 'linear', betaStart: 1e-3, betaEnd: 0.25 }),
);
const batch = () => ({ x0: tensorIn('x0'), noise: tensorIn('noise'), t: Int32Array.from(valuesIn('t')) });
const levels = { count: 256, range: [-1, 1] as const };

describe('learnedVarianceLoss', () => {
  it.each([
    ['density', 'density'],
    ['levels', levels],
  ] as const)("is torch's L_hybrid, value and gradient, by %s", async (kind, decoder) => {
    const output = tensorIn('output');
    const options = { alphaBars, decoder };
    const parts = batch();
    const value = await expectTensorsKept(1, () => learnedVarianceLoss(() => output, parts, options));
    expectClose(await value.data(), valuesIn(`hybrid/${kind}`), { abs: 1e-5, rel: 1e-5 });
    const gradient = tf.grad((x: tf.Tensor) => learnedVarianceLoss(() => x, batch(), options))(output);
    const [ofPrediction, ofV] = tf.split(gradient, 2, -1);
    const expected = tf.split(tensorIn(`hybrid_gradient/${kind}`), 2, -1);
    expect(relativeL2(await ofPrediction.data(), await expected[0].data())).toBeLessThan(1e-4);
    expect(relativeL2(await ofV.data(), await expected[1].data())).toBeLessThan(1e-4);
  });

  it('trains the prediction as diffusionLoss does, with its weights and losses', async () => {
    const output = tensorIn('output');
    const [prediction] = tf.split(output, 2, -1);
    for (const options of [{ minSnrGamma: 5 }, { snrPower: 0.5 }, { predictionType: 'v' }] as const) {
      const all = { alphaBars, ...options };
      const simple = await diffusionLoss(() => prediction, batch(), all).data();
      expect(await learnedVarianceLoss(() => output, batch(), { ...all, boundWeight: 0 }).data()).toEqual(
        simple,
      );
      const [whole] = await learnedVarianceLoss(() => output, batch(), all).data();
      const [heavier] = await learnedVarianceLoss(() => output, batch(), {
        ...all,
        boundWeight: 0.003,
      }).data();
      expect(heavier - simple[0]).toBeCloseTo(3 * (whole - simple[0]), 4);
      // A density's bits may be below 0.
      expect(Math.abs(whole - simple[0])).toBeGreaterThan(1e-3);
    }
  });

  it('calls the denoiser once, as it is asked to', () => {
    const calls: unknown[] = [];
    const denoiser = (xT: tf.Tensor, _t: tf.Tensor1D, condition: string, call: unknown) => {
      calls.push([condition, call]);
      return tf.concat([xT, xT], -1);
    };
    learnedVarianceLoss(
      denoiser,
      { ...batch(), condition: 'a class' },
      { alphaBars, training: true, step: 7 },
    );
    expect(calls).toEqual([['a class', { training: true, step: 7 }]]);
  });

  it('names what it cannot use', () => {
    const output = tensorIn('output');
    const of =
      (options: object, more: object = {}) =>
      () =>
        learnedVarianceLoss(() => output, { ...batch(), ...more }, { alphaBars, ...options });
    expect(of({ boundWeight: -1 })).toThrow(/^learnedVarianceLoss: boundWeight is -1/);
    expect(of({ decoder: 'bytes' })).toThrow(/^learnedVarianceLoss: decoder is 'bytes'/);
    expect(of({}, { t: new Float32Array(6).fill(3.5) })).toThrow(/^learnedVarianceLoss: t is Float32Array/);
    expect(() => learnedVarianceLoss((xT: tf.Tensor) => xT, batch(), { alphaBars })).toThrow(
      /^learnedVarianceLoss: prediction\.shape is \[6, 3, 3, 2\]; it must be \[6,3,3,4\]/,
    );
  });
});
