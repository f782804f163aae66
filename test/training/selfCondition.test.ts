import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule, makeBetaSchedule, predictX0, qSample } from '../../src/diffusion/index.js';
import { randomNormal, randomUniform } from '../../src/internal/philox.js';
import { randomStreams } from '../../src/internal/streams.js';
import { sampleDdim, sampleEuler } from '../../src/samplers/index.js';
import { selfConditionSampling } from '../../src/training/selfConditionSampling.js';
import { selfConditionTraining } from '../../src/training/selfConditionTraining.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const { alphaBars } = computeAlphaSchedule(
  makeBetaSchedule(100, { type: 'linear', betaStart: 1e-3, betaEnd: 0.1 }),
);
const values = (step: number) => tf.tensor2d(randomNormal(6, { seed: 1, stream: 1, step }), [2, 3]);
const t = Int32Array.of(3, 70);
const times = () => tf.tensor1d(t, 'int32');
type Call = { training: boolean; step: number };

/** A network of [image, estimate], and the estimates that it has been given. */
function recorder(weight: tf.Tensor = tf.scalar(0.3)) {
  const estimates: tf.Tensor[] = [];
  const conditions: unknown[] = [];
  const network = (both: tf.Tensor, _t: tf.Tensor1D, condition?: unknown) => {
    const [x, estimate] = tf.split(both, 2, -1);
    estimates.push(tf.keep(tf.clone(estimate)));
    conditions.push(condition);
    return tf.add(tf.mul(x, weight), tf.mul(estimate, tf.mul(weight, 0.5)));
  };
  return { network, estimates, conditions };
}

describe('selfConditionTraining', () => {
  it.each(['noise', 'x0', 'v'] as const)(
    'shows the network its own estimate, %s prediction',
    async (predictionType) => {
      const { network, estimates, conditions } = recorder();
      const xT = qSample(values(0), t, alphaBars, values(1));
      const denoiser = selfConditionTraining(network, { alphaBars, predictionType, probability: 1 });
      const prediction = denoiser(xT, times(), 'a class', { training: true, step: 0 });
      expect(conditions).toEqual(['a class', 'a class']);
      expect(await estimates[0].data()).toEqual(new Float32Array(6));
      const x0 = predictX0(xT, t, tf.mul(xT, 0.3), { alphaBars, predictionType });
      expectClose(await estimates[1].data(), await x0.data(), { abs: 1e-5, rel: 1e-5 });
      const expected = tf.add(tf.mul(xT, 0.3), tf.mul(x0, 0.15));
      expectClose(await prediction.data(), await expected.data(), { abs: 1e-5, rel: 1e-5 });
    },
  );

  it('does so in half of the steps, by seed and step alone; always outside training', async () => {
    const { network, estimates } = recorder();
    const denoiser = selfConditionTraining(network, { alphaBars, seed: 9 });
    const calls = (call: Call) => {
      const before = estimates.length;
      denoiser(values(0), times(), undefined, call).dispose();
      return estimates.length - before;
    };
    const counts = Array.from({ length: 200 }, (_, step) => calls({ training: true, step }));
    const own = counts.filter((count) => count === 2).length;
    expect(new Set(counts)).toEqual(new Set([1, 2]));
    // 4 standard deviations of 200 draws.
    expect(Math.abs(own - 100)).toBeLessThan(29);
    for (const step of [0, 1, 2, 3, 120]) {
      const [draw] = randomUniform(1, { seed: 9, stream: randomStreams.selfCondition, step });
      expect(calls({ training: true, step })).toBe(draw < 0.5 ? 2 : 1);
      expect(calls({ training: false, step })).toBe(2);
    }
    const never = selfConditionTraining(network, { alphaBars, probability: 0 });
    const before = estimates.length;
    never(values(0), times(), undefined, { training: true, step: 0 }).dispose();
    expect(estimates.length - before).toBe(1);
    expect(await estimates[before].data()).toEqual(new Float32Array(6));
  });

  it('lets no gradient through the estimate', async () => {
    const weight = tf.variable(tf.scalar(0.3));
    const { network, estimates } = recorder(weight);
    const xT = qSample(values(0), t, alphaBars, values(1));
    const denoiser = selfConditionTraining(network, { alphaBars, predictionType: 'x0', probability: 1 });
    const { grads, value } = tf.variableGrads(
      () => tf.sum(denoiser(xT, times(), undefined, { training: true, step: 0 })),
      [weight],
    );
    const [estimate] = estimates.slice(1);
    const [expected] = await tf.sum(tf.add(xT, tf.mul(estimate, 0.5))).data();
    const [gradient] = Object.values(grads);
    expectClose(await gradient.data(), [expected], { rel: 1e-5, abs: 1e-5 });
    expect(Math.abs((await tf.sum(xT).data())[0] - expected)).toBeGreaterThan(0.01);
    tf.dispose([grads, value, weight]);
  });

  it('clips the estimate, and keeps one tensor', async () => {
    const { network, estimates } = recorder();
    const clip = [-0.1, 0.1] as const;
    const options = { alphaBars, predictionType: 'x0', probability: 1, clip } as const;
    selfConditionTraining(network, options)(tf.mul(values(0), 9), times(), undefined, {
      training: true,
      step: 0,
    });
    expect([...(await estimates[1].data())].every((value) => Math.abs(value) <= Math.fround(0.1))).toBe(true);
    const plain = (both: tf.Tensor) => tf.slice(both, [0, 0], [-1, 3]);
    const call = { training: true, step: 0 };
    const x = values(0);
    const at = times();
    await expectTensorsKept(1, () => selfConditionTraining(plain, options)(x, at, undefined, call));
  });

  it('names what it cannot use', () => {
    const { network } = recorder();
    expect(() => selfConditionTraining(network, { alphaBars, probability: 2 })).toThrow(
      /^selfConditionTraining: probability is 2/,
    );
    expect(() => selfConditionTraining(network, { alphaBars: [0.1, 0.2] })).toThrow(/betas ascend/);
  });
});

