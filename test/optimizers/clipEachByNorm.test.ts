import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { clipEachByNorm } from '../../src/optimizers/clipEachByNorm.js';
import { GroupedOptimizer } from '../../src/optimizers/GroupedOptimizer.js';
import { SGD } from '../../src/optimizers/SGD.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

describe('clipEachByNorm', () => {
  it('shortens each gradient by itself, and says their common norm', async () => {
    const gradients = { a: tf.tensor2d([[3, 4]]), b: tf.tensor1d([0.3, 0.4]) };
    const { gradients: clipped, norm } = await expectTensorsKept(3, () => clipEachByNorm(gradients, 2));
    expectClose(await clipped.a.data(), [(3 * 2) / (5 + 1e-6), (4 * 2) / (5 + 1e-6)], { abs: 1e-6 });
    expect(clipped.a.shape).toEqual([1, 2]);
    expect(await clipped.b.data()).toEqual(Float32Array.of(0.3, 0.4));
    expectClose(await norm.data(), [Math.hypot(5, 0.5)], { abs: 1e-5 });
  });

  it('refuses a limit that is none, and no gradients', () => {
    expect(() => clipEachByNorm({ a: tf.ones([1]) }, 0)).toThrow(/maxNorm is 0/);
    expect(() => clipEachByNorm({}, 1)).toThrow(/no gradient/);
  });
});

describe('weight decay that is set between steps', () => {
  const variables = () => ['a', 'b'].map((name) => ({ name, variable: tf.variable(tf.scalar(2)) }));
  const zeros = (list: { variable: tf.Variable }[]) =>
    Object.fromEntries(list.map(({ variable }) => [variable.name, tf.zerosLike(variable)]));

  it('is that of the groups that decay', async () => {
    const [a, b] = variables();
    const optimizer = new GroupedOptimizer(
      () => new AdamW({ learningRate: 0.5, weightDecay: 0 }),
      [{ parameters: [a] }, { parameters: [b], decays: false }],
    );
    expect(optimizer.weightDecay).toBe(0);
    optimizer.weightDecay = 0.1;
    expect(optimizer.weightDecay).toBe(0.1);
    optimizer.applyGradients(zeros([a, b]));
    expectClose(await a.variable.data(), [2 * (1 - 0.5 * 0.1)], { abs: 1e-6 });
    expect(await b.variable.data()).toEqual(Float32Array.of(2));
    expect(() => {
      optimizer.weightDecay = -1;
    }).toThrow(/weightDecay is -1/);
  });

  it('needs an optimizer that can', () => {
    const [a] = variables();
    expect(() => new GroupedOptimizer(() => new SGD(), [{ parameters: [a], decays: false }])).toThrow(
      /make is 'DiffusionSslSGD'; it must be of Adam's family/,
    );
  });
});
