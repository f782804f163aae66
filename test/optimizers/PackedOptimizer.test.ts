import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Adadelta } from '../../src/optimizers/Adadelta.js';
import { Adagrad } from '../../src/optimizers/Adagrad.js';
import { NAdam } from '../../src/optimizers/NAdam.js';
import type { PackedOptimizer } from '../../src/optimizers/PackedOptimizer.js';
import { RMSprop } from '../../src/optimizers/RMSprop.js';
import { SGD } from '../../src/optimizers/SGD.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { allOptimizers } from './allOptimizers.js';
import { makeVariables, update, valuesOf } from './variables.js';

beforeAll(startTestBackend);

/** Steps whose rate and, where there is one, momentum change as a one-cycle schedule changes them. */
function scheduledUpdate(
  optimizer: PackedOptimizer,
  parameters: ReturnType<typeof makeVariables>,
  step: number,
) {
  optimizer.learningRate = 0.02 / step;
  if (optimizer.momentum) optimizer.momentum = 0.85 + 0.01 * step;
  update(optimizer, parameters, step);
}

describe.each(Object.entries(allOptimizers))('%s', (_name, make) => {
  it('goes on from a saved state bit for bit, its tensors constant and released', async () => {
    const before = tf.memory().numTensors;
    const whole = makeVariables();
    const optimizer = make();
    for (const step of [1, 2, 3]) scheduledUpdate(optimizer, whole, step);
    const state = await expectTensorsKept(0, () => optimizer.state(whole));
    const weights = await valuesOf(whole);
    await expectTensorsKept(0, () => {
      for (const step of [4, 5, 6, 7]) scheduledUpdate(optimizer, whole, step);
    });

    const resumed = makeVariables(2);
    resumed.forEach(({ variable }, i) => {
      tf.tidy(() => variable.assign(tf.tensor(weights[i], variable.shape)));
    });
    const second = make();
    second.restore(resumed, { ...state, scalars: JSON.parse(JSON.stringify(state.scalars)) });
    for (const step of [4, 5, 6, 7]) scheduledUpdate(second, resumed, step);
    expect(await valuesOf(resumed)).toEqual(await valuesOf(whole));
    expect(await second.state(resumed)).toEqual(await optimizer.state(whole));
    expect(second.step).toBe(7);

    optimizer.dispose();
    second.dispose();
    tf.dispose([whole, resumed].flat().map(({ variable }) => variable));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses a learning rate that is none, also between steps', () => {
    const optimizer = make();
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => {
        optimizer.learningRate = bad;
      }).toThrow(/^\w+: learningRate is (-1|NaN|Infinity); /);
    }
  });
});

describe('momentum', () => {
  it.each(['SGD', 'RMSprop'])('of %s can change to another value above 0', (name) => {
    const optimizer = allOptimizers[name]();
    optimizer.momentum = 0.95;
    expect(optimizer.momentum).toBe(0.95);
    expect(optimizer.getConfig().momentum).toBe(0.95);
    for (const bad of [0, -1, Number.NaN]) {
      expect(() => {
        optimizer.momentum = bad;
      }).toThrow(new RegExp(`^${name}: momentum is ${bad}; `));
    }
  });

  it.each([SGD, RMSprop])('cannot come later than the optimizer', (Class) => {
    const optimizer = new Class();
    expect(optimizer.momentum).toBe(0);
    expect(() => {
      optimizer.momentum = 0.9;
    }).toThrow(/momentum is 0.9; it must be 0: make the (SGD|RMSprop) with momentum above 0 to change it/);
  });

  it.each(['Adam', 'AdamW', 'NAdam', 'Adamax', 'RAdam', 'AdaBelief', 'SAM over NAdam'])(
    'is β₁ of %s',
    (name) => {
      const optimizer = allOptimizers[name]();
      optimizer.momentum = 0.5;
      expect(optimizer.momentum).toBe(0.5);
      for (const bad of [1, -0.1, Number.NaN]) {
        expect(() => {
          optimizer.momentum = bad;
        }).toThrow(/: momentum is (1|-0.1|NaN); it must be a number in \[0, 1\)/);
      }
    },
  );

  it.each([Adagrad, Adadelta])('is not there in other optimizers', (Class) => {
    const optimizer = new Class();
    expect(optimizer.momentum).toBeUndefined();
    expect(() => {
      optimizer.momentum = 0.9;
    }).toThrow(/^Ada\w+: momentum is 0.9; it must be left alone: this optimizer has none/);
  });

  it('takes effect in the next step, as in torch', async () => {
    const x = tf.variable(tf.scalar(1));
    const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
    const apply = (g: number) =>
      tf.tidy(() => optimizer.applyGradients([{ name: x.name, tensor: tf.scalar(g) }]));
    apply(1);
    optimizer.momentum = 0.5;
    apply(2);
    // 1 - 0.1 · 1, then the buffer is 0.5 · 1 + 2.
    expectClose(await x.data(), [1 - 0.1 - 0.25], { abs: 1e-6 });
  });
});

describe('restore', () => {
  it('refuses a state without its scalar, and is unchanged', async () => {
    const parameters = makeVariables();
    const optimizer = new NAdam();
    update(optimizer, parameters, 1);
    const state = await optimizer.state(parameters);
    expect(state.scalars?.mu_product).toBeGreaterThan(0);
    for (const scalars of [undefined, {} as Record<string, number>, { mu_product: Number.NaN }]) {
      expect(() => optimizer.restore(parameters, { ...state, scalars })).toThrow(
        /^restore: 'mu_product' of the state is (undefined|NaN); /,
      );
    }
    expect(await optimizer.state(parameters)).toEqual(state);
  });
});

describe('RMSprop', () => {
  it('stays finite where rounding makes the centered variance negative', async () => {
    const x = tf.variable(tf.zeros([1000]));
    const optimizer = new RMSprop({ alpha: 0.5, centered: true });
    const gradient = tf.linspace(0.1, 1, 1000);
    for (let i = 0; i < 60; i++) optimizer.applyGradients([{ name: x.name, tensor: gradient }]);
    expect((await x.data()).every(Number.isFinite)).toBe(true);
  });
});
