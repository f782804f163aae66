import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { torchShape } from '../../src/interop/torchLayout.js';
import { countValues } from '../../src/models/countValues.js';
import { fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import { unet2dCondition } from '../../src/models/unet2dCondition.js';
import { unet2dConditionParameters } from '../../src/models/unet2dConditionParameters.js';
import { startTestBackend } from '../support/backend.js';
import { readFixture } from '../support/fixtures.js';
import {
  checkNetworkCase,
  loadNetworkCase,
  type NetworkCase,
  networkFamily,
  readNetworkCase,
} from '../support/networkCases.js';
import { layouts, uploaded } from '../support/peerFamily.js';

beforeAll(startTestBackend);

const { cases, tolerance } = networkFamily<NetworkCase & { inputs: string[] }>('unet2d_condition');

/** Our inputs' names by those of diffusers. */
const INPUTS: Record<string, string> = {
  sample: 'x',
  timestep: 't',
  encoder_hidden_states: 'encoderHiddenStates',
  class_labels: 'classLabels',
  encoder_attention_mask: 'encoderAttentionMask',
  text_embeds: 'textEmbeds',
  time_ids: 'timeIds',
};

describe('unet2dCondition equals UNet2DConditionModel of diffusers', () => {
  for (const networkCase of cases) {
    it(networkCase.name, async () => {
      const { config, io } = readNetworkCase(networkCase);
      const encoderAttentionMask = networkCase.inputs.includes('encoder_attention_mask');
      const model = unet2dCondition(fromDiffusersConfig(config), { encoderAttentionMask });
      expect(networkCase.inputs.map((name) => INPUTS[name]).sort()).toEqual([...model.inputNames].sort());
      await loadNetworkCase(model, networkCase);
      const inputs = model.inputNames.map((ours) => {
        const name = networkCase.inputs.find((theirs) => INPUTS[theirs] === ours)!;
        const value = uploaded(io.get(name)!, name === 'sample' ? layouts.image : undefined);
        return model.inputs[model.inputNames.indexOf(ours)].dtype === 'float32'
          ? tf.cast(value, 'float32')
          : value;
      });
      const target = uploaded(io.get('target')!, layouts.image);
      const output = () => model.apply(inputs, { training: true }) as tf.Tensor;
      await checkNetworkCase(model, networkCase, { output, target }, tolerance);
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
  const own = counts.filter((c) => c.config?._class_name === 'UNet2DConditionModel');
  for (const { name, parameters, tensors, config } of own) {
    it(name, () => {
      const before = tf.memory().numTensors;
      const specs = unet2dConditionParameters(fromDiffusersConfig(config!));
      expect(countValues(specs)).toEqual({
        trainable: parameters,
        runningStatistics: 0,
        stateDictEntries: tensors,
      });
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  it.each([
    ['Stable Diffusion 1.5 U-Net', 'peers/counts/shapes_sd15_unet.json'],
    ['Stable Diffusion 2.1 U-Net', 'peers/counts/shapes_sd21_unet.json'],
  ])('names, order and shapes of the %s', (model, file) => {
    const shapes = readFixture<Record<string, number[]>>(file);
    const specs = unet2dConditionParameters(
      fromDiffusersConfig(own.find(({ name }) => name === model)!.config!),
    );
    expect(
      Object.fromEntries(specs.map(({ name, shape, layout }) => [name, torchShape(shape, layout)])),
    ).toEqual(shapes);
    expect(specs.map(({ name }) => name)).toEqual(Object.keys(shapes));
  });
});
