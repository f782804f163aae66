import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { modernAttentionNames } from '../../src/interop/modernAttentionNames.js';
import { torchShape } from '../../src/interop/torchLayout.js';
import { countValues } from '../../src/models/countValues.js';
import { fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unet2d } from '../../src/models/unet2d.js';
import { unet2dParameters } from '../../src/models/unet2dParameters.js';
import { startTestBackend } from '../support/backend.js';
import { fixturePath, readFixture } from '../support/fixtures.js';
import {
  checkNetworkCase,
  loadNetworkCase,
  networkFamily,
  readNetworkCase,
} from '../support/networkCases.js';
import { layouts, readTensors, uploaded } from '../support/peerFamily.js';

beforeAll(startTestBackend);

const { cases, tolerance } = networkFamily('unet2d');

describe('unet2d equals UNet2DModel of diffusers', () => {
  for (const networkCase of cases) {
    it(networkCase.name, async () => {
      const { config, io, weights, folder } = readNetworkCase(networkCase);
      const arguments_ = fromDiffusersConfig(config);
      expect(unet2dParameters(arguments_).map(({ name }) => name)).toEqual(
        expect.arrayContaining([...weights.keys()]),
      );
      const model = unet2d(arguments_);
      await loadNetworkCase(model, networkCase);
      const names = ['sample', 'timestep', 'class_labels'].filter((name) => io.has(name));
      const inputs = names.map((name) =>
        uploaded(io.get(name)!, name === 'sample' ? layouts.image : undefined),
      );
      const target = uploaded(io.get('target')!, layouts.image);
      const output = () => model.apply(inputs, { training: true }) as tf.Tensor;
      await checkNetworkCase(model, networkCase, { output, target }, tolerance);
      if (existsSync(fixturePath(`peers/${folder}/legacy_names.safetensors`))) {
        const legacy = readTensors(`peers/${folder}/legacy_names.safetensors`);
        const fresh = unet2d({ ...arguments_, seed: 1 });
        expect(() => loadTorchStateDict(namedParameters(fresh), legacy)).toThrow('to_q');
        loadTorchStateDict(namedParameters(fresh), modernAttentionNames(legacy));
        const [a, b] = [output(), fresh.apply(inputs) as tf.Tensor];
        expect(await b.data()).toEqual(await a.data());
      }
      model.dispose();
    });
  }
});

interface Count {
  name: string;
  parameters: number;
  tensors: number;
  config: Record<string, unknown> | null;
}

describe('parameters, counted without allocating', () => {
  const counts = readFixture<Count[]>('peers/counts/counts.json');
  for (const { name, parameters, tensors, config } of counts.filter(
    (c) => c.config?._class_name === 'UNet2DModel',
  )) {
    it(name, () => {
      const before = tf.memory().numTensors;
      const specs = unet2dParameters(fromDiffusersConfig(config!));
      expect(countValues(specs)).toEqual({
        trainable: parameters,
        runningStatistics: 0,
        stateDictEntries: tensors,
      });
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  it('names, order and shapes of the U-Net of google/ddpm-cifar10-32', () => {
    const shapes = readFixture<Record<string, number[]>>('peers/counts/shapes_ddpm_cifar10_unet.json');
    const { config } = counts.find(({ name }) => name.includes('ddpm-cifar10'))!;
    const specs = unet2dParameters(fromDiffusersConfig(config!));
    expect(
      Object.fromEntries(specs.map(({ name, shape, layout }) => [name, torchShape(shape, layout)])),
    ).toEqual(shapes);
    expect(specs.map(({ name }) => name)).toEqual(Object.keys(shapes));
  });
});
