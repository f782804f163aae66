import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dit } from '../../src/models/dit.js';
import { uVit } from '../../src/models/uVit.js';
import { vit } from '../../src/models/vit.js';
import { fromPretrained } from '../../src/pretrained/fromPretrained.js';
import type { ModelConfigs } from '../../src/pretrained/ModelCodec.js';
import { savePretrained } from '../../src/pretrained/savePretrained.js';
import { folderFiles } from '../../src/training/node/folderFiles.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);
const root = mkdtempSync(path.join(tmpdir(), 'transformers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const x = () => tf.randomNormal<tf.Rank.R4>([1, 16, 24, 3], 0, 1, 'float32', 5);
const t = () => tf.tensor2d([[300]]);
const tokens = { patchSize: 8, depth: 2, numHeads: 2, seed: 3 };
const cases = [
  {
    factory: 'vit' as const,
    config: { ...tokens, imgSize: [16, 24], inChans: 3, embedDim: 8, initValues: 0.1, regTokens: 2 } as const,
    make: () => vit(cases[0].config as ModelConfigs['vit']),
    inputs: () => [x()],
    written: { _class_name: 'VisionTransformer', img_size: [16, 24], in_chans: 3, reg_tokens: 2 },
    wrong: { num_heads: 3 },
    message: /config\.json: num_heads is 3; it must be a divisor of embedDim, 8/,
  },
  {
    factory: 'uVit' as const,
    config: { ...tokens, imgSize: [16, 24], inChans: 3, embedDim: 8, mlpTimeEmbed: true } as const,
    make: () => uVit(cases[1].config as ModelConfigs['uVit']),
    inputs: () => [x(), t()],
    written: { _class_name: 'UViT', mlp_time_embed: true, num_classes: -1 },
    wrong: { depth: 0 },
    message: /config\.json: depth is 0/,
  },
  {
    factory: 'dit' as const,
    config: {
      ...tokens,
      inputSize: [16, 24],
      inChannels: 3,
      hiddenSize: 8,
      numClasses: null,
      learnSigma: false,
    } as const,
    make: () => dit(cases[2].config as ModelConfigs['dit']),
    inputs: () => [x(), t()],
    written: { _class_name: 'DiT', num_classes: null, learn_sigma: false, input_size: [16, 24] },
    wrong: { hidden_size: 6 },
    message: /config\.json: hidden_size is 6; it must be a multiple of 4/,
  },
];

describe('folders of transformers', () => {
  it.each(cases)('$factory is opened as it was saved', async ({ factory, config, make, inputs, ...rest }) => {
    const folder = path.join(root, factory);
    const model = make();
    // What begins with zeros would hide a mistake.
    for (const weight of model.getWeights())
      if ((await tf.max(tf.abs(weight)).data())[0] === 0) {
        (weight as tf.Variable).assign(tf.randomNormal(weight.shape, 0, 0.5, 'float32', 9));
      }
    const before = model.apply(inputs()) as tf.Tensor;
    const bands = [{ name: 'red' }, { name: 'green' }, { name: 'blue' }];
    await savePretrained(model, folderFiles(folder), { factory, config, bands });
    const file = path.join(folder, 'config.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject(rest.written);
    const opened = await fromPretrained(folderFiles(folder));
    expect(opened.factory).toBe(factory);
    const after = opened.model.apply(inputs()) as tf.Tensor;
    expect(await after.data()).toEqual(await before.data());
    expect(Math.max(...(await before.data()).map(Math.abs))).toBeGreaterThan(0.01);
    opened.model.dispose();

    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...rest.wrong }));
    await expectTensorsKept(0, () =>
      expect(fromPretrained(folderFiles(folder))).rejects.toThrow(rest.message),
    );
  });
});
