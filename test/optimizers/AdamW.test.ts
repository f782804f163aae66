import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/internal/philox.js';
import { AdamW, type AdamWOptions } from '../../src/optimizers/AdamW.js';
import type { OptimizerState } from '../../src/optimizers/PackedOptimizer.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { makeVariables, normal, update, valuesOf } from './variables.js';

beforeAll(startTestBackend);

const options: AdamWOptions = { learningRate: 0.02, betas: [0.8, 0.95], eps: 1e-4, weightDecay: 0.1 };

describe('AdamW', () => {
  it('updates small and large variables alike, as in float64', async () => {
    const parameters = makeVariables();
    const optimizer = new AdamW(options);
    const expected = (await valuesOf(parameters)).map((values) => Float64Array.from(values));
    const first = expected.map((values) => values.map(() => 0));
    const second = expected.map((values) => values.map(() => 0));
    for (let step = 1; step <= 4; step++) {
      // The rate changes between the steps, as a schedule changes it.
      const rate = 0.02 / step;
      optimizer.learningRate = rate;
      update(optimizer, parameters, step);
      expected.forEach((values, i) => {
        const gradient = randomNormal(values.length, { seed: 100 + step, stream: 0, step: i });
        gradient.forEach((g, j) => {
          first[i][j] = 0.8 * first[i][j] + 0.2 * g;
          second[i][j] = 0.95 * second[i][j] + 0.05 * g * g;
          const root = Math.sqrt(second[i][j] / (1 - 0.95 ** step)) + 1e-4;
          values[j] -= rate * 0.1 * values[j] + (rate * first[i][j]) / (1 - 0.8 ** step) / root;
        });
      });
    }
    expect(optimizer.step).toBe(4);
    for (const [i, values] of (await valuesOf(parameters)).entries()) {
      expectClose(values, expected[i], { abs: 2e-6, rel: 2e-6 });
    }
    const state = await optimizer.state(parameters);
    expect(state.step).toBe(4);
    for (const [i, { name }] of parameters.entries()) {
      expectClose(state.slots.exp_avg.get(name)!, first[i], { abs: 1e-6, rel: 1e-5 });
      expectClose(state.slots.exp_avg_sq.get(name)!, second[i], { abs: 1e-6, rel: 1e-5 });
    }
  });

  it('makes its state in the first step, keeps nothing else, and releases it', async () => {
    const parameters = makeVariables();
    const before = tf.memory().numTensors;
    const optimizer = new AdamW(options);
    update(optimizer, parameters, 1);
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    await expectTensorsKept(0, () => update(optimizer, parameters, 2));
    await expectTensorsKept(0, () => optimizer.state(parameters));
    const state = await optimizer.state(parameters);
    await expectTensorsKept(0, () => optimizer.restore(parameters, state));
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('works in minimize, and only on the listed variables', async () => {
    const [a, b] = [tf.variable(tf.scalar(3)), tf.variable(tf.scalar(3))];
    const optimizer = new AdamW({ learningRate: 0.1, weightDecay: 0 });
    for (let i = 0; i < 100; i++) optimizer.minimize(() => tf.square(tf.mul(a, b)) as tf.Scalar, false, [a]);
    expect(Math.abs((await a.data())[0])).toBeLessThan(0.1);
    expect((await b.data())[0]).toBe(3);
  });

  it('takes gradients by name and in any order', async () => {
    const [first, second] = [makeVariables(), makeVariables()];
    const [one, two] = [new AdamW(options), new AdamW(options)];
    for (const step of [1, 2]) {
      update(one, first, step);
      const gradients = second.map(({ variable }, i): [string, tf.Tensor] => [
        variable.name,
        normal(variable.shape, 100 + step, i),
      ]);
      two.applyGradients(Object.fromEntries(step === 1 ? gradients : gradients.reverse()));
    }
    expect(await valuesOf(second)).toEqual(await valuesOf(first));
  });

  it.each<[AdamWOptions, RegExp]>([
    [{ learningRate: -1 }, /^AdamW: learningRate is -1; /],
    [{ learningRate: Number.NaN }, /^AdamW: learningRate is NaN; /],
    [{ betas: [1, 0.9] }, /^AdamW: betas is \[1, 0.9\]; it must be two numbers in \[0, 1\)/],
    [{ betas: [0.9] as unknown as [number, number] }, /^AdamW: betas is \[0.9\]; /],
    [{ eps: 0 }, /^AdamW: eps is 0; /],
    [{ weightDecay: Number.POSITIVE_INFINITY }, /^AdamW: weightDecay is Infinity; /],
  ])('refuses %o', (bad, message) => expect(() => new AdamW(bad)).toThrow(message));

  it('refuses gradients of other variables than in the first step', async () => {
    const parameters = makeVariables();
    const optimizer = new AdamW(options);
    update(optimizer, parameters, 1);
    const before = await valuesOf(parameters);
    for (const others of [parameters.slice(1), [...parameters, ...makeVariables()], makeVariables()]) {
      await expectTensorsKept(0, () =>
        expect(() => update(optimizer, others, 2)).toThrow(/^applyGradients: .*of the 6 of the first step/),
      );
    }
    expect(await valuesOf(parameters)).toEqual(before);
    expect(optimizer.step).toBe(1);
  });

  it('refuses gradients of a variable that is gone', async () => {
    const [{ variable }] = makeVariables();
    variable.dispose();
    expect(() =>
      new AdamW().applyGradients([{ name: variable.name, tensor: tf.zeros(variable.shape) }]),
    ).toThrow(/^applyGradients: there is no variable/);
  });
});

describe('state and restore', () => {
  it('continue bit for bit, in other variables with the same names in another order', async () => {
    const whole = makeVariables();
    const optimizer = new AdamW(options);
    for (const step of [1, 2, 3]) update(optimizer, whole, step);
    const state = await optimizer.state(whole);
    const weights = await valuesOf(whole);
    for (const step of [4, 5]) update(optimizer, whole, step);

    const resumed = makeVariables(2);
    resumed.forEach(({ variable }, i) => {
      variable.assign(tf.tensor(weights[i], variable.shape));
    });
    const second = new AdamW(options);
    second.restore([...resumed].reverse(), state);
    expect(second.step).toBe(3);
    expect(await second.state(resumed)).toEqual(state);
    for (const step of [4, 5]) update(second, resumed, step);
    expect(await valuesOf(resumed)).toEqual(await valuesOf(whole));
    expect(await second.state(resumed)).toEqual(await optimizer.state(whole));
  });

  it('an optimizer that never stepped has an empty state, from which another starts anew', async () => {
    const [first, second] = [makeVariables(), makeVariables()];
    const state = await new AdamW(options).state(first);
    expect(state.step).toBe(0);
    const [fresh, restored] = [new AdamW(options), new AdamW(options)];
    restored.restore(second, state);
    update(fresh, first, 1);
    update(restored, second, 1);
    expect(await valuesOf(second)).toEqual(await valuesOf(first));
  });

  it('names every variable', async () => {
    const parameters = makeVariables();
    const optimizer = new AdamW(options);
    update(optimizer, parameters, 1);
    await expect(optimizer.state(parameters.slice(1))).rejects.toThrow(
      /^state: variable '.*' is updated but was given no name/,
    );
  });

  const edits: [string, (state: OptimizerState) => OptimizerState, RegExp][] = [
    [
      "another optimizer's",
      ({ step, slots }) => ({ step, slots: { momentum: slots.exp_avg } }),
      /no 'exp_avg' \(it has momentum\)/,
    ],
    [
      'an unknown parameter',
      (state) => {
        state.slots.exp_avg.set('head.weight', new Float32Array(3));
        return state;
      },
      /'exp_avg' of 'head.weight' has 3 values; there is no such parameter/,
    ],
    [
      'another size',
      (state) => {
        state.slots.exp_avg_sq.set('layer.0', new Float32Array(3));
        return state;
      },
      /'exp_avg_sq' of 'layer.0' has 3 values; the parameter has 15/,
    ],
    [
      'a parameter without its second slot',
      (state) => {
        state.slots.exp_avg_sq.delete('layer.1');
        return state;
      },
      /no 'exp_avg_sq' of 'layer.1'/,
    ],
    [
      'a parameter without its first slot',
      (state) => {
        state.slots.exp_avg.delete('layer.1');
        return state;
      },
      /no 'exp_avg' of 'layer.1'/,
    ],
    [
      'an optimizer with another slot',
      (state) => {
        state.slots.max_exp_avg_sq = state.slots.exp_avg_sq;
        return state;
      },
      /has 'max_exp_avg_sq', which this optimizer has not \(it has exp_avg, exp_avg_sq\)/,
    ],
    ['a step that is no count', (state) => ({ ...state, step: Number.NaN }), /step is NaN/],
  ];
  it.each(edits)('refuses the state of %s, and is unchanged', async (_name, edit, message) => {
    const parameters = makeVariables();
    const optimizer = new AdamW(options);
    update(optimizer, parameters, 1);
    const before = await optimizer.state(parameters);
    const bad = edit(await optimizer.state(parameters));
    await expectTensorsKept(0, () => {
      expect(() => optimizer.restore(parameters, bad)).toThrow(message);
      expect(() => optimizer.restore(parameters, bad)).toThrow(/^restore: /);
    });
    expect(await optimizer.state(parameters)).toEqual(before);
  });
});
