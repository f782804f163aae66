import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AbortError } from '../../src/errors/AbortError.js';
import { repaintTimesteps, sampleRepaint } from '../../src/samplers/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { alphaBarsOf, readSteps, repaintFile, sineDenoiser } from '../support/schedulerCases.js';

beforeAll(startTestBackend);

describe('the timesteps of RePaint', () => {
  it.each(repaintFile.time_lists)(
    '$num_inference_steps steps, jumps of $jump_length, $jump_n_sample times',
    (list) => {
      const timesteps = Array.from(
        repaintTimesteps(list.num_train_timesteps, list.num_inference_steps, {
          jumpLength: list.jump_length,
          resamplings: list.jump_n_sample,
        }),
      );
      expect(timesteps).toHaveLength(list.count);
      expect(timesteps.slice(0, 60)).toEqual(list.first_60);
      expect(timesteps.slice(-60)).toEqual(list.last_60);
      expect(timesteps.reduce((sum, t) => sum + t, 0)).toBe(list.sum);
      if (list.timesteps) expect(timesteps).toEqual(list.timesteps);
    },
  );
});

describe('the runs of diffusers', () => {
  it.each(repaintFile.runs)('$name', async ({ name, config, set_timesteps, timesteps, tolerance }) => {
    const read = (tensor: string) => readSteps(`${name}/${tensor}`);
    const { shape, steps: start } = read('x_init');
    const [draws, samples] = [read('noise').steps, read('samples').steps];
    const tensor = (of: string) => tf.tensor(read(of).steps[0], shape);
    const sine = sineDenoiser(false);
    const seen: tf.Tensor[] = [];
    const result = await sampleRepaint(
      (xT, t) => {
        seen.push(tf.keep(tf.clone(xT)));
        return sine(xT, t);
      },
      alphaBarsOf(config),
      {
        image: tensor('image'),
        mask: tensor('mask'),
        steps: set_timesteps.num_inference_steps,
        jumpLength: set_timesteps.jump_length,
        resamplings: set_timesteps.jump_n_sample,
        eta: Number(config.eta),
        clip: config.clip_sample ? [-1, 1] : undefined,
        noise: (noiseShape, step) => tf.tensor(step === 0 ? start[0] : draws[step - 1], noiseShape),
      },
    );
    const close = (actual: ArrayLike<number>, expected: Float32Array) =>
      expectClose(actual, expected, {
        abs: tolerance * expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
      });
    // What the denoiser saw is what the entry before it left; that covers jumps too, by where they end.
    const down = timesteps.map((t, i) => i === 0 || t < timesteps[i - 1]);
    const before = timesteps.map((_, i) => (i === 0 ? start[0] : samples[i - 1])).filter((_, i) => down[i]);
    expect(seen).toHaveLength(before.length);
    for (const [k, x] of seen.entries()) close(await x.data(), before[k]);
    close(await result.data(), samples[samples.length - 1]);
  });
});

describe('sampleRepaint', () => {
  const alphaBars = Array.from({ length: 20 }, (_, t) => 0.99 - 0.04 * t);
  const half = (xT: tf.Tensor) => tf.mul(xT, 0.5);
  const run = (options: object = {}, denoiser = half) =>
    sampleRepaint(denoiser, alphaBars, {
      ...{ image: image(), mask: mask(), steps: 10, jumpLength: 2, resamplings: 2 },
      ...options,
    });
  let given: { image: tf.Tensor; mask: tf.Tensor } | undefined;
  const tensors = () => {
    given ??= { image: tf.fill([2, 4, 1], 0.7), mask: tf.tensor3d([1, 1, 0, 0], [1, 4, 1]) };
    return given;
  };
  const image = () => tensors().image;
  const mask = () => tensors().mask;

  it('keeps the known pixels, and paints the others', async () => {
    tensors();
    const samples = await (await expectTensorsKept(1, () => run())).data();
    for (const k of [0, 1, 4, 5]) expect(samples[k]).toBeCloseTo(0.7, 6);
    for (const k of [2, 3, 6, 7]) expect(Math.abs(samples[k] - 0.7)).toBeGreaterThan(1e-3);
  });

  it('leaves nothing behind when it is aborted or something throws', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    tensors();
    await expectTensorsKept(0, () =>
      expect(run({ signal, onStep: () => controller.abort() })).rejects.toThrow(AbortError),
    );
    await expectTensorsKept(0, () =>
      expect(
        run({}, () => {
          throw new Error('stop here');
        }),
      ).rejects.toThrow('stop here'),
    );
  });

  it('refuses a mask that does not fit', async () => {
    await expect(run({ mask: tf.ones([3, 4, 1]) })).rejects.toThrow('sampleRepaint: mask.shape is [3, 4, 1]');
    await expect(run({ jumpLength: 0 })).rejects.toThrow('jumpLength is 0');
  });
});
