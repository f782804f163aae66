import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unet2d } from '../../src/models/unet2d.js';
import { fromPretrained } from '../../src/pretrained/fromPretrained.js';
import type { ModelFactory } from '../../src/pretrained/ModelCodec.js';
import { savePretrained } from '../../src/pretrained/savePretrained.js';
import { folderFiles } from '../../src/training/node/folderFiles.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { fixturePath, readFixture } from '../support/fixtures.js';
import { type NetworkCase, networkFamily } from '../support/networkCases.js';
import { readTensors } from '../support/peerFamily.js';

beforeAll(startTestBackend);
const root = mkdtempSync(path.join(tmpdir(), 'diffusers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const WEIGHTS = 'diffusion_pytorch_model.safetensors';
const families: Record<string, ModelFactory> = {
  unet2d: 'unet2d',
  unet2d_condition: 'unet2dCondition',
  autoencoder_kl: 'autoencoderKl',
  dit: 'ditTransformer2d',
};
const cases = Object.entries(families).flatMap(([family, factory]) =>
  networkFamily(family)
    .cases.filter(({ folder }) => existsSync(fixturePath(`peers/${folder}/${WEIGHTS}`)))
    .map(({ folder }) => ({ folder, factory })),
);
// DiffusionSat's network, in a file of its own.
const { unet } = readFixture<{ unet: NetworkCase }>('peers/metadata/metadata.json');
cases.push({ folder: unet.folder, factory: 'unet2dCondition' });

const json = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8'));

/** A folder of diffusers, changed, in a place of its own. */
function copied(folder: string, changes: Record<string, unknown> = {}): string {
  const copy = mkdtempSync(path.join(root, 'model-'));
  const from = fixturePath(`peers/${folder}`);
  copyFileSync(path.join(from, WEIGHTS), path.join(copy, WEIGHTS));
  const config = { ...json(path.join(from, 'config.json')), ...changes };
  writeFileSync(path.join(copy, 'config.json'), JSON.stringify(config));
  return copy;
}

describe('folders of diffusers', () => {
  it.each(cases)('$folder is opened, and written as it was', async ({ folder, factory }) => {
    const from = fixturePath(`peers/${folder}`);
    const opened = await fromPretrained(folderFiles(from));
    expect(opened.factory).toBe(factory);
    expect(opened.remarks.join()).toMatch(
      /is a folder of diffusers; it does not say: the names of its bands/,
    );
    const { model, config, bands } = opened;
    expect(bands.length).toBe((config as { inChannels: number }).inChannels);
    const to = path.join(root, folder.replaceAll('/', '-'));
    await savePretrained(model, folderFiles(to), { factory, config, bands });
    expect(readdirSync(to).sort()).toEqual(['config.json', WEIGHTS, 'diffusion_ssl.json']);
    const { _diffusers_version: ours, ...written } = json(path.join(to, 'config.json'));
    const { _diffusers_version: theirs, ...original } = json(path.join(from, 'config.json'));
    expect(written).toEqual({ ...original, ...lists(written, original) });
    const [a, b] = [readTensors(`peers/${folder}/${WEIGHTS}`), await weightsOf(to)];
    expect([...b.keys()].sort()).toEqual([...a.keys()].sort());
    for (const [name, { data, shape }] of a) {
      expect(b.get(name)!.shape, name).toEqual(shape);
      expect(b.get(name)!.data, name).toEqual(data);
    }
    model.dispose();
    const again = await fromPretrained(folderFiles(to));
    expect(again.config).toEqual({ ...again.config, ...config });
    again.model.dispose();
  });

  it('are opened with the names that attention layers had before', async () => {
    for (const folder of ['unet2d/ddpm_like', 'autoencoder_kl/sd_like']) {
      const old = copied(folder);
      copyFileSync(fixturePath(`peers/${folder}/legacy_names.safetensors`), path.join(old, WEIGHTS));
      const [a, b] = [
        await fromPretrained(folderFiles(old)),
        await fromPretrained(folderFiles(copied(folder))),
      ];
      const values = (model: typeof a.model) =>
        Promise.all(namedParameters(model).map(async ({ name, variable }) => [name, await variable.data()]));
      expect(await values(a.model)).toEqual(await values(b.model));
      for (const { model } of [a, b]) model.dispose();
    }
  });

  it.each([
    ['unet2d/plain', { time_embedding_type: 'fourier' }, /config\.json: time_embedding_type is 'fourier'/],
    [
      'unet2d/plain',
      { resnet_time_scale_shift: 'spatial' },
      /config\.json: resnet_time_scale_shift is 'spatial'/,
    ],
    [
      'unet2d/plain',
      { down_block_types: ['SkipDownBlock2D', 'DownBlock2D'] },
      /down_block_types is 'SkipDownBlock2D'/,
    ],
    ['unet2d/plain', { frobnicate: 1 }, /config\.json: frobnicate is no option of this network/],
    [
      'unet2d_condition/sd15_like',
      { encoder_hid_dim_type: 'image_proj' },
      /encoder_hid_dim_type is 'image_proj'/,
    ],
    ['unet2d_condition/sd15_like', { attention_type: 'gated' }, /attention_type is 'gated'/],
    ['autoencoder_kl/sd_like', { latents_mean: [1, 2, 3, 4] }, /latents_mean is \[1, 2, 3, 4\]/],
    ['autoencoder_kl/sd_like', { _class_name: 'AutoencoderTiny' }, /diffusion_ssl\.json|AutoencoderTiny/],
    ['unet2d/plain', { block_out_channels: [8, 24] }, /diffusion_pytorch_model\.safetensors: /],
  ])('%s with %j is refused by name', async (folder, changes, message) => {
    const copy = copied(folder, changes);
    await expectTensorsKept(0, () => expect(fromPretrained(folderFiles(copy))).rejects.toThrow(message));
  });
});

describe('a pipeline', () => {
  const config = {
    inChannels: 2,
    blockOutChannels: [4, 8],
    downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'],
    upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'],
    attentionHeadDim: 4,
    normNumGroups: 2,
    layersPerBlock: 1,
  };
  const description = {
    bands: [{ name: 'vv' }, { name: 'vh' }],
    diffusion: { schedule: 'squaredcos_cap_v2', timesteps: 50, predictionType: 'x0' },
    normalization: null,
  } as const;

  it('is what savePretrained writes of a unet2d with its diffusion, and is opened again', async () => {
    const folder = path.join(root, 'pipeline');
    const model = unet2d(config);
    await savePretrained(model, folderFiles(folder), { factory: 'unet2d', config, ...description });
    expect(readdirSync(folder).sort()).toEqual([
      'diffusion_ssl.json',
      'model_index.json',
      'scheduler',
      'unet',
    ]);
    const opened = await fromPretrained(folderFiles(folder));
    expect(opened.remarks).toEqual([]);
    expect(opened).toMatchObject({ factory: 'unet2d', ...description });
    const inputs = [tf.ones([1, 8, 8, 2]), tf.tensor2d([[7]])];
    const outputs = [model, opened.model].map((network) => network.apply(inputs) as tf.Tensor);
    expect(await outputs[1].data()).toEqual(await outputs[0].data());

    // Without our own file it is one of diffusers.
    rmSync(path.join(folder, 'diffusion_ssl.json'));
    const scheduler = path.join(folder, 'scheduler', 'scheduler_config.json');
    writeFileSync(
      scheduler,
      readFileSync(scheduler, 'utf8').replace('{', '{ "lambda_min_clipped": -Infinity,'),
    );
    const foreign = await fromPretrained(folderFiles(folder));
    expect(foreign.diffusion).toMatchObject(description.diffusion);
    expect(foreign.remarks.join()).toMatch(
      /it does not say: the names of its bands, how its chips are scaled\.$/,
    );
    for (const network of [model, opened.model, foreign.model]) network.dispose();
  });

  it('of a schedule that diffusers has not keeps its betas', async () => {
    const folder = path.join(root, 'cosine');
    const model = unet2d(config);
    const diffusion = { ...description.diffusion, schedule: 'cosine' as const };
    await savePretrained(model, folderFiles(folder), {
      factory: 'unet2d',
      config,
      ...description,
      diffusion,
    });
    const scheduler = json(path.join(folder, 'scheduler', 'scheduler_config.json'));
    expect((scheduler.trained_betas as number[]).length).toBe(50);
    model.dispose();
  });

  it('is refused where it is of another network', async () => {
    const folder = path.join(root, 'other');
    mkdirSync(path.join(folder, 'unet'), { recursive: true });
    writeFileSync(path.join(folder, 'model_index.json'), '{}');
    writeFileSync(path.join(folder, 'unet', 'config.json'), '{"_class_name": "UNet1DModel"}');
    await expect(fromPretrained(folderFiles(folder))).rejects.toThrow(
      /unet\/config\.json: its network is "UNet1DModel"/,
    );
  });
});

/** Lists of one number for all resolutions are written as that number. */
function lists(written: Record<string, unknown>, original: Record<string, unknown>): Record<string, unknown> {
  const same = Object.entries(original).filter(
    ([name, value]) =>
      Array.isArray(value) && value.length > 0 && value.every((entry) => entry === written[name]),
  );
  return Object.fromEntries(same.map(([name, value]) => [name, (value as unknown[])[0]]));
}

async function weightsOf(folder: string) {
  const { readSafetensors } = await import('../../src/interop/readSafetensors.js');
  return readSafetensors(readFileSync(path.join(folder, WEIGHTS))).tensors;
}
