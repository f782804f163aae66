import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule } from '../../src/diffusion/computeAlphaSchedule.js';
import type { FeatureDenoiser } from '../../src/diffusion/FeatureDenoiser.js';
import { makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import { estimateFeatureMemory } from '../../src/features/estimateFeatureMemory.js';
import { extractFeatures } from '../../src/features/extractFeatures.js';
import { pixelNoise } from '../../src/features/pixelNoise.js';
import { stackFeatures } from '../../src/features/stackFeatures.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { invertDdim } from '../../src/samplers/invertDdim.js';
import { normals, smallConfig } from '../models/smallModels.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));

/** A denoiser whose layer `seen` is its input, and `told` its timestep and condition at each pixel. */
const mirror: FeatureDenoiser<{ gsd: tf.Tensor } | undefined> = Object.assign(
  (xT: tf.Tensor) => tf.mul(xT, 0.3),
  {
    layerNames: ['seen', 'told'],
    activations: (
      xT: tf.Tensor,
      t: tf.Tensor1D,
      condition: { gsd: tf.Tensor } | undefined,
      layers: readonly string[],
    ) =>
      layers.map((layer) =>
        layer === 'seen'
          ? tf.clone(xT)
          : tf.add(
              tf.zerosLike(xT),
              tf.reshape(tf.add(tf.cast(t, 'float32'), condition?.gsd ?? 0), [-1, 1, 1, 1]),
            ),
      ),
    planActivations: (shape: readonly number[], layers: readonly string[]) => ({
      shapes: layers.map(() => [...shape]),
      peakBytes: 4 * layers.length * shape.reduce((a, b) => a * b),
    }),
  },
);

const x = () => normals([2, 8, 6, 3], 5);

describe('pixelNoise', () => {
  it('belongs to the place, the seed and the channel', async () => {
    const whole = pixelNoise([20, 30, 5], { seed: 3 });
    const part = pixelNoise([6, 7, 5], { seed: 3, origin: [11, 19] });
    expect(await part.data()).toEqual(await tf.slice(whole, [11, 19, 0], [6, 7, 5]).data());
    const fewer = pixelNoise([20, 30, 3], { seed: 3 });
    expect(await fewer.data()).toEqual(await tf.slice(whole, [0, 0, 0], [20, 30, 3]).data());
    expect(await pixelNoise([20, 30, 5], { seed: 4 }).data()).not.toEqual(await whole.data());
  });

  it('is standard normal and uncorrelated between neighbours and channels', async () => {
    const noise = await pixelNoise([128, 128, 4]).array();
    const values = noise.flat(2);
    const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
    expect(Math.abs(mean(values))).toBeLessThan(4 / Math.sqrt(values.length));
    expect(Math.abs(mean(values.map((v) => v * v)) - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
    expect(Math.abs(mean(values.map((v) => v ** 4)) - 3)).toBeLessThan(4 * Math.sqrt(96 / values.length));
    const products = [
      noise.slice(1).flatMap((row, i) => row.flatMap((pixel, j) => pixel.map((v, c) => v * noise[i][j][c]))),
      noise.flatMap((row) => row.slice(1).flatMap((pixel, j) => pixel.map((v, c) => v * row[j][c]))),
      noise.flatMap((row) =>
        row.flatMap((pixel) => [pixel[0] * pixel[1], pixel[1] * pixel[2], pixel[2] * pixel[3]]),
      ),
    ];
    for (const list of products) expect(Math.abs(mean(list))).toBeLessThan(4 / Math.sqrt(list.length));
  });

  it('refuses what is no place', () => {
    expect(() => pixelNoise([2, 2, 1], { origin: [0, -1] })).toThrow(/pixelNoise: origin is \[0, -1\]/);
    expect(() => pixelNoise([0, 2, 1])).toThrow(/pixelNoise: shape is 0/);
  });
});

describe('extractFeatures', () => {
  it('noises all images alike, by the schedule', async () => {
    const images = x();
    const options = {
      timesteps: [10, 500],
      layers: ['told', 'seen'],
      alphaBars,
      seed: 7,
      origin: [3, 4],
    } as const;
    const maps = await expectTensorsKept(4, () => extractFeatures(mirror, images, options));
    expect(maps.map(({ name, timestep }) => [name, timestep])).toEqual([
      ['told', 10],
      ['seen', 10],
      ['told', 500],
      ['seen', 500],
    ]);
    expect(new Set(await maps[2].map.data())).toEqual(new Set([500]));
    const noise = await pixelNoise([8, 6, 3], { seed: 7, origin: [3, 4] }).data();
    const clean = await images.data();
    for (const [i, t] of [10, 500].entries()) {
      const expected = clean.map(
        (value, j) => Math.sqrt(alphaBars[t]) * value + Math.sqrt(1 - alphaBars[t]) * noise[j % noise.length],
      );
      expectClose(await maps[2 * i + 1].map.data(), expected, { abs: 1e-5 });
    }
  });

  it('shows clean images at any timestep, and hands the condition on', async () => {
    const images = x();
    const condition = { gsd: tf.tensor1d([100, 200]) };
    const options = { timesteps: [30], layers: ['seen', 'told'], noise: 'none', condition } as const;
    const [seen, told] = await extractFeatures(mirror, images, options);
    expect(await seen.map.data()).toEqual(await images.data());
    const values = await told.map.data();
    expect([values[0], values[values.length - 1]]).toEqual([130, 230]);
  });

  it('finds the images own noise by DDIM backwards', async () => {
    const images = x();
    const options = { timesteps: [300, 40], layers: ['seen'], alphaBars, inversion: { steps: 5 } };
    const maps = await expectTensorsKept(2, () => extractFeatures(mirror, images, options));
    for (const [i, t] of [300, 40].entries()) {
      const timesteps = [60, 120, 180, 240, 300, 40].filter((at) => at <= t).sort((a, b) => b - a);
      const expected = await invertDdim(mirror, alphaBars, images, { timesteps, steps: timesteps.length });
      expectClose(await maps[i].map.data(), await expected.data(), { abs: 1e-5 });
    }
    expect(await maps[0].map.data()).not.toEqual(await maps[1].map.data());
  });

  it('states memory beforehand and refuses a pass that takes more', async () => {
    const { denoiser } = inferenceModel(unetAttD(smallConfig));
    const layers = ['conv1', 'conv5'];
    const memory = estimateFeatureMemory(denoiser, [2, 32, 32, 2], { timesteps: [1, 2, 3], layers });
    const values = 2 * (2 * 2 * 6 + 32 * 32 * 4);
    expect(memory.maps).toBe(3 * 4 * values);
    expect(memory.stored).toBe(memory.maps / 2);
    expect(memory.stacked).toBe(3 * 4 * 2 * 32 * 32 * (6 + 4));
    expect(memory.total - memory.pass).toBe(2 * 4 * values);
    const images = normals([2, 32, 32, 2], 1);
    const options = { timesteps: [1, 2, 3], layers, noise: 'none' } as const;
    await expectTensorsKept(0, async () => {
      const call = extractFeatures(denoiser, images, { ...options, memoryLimit: memory.total - 1 });
      await expect(call).rejects.toThrow(
        /extractFeatures: 2 images of 32 × 32 take .* GiB .*more than memoryLimit.*Lower the number of images a call/,
      );
    });
    const maps = await extractFeatures(denoiser, images, { ...options, memoryLimit: memory.total });
    expect(maps.map(({ map }) => map.shape)[0]).toEqual([2, 2, 2, 6]);
  });

  it.each([
    [{ timesteps: [], layers: ['seen'] }, /extractFeatures: timesteps is \[\]/],
    [{ timesteps: [1, 1], layers: ['seen'] }, /timesteps is \[1, 1\].*each once/],
    [{ timesteps: [1], layers: ['seen'], alphaBars: undefined }, /alphaBars is undefined/],
    [{ timesteps: [1000], layers: ['seen'] }, /timesteps is 1000.*from 0 to 999/],
    [{ timesteps: [1], layers: ['seen'], noise: 'own' as 'none' }, /noise is 'own'/],
    [{ timesteps: [1], layers: ['seen'], noise: 'shared', inversion: {} }, /inversion.*left out/],
  ] as const)('refuses %j', async (options, message) => {
    const images = x();
    await expectTensorsKept(0, () =>
      expect(extractFeatures(mirror, images, { alphaBars, ...options })).rejects.toThrow(message),
    );
  });

  it('leaves nothing behind where the denoiser throws', async () => {
    let calls = 0;
    const failing = Object.assign((xT: tf.Tensor) => tf.clone(xT), {
      ...mirror,
      activations: (...args: Parameters<typeof mirror.activations>) => {
        if (calls++ === 1) throw new Error('broken');
        return mirror.activations(...args);
      },
    });
    const images = x();
    await expectTensorsKept(0, () =>
      expect(
        extractFeatures(failing, images, { timesteps: [1, 2], layers: ['seen'], alphaBars }),
      ).rejects.toThrow('broken'),
    );
  });
});

describe('stackFeatures', () => {
  it('interpolates as torch without aligned corners', async () => {
    const small = tf.tensor4d([1, 3, 5, 9], [1, 2, 2, 1]);
    const large = tf.reshape(tf.range(0, 16), [1, 4, 4, 1]) as tf.Tensor4D;
    const features = [small, large].map((map, i) => ({ name: `${i}`, timestep: 1, map }));
    const stacked = await expectTensorsKept(1, () => stackFeatures(features));
    expect(stacked.shape).toEqual([1, 4, 4, 2]);
    const [upsampled, kept] = tf.split(stacked, 2, 3);
    // torch.nn.functional.interpolate(x, size=4, mode='bilinear'): weights 1, ¾ and ¼ of the two neighbours.
    const mix = [1, 0.75, 0.25, 0];
    const expected = mix.flatMap((a) =>
      mix.map((b) => a * (b * 1 + (1 - b) * 3) + (1 - a) * (b * 5 + (1 - b) * 9)),
    );
    expectClose(await upsampled.data(), expected, { abs: 1e-5 });
    expect(await kept.data()).toEqual(await large.data());
    expect(stackFeatures(features, [8, 6]).shape).toEqual([1, 8, 6, 2]);
  });

  it('refuses what has no pixels', () => {
    const tokens = { name: 'block', timestep: 1, map: tf.zeros([1, 4, 8]) };
    expect(() => stackFeatures([tokens])).toThrow(/stackFeatures: the map of 'block' is \[1, 4, 8\]/);
    expect(() => stackFeatures([])).toThrow(/stackFeatures: features is \[\]/);
  });
});
