import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { computeAlphaSchedule } from '../../src/diffusion/computeAlphaSchedule.js';
import type { FeatureDenoiser } from '../../src/diffusion/FeatureDenoiser.js';
import { makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import { extractFeatures } from '../../src/features/extractFeatures.js';
import { featureFolder } from '../../src/features/node/featureFolder.js';
import { weightsFingerprint } from '../../src/features/weightsFingerprint.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { normals, smallConfig } from '../models/smallModels.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
let folder: string;
let model: ReturnType<typeof unetAttD>;
let denoiser: FeatureDenoiser<undefined>;
/** How many images were computed. */
let computed: number;

beforeAll(() => {
  model = unetAttD(smallConfig);
  const network = layersDenoiser(model);
  denoiser = Object.assign((xT: tf.Tensor) => tf.clone(xT), {
    layerNames: network.layerNames,
    planActivations: network.planActivations,
    activations: (...args: Parameters<typeof network.activations>) => {
      computed += args[0].shape[0];
      return network.activations(...args);
    },
  }) as typeof denoiser;
});
beforeEach(async () => {
  computed = 0;
  folder = await mkdtemp(path.join(tmpdir(), 'features-'));
  return () => rm(folder, { recursive: true });
});
afterAll(() => {
  vi.restoreAllMocks();
});

const base = { timesteps: [10, 200], layers: ['conv3', 'conv5'], alphaBars };

async function cached(images: tf.Tensor4D, options: Partial<Parameters<typeof extractFeatures>[2]> = {}) {
  const cache = {
    store: featureFolder(folder),
    fingerprint: await weightsFingerprint(namedParameters(model)),
  };
  const maps = await extractFeatures(denoiser, images, { ...base, ...options, condition: undefined, cache });
  const values = await Promise.all(maps.map(({ map }) => map.data<'float32'>()));
  tf.dispose(maps.map(({ map }) => map));
  return values;
}

const filesOf = async () =>
  (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => path.join(folder, name));

describe('a cache of features', () => {
  it('gives the first time what it gives afterwards, in float16', async () => {
    const images = normals([3, 32, 32, 2], 1);
    const plain = await extractFeatures(denoiser, images, base);
    computed = 0;
    const first = await expectTensorsKept(0, () => cached(images));
    expect(computed).toBe(6);
    const second = await expectTensorsKept(0, () => cached(images));
    expect(computed).toBe(6);
    expect(second).toEqual(first);
    for (const [i, { map }] of plain.entries()) {
      const largest = Math.max(...(await map.data()).map(Math.abs));
      expectClose(first[i], await map.data(), { abs: 2 ** -11 * largest });
    }
    const bytes = (await Promise.all((await filesOf()).map((file) => readFile(file)))).map(
      ({ length }) => length,
    );
    const values = plain.reduce((sum, { map }) => sum + map.size / 3, 0);
    for (const length of bytes) expect(length / (2 * values)).toBeLessThan(1.1);
  });

  it('knows images one by one', async () => {
    const images = normals([3, 32, 32, 2], 1);
    const all = await cached(images);
    computed = 0;
    const other = tf.concat([tf.slice(images, 2, 1), normals([1, 32, 32, 2], 9), tf.slice(images, 0, 1)]);
    const mixed = await cached(other as tf.Tensor4D);
    expect(computed).toBe(2);
    for (const [i, values] of mixed.entries()) {
      const size = values.length / 3;
      expect(values.slice(0, size)).toEqual(all[i].slice(2 * size));
      expect(values.slice(2 * size)).toEqual(all[i].slice(0, size));
    }
  });

  it('makes again what another weight, option or image would give', async () => {
    const images = normals([1, 32, 32, 2], 1);
    await cached(images);
    for (const options of [
      { seed: 1 },
      { origin: [0, 1] as const },
      { noise: 'none' as const },
      { timesteps: [10, 201] },
      { layers: ['conv3', 'conv4'] },
      { alphaBars: computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' })).alphaBars },
      { inversion: { steps: 2 } },
      { inversion: { steps: 3 } },
    ]) {
      computed = 0;
      await cached(images, options);
      expect(computed, JSON.stringify(Object.keys(options))).toBeGreaterThan(0);
    }
    computed = 0;
    await cached(images);
    expect(computed).toBe(0);
    const { variable } = namedParameters(model)[3];
    const before = variable.clone();
    const changed = await before.data();
    changed[1] += 1e-6;
    variable.assign(tf.tensor(changed, variable.shape));
    await cached(images);
    expect(computed).toBe(2);
    variable.assign(before);
  });

  it('finds out damaged and cut files, and makes them again', async () => {
    const images = normals([1, 32, 32, 2], 1);
    const expected = await cached(images);
    const [file] = await filesOf();
    const whole = await readFile(file);
    const damages: Buffer[] = [Buffer.alloc(0), whole.subarray(0, 100), whole.subarray(0, whole.length - 1)];
    for (const at of [9, Math.floor(whole.length / 2), whole.length - 1]) {
      const flipped = Buffer.from(whole);
      flipped[at] ^= 0x40;
      damages.push(flipped);
    }
    for (const damaged of damages) {
      await writeFile(file, damaged);
      computed = 0;
      expect(await cached(images)).toEqual(expected);
      expect(computed).toBe(2);
      expect(await readFile(file)).toEqual(whole);
    }
  });

  it('serves writers at the same time', async () => {
    const images = normals([4, 32, 32, 2], 1);
    const results = await Promise.all(Array.from({ length: 4 }, () => cached(images)));
    for (const result of results) expect(result).toEqual(results[0]);
    expect(await readdir(folder, { recursive: true })).toHaveLength(5);
  });

  it('keeps what float16 cannot hold as float32', async () => {
    const images = tf.mul(normals([1, 32, 32, 2], 1), 1e6) as tf.Tensor4D;
    const [first] = await cached(images, { noise: 'none', layers: ['encoder_1'], timesteps: [0] });
    const [{ map }] = await extractFeatures(denoiser, images, {
      ...{ noise: 'none', layers: ['encoder_1'], timesteps: [0] },
    });
    expect(Math.max(...first)).toBeGreaterThan(65504);
    expect(first).toEqual(await map.data());
  });

  it('says which file cannot be written', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const store = featureFolder(path.join(folder, 'file'));
    await expect(store.set('a/b', new Uint8Array(4))).rejects.toThrow(
      /featureFolder: cannot write '.*b.safetensors'/,
    );
  });
});
