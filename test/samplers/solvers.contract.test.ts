import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule, rescaleZeroTerminalSnr } from '../../src/diffusion/index.js';
import { AbortError } from '../../src/errors/AbortError.js';
import type { Denoiser, SolverOptions } from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { solvers } from '../support/solvers.js';

const betas = makeBetaSchedule(30, { type: 'linear', betaStart: 0.01, betaEnd: 0.3 });
const { alphaBars } = computeAlphaSchedule(betas);
const shape = [2, 3];
const half: Denoiser = (xT) => tf.mul(tf.add(xT, 0), 0.5);

beforeAll(startTestBackend);

describe.each(solvers)('$name', ({ name, sample }) => {
  const functionName = name.split(' ')[0];
  const run = (options: Partial<SolverOptions<unknown>> = {}, denoiser = half) =>
    sample(denoiser, alphaBars, { shape, steps: 6, ...options });

  it('is determined by the seed', async () => {
    const values = async (seed?: number) => Array.from(await (await run({ seed })).data());
    expect(await values(3)).toEqual(await values(3));
    expect(await values(0)).toEqual(await values());
    expect(await values(3)).not.toEqual(await values(4));
  });

  it('tells the denoiser [batch] timesteps, and onStep each step with what the denoiser saw', async () => {
    const inputs: tf.Tensor[] = [];
    const steps: number[] = [];
    await run(
      {
        condition: 'any',
        onStep: async ({ step, xT, x0, t }) => {
          steps.push(step);
          expect([xT.shape, x0.shape]).toEqual([shape, shape]);
          expect(t).toBeLessThanOrEqual(29);
          // Churn comes after what onStep is told.
          if (step === 1 && !name.includes('churn'))
            expectClose(await xT.data(), await inputs[0].data(), { abs: 1e-6 });
        },
      },
      (xT, ...rest) => {
        const [t, condition, call] = rest;
        expect([condition, call]).toEqual(['any', { training: false, step: 0 }]);
        expect([t.shape, xT.shape]).toEqual([[2], shape]);
        inputs.push(tf.keep(tf.clone(xT)));
        return half(xT, ...rest);
      },
    );
    expect(steps[0]).toBe(1);
    expect(steps).toEqual(steps.map((_, k) => k + 1));
    tf.dispose(inputs);
  });

  it('clips the estimate of x0', async () => {
    await run({
      clip: [-0.01, 0.02],
      onStep: async ({ x0 }) => {
        for (const x of await x0.data()) expect([x >= -0.010001, x <= 0.020001]).toEqual([true, true]);
      },
    });
  });

  it('leaves the samples alone behind, and the tensors of the caller', async () => {
    const start = tf.ones(shape);
    const prediction = tf.zeros(shape);
    const initialImage = tf.ones(shape);
    await expectTensorsKept(1, () => run());
    await expectTensorsKept(1, () => run({ onStep: async () => tf.nextFrame(), clip: [0, 1] }));
    await expectTensorsKept(1, () => run({ noise: () => start }, () => prediction));
    await expectTensorsKept(1, () => run({ predictionType: 'x0' }, (xT) => xT));
    await expectTensorsKept(1, () => run({ initialImage, startStep: 2 }));
    expect([start, prediction, initialImage].map(({ isDisposed }) => isDisposed)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each([1, 3])('leaves nothing behind when the denoiser or onStep throws at call %i', async (call) => {
    const throwing = () => {
      let calls = 0;
      return () => {
        if (++calls === call) throw new Error('stop here');
      };
    };
    await expectTensorsKept(0, async () => {
      const stop = throwing();
      const denoiser: Denoiser = (...input) => {
        const prediction = half(...input);
        stop();
        return prediction;
      };
      await expect(run({}, denoiser)).rejects.toThrow('stop here');
    });
    await expectTensorsKept(0, () => expect(run({ onStep: throwing() })).rejects.toThrow('stop here'));
  });

  it('ends with an AbortError before the next step when the signal is aborted', async () => {
    const controller = new AbortController();
    await expectTensorsKept(0, async () => {
      const aborted = run({
        signal: controller.signal,
        onStep: ({ step }) => {
          if (step === 2) controller.abort();
        },
      });
      await expect(aborted).rejects.toThrow(AbortError);
      await expect(run({ signal: controller.signal })).rejects.toThrow(
        `${functionName}: stopped before step 1 of `,
      );
    });
  });

  it('refuses bad options by name', async () => {
    const refused = (options: object, message: string, denoiser = half) =>
      expectTensorsKept(0, () =>
        expect(run(options, denoiser)).rejects.toThrow(`${functionName}: ${message}`),
      );
    await refused({ shape: [2, 0] }, 'shape is [2, 0]');
    await refused({ steps: 31 }, 'steps is 31; it must be an integer from 1 to ');
    await refused({ clip: [1, 1] }, 'clip is [1, 1]');
    await refused({ noise: () => tf.zeros([3]) }, 'noise(…).shape is [3]; it must be [2,3].');
    await refused({ predictionType: 'epsilon' }, "predictionType is 'epsilon'");
    await refused({ startStep: 1 }, 'startStep is 1; it must be 0 without an initialImage.');
    await refused({}, "prediction.shape is [2, 1]; it must be [2,3] as xT's.", () => tf.zeros([2, 1]));
  });

  it('samples a schedule of zero terminal SNR by v and x0 prediction, and refuses noise prediction there', async () => {
    const zero = computeAlphaSchedule(rescaleZeroTerminalSnr(betas)).alphaBars;
    const options = { shape, steps: 6, spacing: 'trailing' } as const;
    for (const predictionType of ['v', 'x0'] as const) {
      const samples = await sample(half, zero, { ...options, predictionType });
      for (const x of await samples.data()) expect(Number.isFinite(x)).toBe(true);
    }
    await expect(sample(half, zero, options)).rejects.toThrow(
      "alphaBars[t] is 0; it must be above 0 for predictionType 'noise'.",
    );
  });

  it.each([1, 2, 5, 20])(
    'takes as many steps as a schedule of %i timesteps has, and by default some',
    async (T) => {
      const short = computeAlphaSchedule(
        makeBetaSchedule(T, { type: 'linear', betaStart: 0.1, betaEnd: 0.3 }),
      ).alphaBars;
      const finite = async (steps?: number) => {
        const samples = await sample((xT) => tf.mul(xT, 0.5), short, { shape, steps });
        for (const x of await samples.data()) expect(Number.isFinite(x)).toBe(true);
      };
      await finite();
      for (const steps of [T, T - 1]) {
        // DPM-Solver's kind lays one more than it visits.
        await finite(steps).catch((error: Error) =>
          expect(error.message).toContain(`an integer from 1 to ${T - 1 || 1}.`),
        );
      }
    },
  );

  it('takes levels and timesteps of your own, and refuses such as do not descend', async () => {
    const own = await run({ timesteps: [25.5, 12, 3] });
    for (const x of await own.data()) expect(Number.isFinite(x)).toBe(true);
    for (const timesteps of [[12, 12, 3], [3, 12], [30], [-1], []]) {
      await expect(run({ timesteps })).rejects.toThrow(
        `${functionName}: timesteps is [${timesteps.join(', ')}]`,
      );
    }
    await expect(run({ sigmas: [3, 1, 2, 0] })).rejects.toThrow(`${functionName}: sigmas is [3, 1, 2, 0]`);
    await expect(run({ sigmas: 'karras', timesteps: [9, 3] })).rejects.toThrow(
      "left out with sigmas 'karras'",
    );
  });

  it('removes all noise: the last step goes to the clean image', async () => {
    const samples = await run({ predictionType: 'x0' }, () => tf.fill(shape, 0.25));
    expectClose(await samples.data(), Array(6).fill(0.25), { abs: 1e-5 });
  });
});
