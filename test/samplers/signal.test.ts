import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AbortError } from '../../src/errors/AbortError.js';
import { sampleDdim } from '../../src/samplers/sampleDdim.js';
import { sampleDdpm } from '../../src/samplers/sampleDdpm.js';
import type { SampleOptions } from '../../src/samplers/types.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

const alphaBars = Array.from({ length: 20 }, (_, t) => 0.99 - 0.04 * t);

beforeAll(startTestBackend);

describe.each(Object.entries({ sampleDdim, sampleDdpm }))('%s with a signal', (name, sampler) => {
  const run = (
    signal: AbortSignal,
    onStep?: SampleOptions['onStep'],
    denoiser = (xT: tf.Tensor) => tf.mul(xT, 0.5),
  ) => sampler(denoiser, alphaBars, { shape: [1, 2, 2, 1], steps: 10, signal, onStep });
  const errorOf = async (
    signal: AbortSignal,
    onStep?: SampleOptions['onStep'],
    denoiser?: (xT: tf.Tensor) => tf.Tensor,
  ) =>
    (await expectTensorsKept(0, () =>
      run(signal, onStep, denoiser).then(
        () => undefined,
        (error: unknown) => error,
      ),
    )) as AbortError;

  it('stops before the next step, with the reason, and leaves no tensor', async () => {
    const controller = new AbortController();
    const reason = new Error('a newer request');
    let steps = 0;
    const error = await errorOf(controller.signal, ({ step }) => {
      steps = step;
      if (step === 3) controller.abort(reason);
    });
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ name: 'AbortError', cause: reason });
    expect(error.message).toBe(`${name}: stopped before step 4 of 10.`);
    expect(steps).toBe(3);
  });

  it('does not begin when it is aborted already', async () => {
    let calls = 0;
    const error = await errorOf(AbortSignal.abort(), undefined, (xT) => {
      calls++;
      return tf.clone(xT);
    });
    expect(error.message).toBe(`${name}: stopped before step 1 of 10.`);
    expect(calls).toBe(0);
  });

  it('lets a timer abort it, though nothing else gives the event loop a turn', async () => {
    let calls = 0;
    const error = await errorOf(AbortSignal.timeout(30), undefined, (xT) => {
      calls++;
      for (const begin = performance.now(); performance.now() - begin < 10; );
      return tf.clone(xT);
    });
    expect(error).toMatchObject({ name: 'AbortError', cause: { name: 'TimeoutError' } });
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(10);
  });

  it('gives what it gives without one, and takes an abort after the end for none', async () => {
    const controller = new AbortController();
    const sample = await run(controller.signal, ({ step }) => {
      if (step === 10) controller.abort();
    });
    const without = await sampler((xT) => tf.mul(xT, 0.5), alphaBars, { shape: [1, 2, 2, 1], steps: 10 });
    expect(await sample.data()).toEqual(await without.data());
  });
});
