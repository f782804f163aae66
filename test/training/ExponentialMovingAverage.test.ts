import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/internal/philox.js';
import type { NamedVariable } from '../../src/optimizers/PackedOptimizer.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { valuesOf } from './linearDenoiser.js';

beforeAll(startTestBackend);

const SIZES = [5, 5000, 1];
const host = (seed: number) => SIZES.map((size, step) => randomNormal(size, { seed, stream: 0, step }));

function makeVariables(seed: number): NamedVariable[] {
  return host(seed).map((values, i) => ({ name: `layer.${i}`, variable: tf.variable(tf.tensor(values)) }));
}

function assign(parameters: NamedVariable[], seed: number): void {
  host(seed).forEach((values, i) => {
    tf.tidy(() => parameters[i].variable.assign(tf.tensor(values)));
  });
}

describe('ExponentialMovingAverage', () => {
  it.each([0, 0.5, 0.9999])('decay %d: min(decay, (1 + n) / (10 + n)) of the old average', async (decay) => {
    const parameters = makeVariables(0);
    const ema = new ExponentialMovingAverage(parameters, decay);
    const expected = host(0).map((values) => Float64Array.from(values));
    for (let n = 1; n <= 12; n++) {
      assign(parameters, n);
      ema.update();
      expect(ema.step).toBe(n);
      const factor = Math.min(decay, (1 + n) / (10 + n));
      host(n).forEach((values, i) => {
        values.forEach((value, j) => {
          expected[i][j] = factor * expected[i][j] + (1 - factor) * value;
        });
      });
      const values = await ema.values();
      for (const [i, { name }] of parameters.entries())
        expectClose(values.get(name)!, expected[i], { abs: 1e-5 });
    }
    expect(await valuesOf(parameters), 'the weights are untouched').toEqual(host(12));
  });

  it('passes over int32 counters', async () => {
    const counter = { name: 'counter', variable: tf.variable(tf.scalar(3, 'int32')) };
    const ema = new ExponentialMovingAverage([...makeVariables(0), counter], 0.9);
    ema.update();
    expect([...(await ema.values()).keys()]).toEqual(['layer.0', 'layer.1', 'layer.2']);
  });

  it('goes on from a saved average bit for bit', async () => {
    const parameters = makeVariables(0);
    const ema = new ExponentialMovingAverage(parameters, 0.99);
    for (const n of [1, 2, 3]) {
      assign(parameters, n);
      ema.update();
    }
    const [step, saved] = [ema.step, await ema.values()];
    assign(parameters, 4);
    ema.update();
    const resumedParameters = makeVariables(4);
    const resumed = new ExponentialMovingAverage(resumedParameters, 0.99);
    resumed.restore(step, saved);
    expect(await resumed.values()).toEqual(saved);
    resumed.update();
    expect(resumed.step).toBe(4);
    expect(await resumed.values()).toEqual(await ema.values());
  });

  it.each<[string, (values: Map<string, Float32Array>) => void, RegExp]>([
    ['a missing parameter', (values) => values.delete('layer.1'), /layer\.1/],
    [
      'another size',
      (values) => values.set('layer.1', new Float32Array(3)),
      /'layer\.1' has 3 saved values; .*5000/,
    ],
  ])('refuses %s, and is unchanged', async (_name, edit, message) => {
    const ema = new ExponentialMovingAverage(makeVariables(0), 0.9);
    const before = await ema.values();
    const bad = await ema.values();
    edit(bad);
    await expectTensorsKept(0, () => expect(() => ema.restore(7, bad)).toThrow(message));
    expect(await ema.values()).toEqual(before);
    expect(ema.step).toBe(0);
  });

  it('apply runs with the average, and puts the weights back', async () => {
    const parameters = makeVariables(0);
    const ema = new ExponentialMovingAverage(parameters, 0.9);
    assign(parameters, 1);
    ema.update();
    const average = [...(await ema.values()).values()];
    const weights = await valuesOf(parameters);
    expect(average).not.toEqual(weights);
    const seen = await expectTensorsKept(0, () => ema.apply(() => valuesOf(parameters)));
    expect(seen).toEqual(average);
    expect(await valuesOf(parameters)).toEqual(weights);
  });

  it('apply puts the weights back when the body throws', async () => {
    const parameters = makeVariables(0);
    const ema = new ExponentialMovingAverage(parameters, 0.9);
    assign(parameters, 1);
    ema.update();
    const average = await ema.values();
    const bodies: (() => Promise<void>)[] = [
      () => Promise.reject(new Error('late')),
      () => {
        throw new Error('at once');
      },
    ];
    for (const body of bodies) {
      await expectTensorsKept(0, () => expect(ema.apply(body)).rejects.toThrow(/late|at once/));
      expect(await valuesOf(parameters)).toEqual(host(1));
      expect(await ema.values()).toEqual(average);
    }
  });

  it('keeps the same number of tensors from update to update, and none once disposed', async () => {
    const parameters = makeVariables(0);
    await expectTensorsKept(0, async () => {
      const ema = new ExponentialMovingAverage(parameters, 0.9);
      await expectTensorsKept(0, () => ema.update());
      await expectTensorsKept(0, () => ema.values());
      ema.dispose();
    });
  });

  it.each([-0.1, 1, Number.NaN])('refuses decay %d', async (decay) => {
    const parameters = makeVariables(0);
    await expectTensorsKept(0, () =>
      expect(() => new ExponentialMovingAverage(parameters, decay)).toThrow(
        /^ExponentialMovingAverage: decay is /,
      ),
    );
  });
});
