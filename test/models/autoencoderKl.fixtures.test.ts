import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { modernAttentionNames } from '../../src/interop/modernAttentionNames.js';
import { torchShape } from '../../src/interop/torchLayout.js';
import { autoencoderKl } from '../../src/models/autoencoderKl.js';
import { autoencoderKlParameters } from '../../src/models/autoencoderKlParameters.js';
import { countValues } from '../../src/models/countValues.js';
import { decodeLatents } from '../../src/models/decodeLatents.js';
import { fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import { encodeLatents } from '../../src/models/encodeLatents.js';
import { latentKl } from '../../src/models/latentKl.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { scaleLatents } from '../../src/models/scaleLatents.js';
import { unscaleLatents } from '../../src/models/unscaleLatents.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { fixturePath, readFixture } from '../support/fixtures.js';
import {
  checkNetworkCase,
  loadNetworkCase,
  networkFamily,
  readNetworkCase,
} from '../support/networkCases.js';
import { layouts, readTensors, uploaded } from '../support/peerFamily.js';

beforeAll(startTestBackend);

const { cases, tolerance } = networkFamily('autoencoder_kl');
const kl = readFixture<{ tolerance: { kl: { abs: number; rel: number } } }>('peers/autoencoder_kl/cases.json')
  .tolerance.kl;

describe('autoencoderKl equals AutoencoderKL of diffusers', () => {
  for (const networkCase of cases) {
    it(networkCase.name, async () => {
      const { config, io, folder } = readNetworkCase(networkCase);
      const own = fromDiffusersConfig(config);
      const model = autoencoderKl(own);
      await loadNetworkCase(model, networkCase);
      const read = (name: string) => uploaded<tf.Rank.R4>(io.get(name)!, layouts.image);
      const close = async (value: tf.Tensor, name: string) =>
        expectClose(await value.data(), await read(name).data(), tolerance.output);

      const latents = encodeLatents(model, read('image'));
      for (const name of ['mean', 'logvar', 'std'] as const) await close(latents[name], name);
      expectClose(await latentKl(latents).data(), io.get('kl')!.data as Float32Array, kl);
      const sample = tf.add<tf.Tensor4D>(latents.mean, tf.mul(latents.std, read('noise')));
      await close(sample, 'sample');
      await close(scaleLatents(sample, own), 'latents_scaled');
      await close(unscaleLatents(read('latents_scaled'), own), 'sample');
      await close(decodeLatents(model, sample), 'decoded_from_sample');
      await close(decodeLatents(model, latents.mean), 'reconstruction_from_mean');

      const inputs = [read('image'), read('noise')];
      const output = () => model.apply(inputs, { training: true }) as tf.Tensor;
      await checkNetworkCase(model, networkCase, { output, target: read('target') }, tolerance);
      if (existsSync(fixturePath(`peers/${folder}/legacy_names.safetensors`))) {
        const fresh = autoencoderKl({ ...own, seed: 1 });
        const legacy = readTensors(`peers/${folder}/legacy_names.safetensors`);
        loadTorchStateDict(namedParameters(fresh), modernAttentionNames(legacy));
        expect(await (fresh.apply(inputs) as tf.Tensor).data()).toEqual(await output().data());
      }
      model.dispose();
    });
  }
});

describe('parameters, counted without allocating', () => {
  it('names, order and shapes of the autoencoder of Stable Diffusion', () => {
    const counts =
      readFixture<
        { name: string; parameters: number; tensors: number; config: Record<string, unknown> | null }[]
      >('peers/counts/counts.json');
    const { config, parameters, tensors } = counts.find((c) => c.config?._class_name === 'AutoencoderKL')!;
    const shapes = readFixture<Record<string, number[]>>('peers/counts/shapes_sd_vae.json');
    const before = tf.memory().numTensors;
    const specs = autoencoderKlParameters(fromDiffusersConfig(config!));
    expect(countValues(specs)).toEqual({
      trainable: parameters,
      runningStatistics: 0,
      stateDictEntries: tensors,
    });
    expect(
      Object.fromEntries(specs.map(({ name, shape, layout }) => [name, torchShape(shape, layout)])),
    ).toEqual(shapes);
    expect(specs.map(({ name }) => name)).toEqual(Object.keys(shapes));
    expect(tf.memory().numTensors).toBe(before);
  });
});