describe('selfConditionSampling', () => {
  it('feeds the estimate of each step to the next', async () => {
    const { network, estimates } = recorder();
    const { denoiser, reset } = selfConditionSampling(network, { alphaBars });
    const x0s: Float32Array[] = [];
    const run = () =>
      sampleDdim(denoiser, alphaBars, {
        shape: [2, 3],
        steps: 5,
        onStep: async ({ x0 }) => {
          x0s.push(await x0.data<'float32'>());
        },
      });
    const first = await run();
    expect(estimates.length).toBe(5);
    expect(await estimates[0].data()).toEqual(new Float32Array(6));
    for (let i = 1; i < 5; i++) {
      expectClose(await estimates[i].data(), x0s[i - 1], { abs: 1e-5, rel: 1e-5 });
    }
    reset();
    expect(await (await run()).data()).toEqual(await first.data());
    expect(await (await run()).data()).not.toEqual(await first.data());
    reset();
  });

  it.each(['noise', 'v'] as const)(
    'at timesteps between two of the schedule, %s prediction',
    async (predictionType) => {
      const { network, estimates } = recorder();
      const { denoiser, reset } = selfConditionSampling(network, { alphaBars, predictionType });
      const x0s: Float32Array[] = [];
      const ts: number[] = [];
      await sampleEuler(denoiser, alphaBars, {
        ...{ shape: [2, 3], steps: 6, predictionType, timesteps: [90.5, 60.25, 30.75, 12.5, 3.25, 1] },
        onStep: async ({ x0, t }) => {
          ts.push(t);
          x0s.push(await x0.data<'float32'>());
        },
      });
      reset();
      expect(ts.some((t) => !Number.isInteger(t))).toBe(true);
      for (let i = 1; i < 6; i++) {
        expectClose(await estimates[i].data(), x0s[i - 1], { abs: 1e-4, rel: 1e-4 });
      }
    },
  );

  it('holds one tensor until reset, and refuses another shape before', async () => {
    const plain = (both: tf.Tensor) => tf.slice(both, [0, 0], [-1, both.shape[1]! / 2]);
    const { denoiser, reset } = selfConditionSampling(plain, { alphaBars });
    const call = { training: false, step: 0 };
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) tf.tidy(() => denoiser(values(0), times(), undefined, call).dispose());
    expect(tf.memory().numTensors).toBe(before + 1);
    const other = tf.ones([2, 4]);
    expect(() => denoiser(other, times(), undefined, call)).toThrow(
      /^selfConditionSampling: xT\.shape is \[2, 4\]; it must be \[2,3\] as before, or call reset\(\) first\.$/,
    );
    other.dispose();
    reset();
    reset();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
  });
});
