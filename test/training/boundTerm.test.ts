import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule } from '../../src/diffusion/index.js';
import { posteriorTable } from '../../src/diffusion/posteriorTable.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { boundTerm, splitVariance } from '../../src/training/boundTerm.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

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
const t = Int32Array.from(valuesIn('t'));
const levels = { count: 256, range: [-1, 1] as const };

describe("torch's terms of the bound", () => {
  it.each(['fixed_small', 'fixed_large', 'learned_range'] as const)('%s', async (variance) => {
    const [x0, xT, output] = ['x0', 'x_t', 'output'].map(tensorIn);
    const [prediction, v] = splitVariance('test', output, x0.shape);
    const batch = { x0, xT, steps: t, table: posteriorTable(alphaBars) };
    const chosen = variance === 'learned_range' ? v : variance;
    for (const decoder of ['density', levels] as const) {
      const terms = await expectTensorsKept(1, () =>
        boundTerm(prediction, chosen, batch, { alphaBars, decoder }),
      );
      const expected = valuesIn(`${variance}/${decoder === 'density' ? 'density' : 'levels'}`);
      expect(Math.min(...expected.map(Math.abs))).toBeGreaterThan(0.005);
      // float32: a density of variance 1e-3 enlarges the rounding of x0 and its mean a hundredfold.
      expectClose(await terms.data(), expected, { abs: 3e-5, rel: 1e-4 });
    }
  });
});

describe('posteriorTable', () => {
  it('is the posterior of the forward process, conditioned by the covariances of its normal distributions', () => {
    const table = posteriorTable(alphaBars, [3, 8, 19]);
    for (const [i, t] of [8, 19].entries()) {
      const [alphaBar, previous] = [alphaBars[t], alphaBars[[3, 8][i]]];
      // Given x0: x_previous has the variance 1 − previous, its covariance with x_t is √(ᾱ / previous) times that.
      const slope = (Math.sqrt(alphaBar / previous) * (1 - previous)) / (1 - alphaBar);
      expect(table.ofXT[i + 1]).toBeCloseTo(slope, 12);
      expect(table.ofX0[i + 1]).toBeCloseTo(Math.sqrt(previous) - slope * Math.sqrt(alphaBar), 12);
      const variance = 1 - previous - slope * Math.sqrt(alphaBar / previous) * (1 - previous);
      expect(Math.exp(table.logSmall[i + 1])).toBeCloseTo(variance, 12);
      expect(Math.exp(table.logLarge[i + 1])).toBeCloseTo(1 - alphaBar / previous, 12);
    }
    expect([table.ofX0[0], table.ofXT[0]]).toEqual([1, 0]);
    expect(table.logSmall[0]).toBe(table.logSmall[1]);
  });

  it('has no infinite value where the last alpha-bar is 0', () => {
    const table = posteriorTable([0.9, 0.5, 0]);
    expect(table.ofX0[2]).toBe(Math.sqrt(0.5));
    expect(table.ofXT[2]).toBe(0);
    expect(Math.exp(table.logSmall[2])).toBe(0.5);
    for (const values of [table.logSmall, table.logLarge]) expect(values.every(Number.isFinite)).toBe(true);
  });

  it.each([
    [[], /timesteps\.length is 0/],
    [[3, 2], /timesteps is Int32Array; it must be ascending/],
    [[2, 2], /timesteps is Int32Array; it must be ascending/],
    [[0, 20], /timesteps\[1\] is 20; it must be an integer from 0 to 19/],
    [[0.5], /timesteps\[0\] is 0\.5; it must be an integer/],
  ])('refuses the timesteps %j', (timesteps, message) => {
    expect(() => posteriorTable(alphaBars, timesteps)).toThrow(message);
  });

  it('refuses a schedule that does not fall, or starts without noise', () => {
    expect(() => posteriorTable([0.9, 0.9, 0.8])).toThrow(/^alphaBars\[1\] is 0\.9; it must be below 0\.9/);
    expect(() => posteriorTable([1, 0.9])).toThrow(/^alphaBars\[0\] is 1/);
  });
});

describe('splitVariance', () => {
  it('names the shape that it needs', () => {
    expect(() => splitVariance('f', tf.zeros([1, 2, 3]), [1, 2, 3])).toThrow(
      /^f: prediction\.shape is \[1, 2, 3\]; it must be \[1,2,6\]: prediction and variance one behind the other\.$/,
    );
  });
});
