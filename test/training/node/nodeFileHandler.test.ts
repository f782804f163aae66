import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../../src/errors/CheckpointError.js';
import { nodeFileHandler } from '../../../src/training/node/nodeFileHandler.js';
import { startTestBackend } from '../../support/backend.js';

let folder: string;
let model: tfl.LayersModel;
beforeAll(startTestBackend);
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'handler-'));
  model = tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [4] })] });
  await model.save(nodeFileHandler(path.join(folder, 'model')));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string) => path.join(folder, 'model', name);
const load = () => tfl.loadLayersModel(nodeFileHandler(path.join(folder, 'model')));
const weightsOf = (of: tfl.LayersModel) => Promise.all(of.getWeights().map((weight) => weight.data()));
const changeManifest = (change: (manifest: tf.io.WeightsManifestConfig) => void) => {
  const json = JSON.parse(readFileSync(file('model.json'), 'utf8')) as tf.io.ModelJSON;
  change(json.weightsManifest);
  writeFileSync(file('model.json'), JSON.stringify(json));
};

describe('nodeFileHandler', () => {
  it('keeps a model in two files', async () => {
    expect(readdirSync(path.join(folder, 'model')).sort()).toEqual(['model.json', 'weights.bin']);
    expect(readFileSync(file('weights.bin')).length).toBe(4 * (4 * 3 + 3));
    expect(await weightsOf(await load())).toEqual(await weightsOf(model));
  });

  it('reads weights that are in several files, cut anywhere, as converters write them', async () => {
    const bytes = readFileSync(file('weights.bin'));
    writeFileSync(file('a.bin'), bytes.subarray(0, 13));
    writeFileSync(file('b.bin'), bytes.subarray(13));
    changeManifest(([group]) => {
      group.paths = ['a.bin', 'b.bin'];
    });
    expect(await weightsOf(await load())).toEqual(await weightsOf(model));
  });

  it.each([
    ['no model', () => rmSync(file('model.json')), /model\/model\.json: there is no such file/],
    ['no weights', () => rmSync(file('weights.bin')), /model\/weights\.bin: there is no such file/],
    ['no JSON', () => writeFileSync(file('model.json'), '{'), /model\.json: it is not JSON/],
    [
      'a path that leads elsewhere',
      () => {
        writeFileSync(path.join(folder, 'secret.bin'), Buffer.alloc(60));
        changeManifest(([group]) => {
          group.paths = ['../secret.bin'];
        });
      },
      /'\.\.\/secret\.bin' is no name of a file in this folder/,
    ],
  ])('says so where there is %s', async (_, spoil, message) => {
    spoil();
    const error = await load().catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(message);
  });
});
