import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { GroupedOptimizer } from '../../src/optimizers/GroupedOptimizer.js';
import { NAdam } from '../../src/optimizers/NAdam.js';
import { SAM } from '../../src/optimizers/SAM.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const NAMES = ['a', 'b', 'c', 'd'];
const makeVariables = () =>
  NAMES.map((name, i) => ({ name, variable: tf.variable(tf.tensor1d([1 + i, -2, 3])) }));
type Variables = ReturnType<typeof makeVariables>;

/** Gradients of a sum of squares, scaled by the step. */
function gradientsOf(variables: Variables, step: number) {
  return variables.map(({ variable }) => ({ name: variable.name, tensor: tf.mul(variable, 1 + step) }));
}

const values = (variables: Variables) =>
  Promise.all(variables.map(async ({ variable }) => Array.from(await variable.data())));

const make = () => new NAdam({ learningRate: 0.05 });
const groupsOf = ([a, b, c, d]: Variables) => [
  { parameters: [a] },
  { parameters: [b, c], factor: 0.5 },
  { parameters: [d], factor: 0 },
];

describe('GroupedOptimizer', () => {
  it('steps as one optimizer a group does, at its part of the rate', async () => {
    const grouped = makeVariables();
    const alone = makeVariables();
    const optimizer = new GroupedOptimizer(make, groupsOf(grouped));
    const others = groupsOf(alone).map(({ parameters }) => ({ parameters, optimizer: make() }));
    for (let step = 0; step < 4; step++) {
      const rate = 0.1 / (1 + step);
      optimizer.learningRate = rate;
      // The second group sits out the first steps.
      const chosen = NAMES.filter((name) => step > 1 || !['b', 'c'].includes(name));
      const part = (variables: Variables) => variables.filter(({ name }) => chosen.includes(name));
      optimizer.applyGradients(gradientsOf(part(grouped), step));
      for (const [i, { parameters, optimizer }] of others.entries()) {
        optimizer.learningRate = rate * [1, 0.5, 0][i];
        const own = part(parameters as Variables);
        if (own.length > 0) optimizer.applyGradients(gradientsOf(own, step));
      }
    }
    expect(await values(grouped)).toEqual(await values(alone));
    expect(optimizer.step).toBe(4);
    expect(optimizer.learningRate).toBe(0.1 / 4);
    expect((await values(grouped))[3]).toEqual([4, -2, 3]);
  });

  it.each([1, 3])('goes on from the state of step %i', async (at) => {
    const run = (optimizer: GroupedOptimizer, variables: Variables, from: number, to: number) => {
      for (let step = from; step < to; step++) {
        const chosen = variables.filter(({ name }) => step > 0 || name === 'a');
        tf.tidy(() => optimizer.applyGradients(gradientsOf(chosen, step)));
      }
    };
    const whole = makeVariables();
    const first = new GroupedOptimizer(make, groupsOf(whole));
    run(first, whole, 0, at);
    const state = await first.state();
    const stored = first.storedState();
    const fetched = {
      ...stored,
      slots: Object.fromEntries(
        await Promise.all(
          Object.entries(stored.slots).map(async ([slot, list]) => {
            const entries = [...list].map(async ([name, { read }]) => [name, await read()] as const);
            return [slot, new Map(await Promise.all(entries))] as const;
          }),
        ),
      ),
    };
    expect(fetched).toEqual(state);
    for (const restore of ['restore', 'load'] as const) {
      const variables = makeVariables();
      whole.forEach(({ variable }, i) => {
        variables[i].variable.assign(variable);
      });
      const resumed = new GroupedOptimizer(make, groupsOf(variables));
      if (restore === 'restore') resumed.restore(variables, state);
      else await resumed.load(variables, first.storedState());
      const [copy, original] = [await values(variables), await values(whole)];
      expect(copy).toEqual(original);
      run(resumed, variables, at, 5);
      const reference = makeVariables();
      const straight = new GroupedOptimizer(make, groupsOf(reference));
      run(straight, reference, 0, 5);
      expect(await values(variables)).toEqual(await values(reference));
      expect(resumed.step).toBe(5);
    }
  });

  it('leaves no tensor behind when it is disposed', async () => {
    const variables = makeVariables();
    await expectTensorsKept(0, () => {
      const optimizer = new GroupedOptimizer(make, groupsOf(variables));
      tf.tidy(() => optimizer.applyGradients(gradientsOf(variables, 0)));
      optimizer.dispose();
    });
  });

  it('refuses groups, gradients and states that do not fit', async () => {
    const variables = makeVariables();
    const [a, b] = variables;
    expect(() => new GroupedOptimizer(make, [])).toThrow(/GroupedOptimizer: groups is \[\]/);
    expect(() => new GroupedOptimizer(make, [{ parameters: [a] }, { parameters: [b, a] }])).toThrow(
      /'a' is in two/,
    );
    expect(() => new GroupedOptimizer(make, [{ parameters: [a], factor: -1 }])).toThrow(/factor is -1/);
    expect(() => new GroupedOptimizer(() => new SAM(make()), [{ parameters: [a] }])).toThrow(/SAM/);
    const optimizer = new GroupedOptimizer(make, [{ parameters: [a] }]);
    expect(() => optimizer.applyGradients(gradientsOf([b], 0))).toThrow(/which is in no group/);
    optimizer.applyGradients(gradientsOf([a], 0));
    const state = await optimizer.state();
    const two = new GroupedOptimizer(make, groupsOf(variables));
    expect(() => two.restore(variables, state)).toThrow(/state is of 1 groups; this optimizer has 3/);
    const other = new GroupedOptimizer(make, [{ parameters: [b] }]);
    expect(() => other.restore(variables, state)).toThrow(/the state has 'a', which is in no group/);
    const plain = make();
    plain.applyGradients(gradientsOf([a], 0));
    expect(() => optimizer.restore(variables, { ...state, scalars: {} })).toThrow(
      /an optimizer without groups/,
    );
    const kind = new GroupedOptimizer(() => new AdamW(), [{ parameters: [a] }]);
    await expect(async () => kind.restore(variables, { ...(await plain.state([a])) })).rejects.toThrow(
      /an optimizer without groups/,
    );
  });
});
