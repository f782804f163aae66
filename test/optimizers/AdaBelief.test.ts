import { beforeAll, describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/internal/philox.js';
import { AdaBelief, type AdaBeliefOptions } from '../../src/optimizers/AdaBelief.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { makeVariables, update, valuesOf } from './variables.js';

beforeAll(startTestBackend);

describe('AdaBelief', () => {
  const cases: AdaBeliefOptions[] = [
    {},
    { learningRate: 0.02, betas: [0.8, 0.95], eps: 1e-3 },
    { learningRate: 0.02, weightDecay: 0.1 },
    { learningRate: 0.02, weightDecay: 0.1, decoupledWeightDecay: true },
  ];
  it.each(cases)("follows the paper's algorithm in float64: %o", async (options) => {
    const parameters = makeVariables();
    const optimizer = new AdaBelief(options);
    const { learningRate: rate = 1e-3, betas = [0.9, 0.999], eps = 1e-16, weightDecay = 0 } = options;
    const start = await valuesOf(parameters);
    const expected = start.map((values) => Float64Array.from(values));
    const mean = expected.map((values) => values.map(() => 0));
    const variance = expected.map((values) => values.map(() => 0));
    for (let step = 1; step <= 6; step++) {
      update(optimizer, parameters, step);
      expected.forEach((values, i) => {
        const gradients = randomNormal(values.length, { seed: 100 + step, stream: 0, step: i });
        gradients.forEach((gradient, j) => {
          const g = options.decoupledWeightDecay ? gradient : gradient + weightDecay * values[j];
          if (options.decoupledWeightDecay) values[j] -= rate * weightDecay * values[j];
          const m = betas[0] * mean[i][j] + (1 - betas[0]) * g;
          const s = betas[1] * variance[i][j] + (1 - betas[1]) * (g - m) ** 2 + eps;
          [mean[i][j], variance[i][j]] = [m, s];
          const root = Math.sqrt(s / (1 - betas[1] ** step));
          values[j] -= (rate * m) / (1 - betas[0] ** step) / (root + eps);
        });
      });
    }
    const values = await valuesOf(parameters);
    for (const i of values.keys()) expectClose(values[i], expected[i], { abs: 1e-6, rel: 1e-5 });
    expect(values).not.toEqual(start);
  });
});
