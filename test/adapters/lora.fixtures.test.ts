import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { addLora } from '../../src/adapters/addLora.js';
import { loadLora } from '../../src/adapters/loadLora.js';
import { parseLoraName } from '../../src/adapters/loraNames.js';
import { saveLora } from '../../src/adapters/saveLora.js';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { folderFiles } from '../../src/training/node/folderFiles.js';
import { trainStep } from '../../src/training/trainStep.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { fixturePath, readFixture } from '../support/fixtures.js';
import { MemoryFiles } from '../support/MemoryFiles.js';
import { layouts, readTensors, uploaded } from '../support/peerFamily.js';
import {
  baseModel,
  cases,
  configOf,
  expectedOutputs,
  type LoraCase,
  outputOf,
  tolerance,
  weightsOf,
} from './loraCases.js';

beforeAll(startTestBackend);

/** A case's model with the adapters of diffusers' file, or of peft's. */
async function adapted(loraCase: LoraCase, format: 'diffusers' | 'peft') {
  const model = baseModel(loraCase);
  const folder = fixturePath(`peers/${loraCase.folder}${format === 'peft' ? '/peft' : ''}`);
  const { unet } = await loadLora({ unet: model }, folderFiles(folder));
  return { model, lora: unet! };
}

describe.each(cases)('$name', (loraCase) => {
  const { folder } = loraCase;
  const expected = expectedOutputs(loraCase);

  it.each(['diffusers', 'peft'] as const)(
    'of %s: layers, factors, and outputs at each scale',
    async (format) => {
      const { model, lora } = await adapted(loraCase, format);
      expect(Object.keys(lora.scalings).sort()).toEqual([...loraCase.layers].sort());
      for (const [layer, scaling] of Object.entries(loraCase.scaling))
        expect(lora.scalings[layer], layer).toBeCloseTo(scaling, 6);
      expect(lora.parameters.reduce((sum, { variable }) => sum + variable.size, 0)).toBe(
        loraCase.lora_parameters,
      );

      const pattern = loraCase.scale_argument_reaches_all_layers
        ? /^output_(?:scale|all_layers_scaled)_([\d.]+)$/
        : /^output_all_layers_scaled_([\d.]+)$/;
      let compared = 0;
      for (const [name, values] of expected) {
        const [, scale] = pattern.exec(name) ?? [];
        if (scale === undefined) continue;
        lora.scale = Number(scale);
        expectClose(await outputOf(model, loraCase), values, tolerance.output);
        compared++;
      }
      expect(compared).toBeGreaterThan(1);
      lora.scale = 0;
      expectClose(await outputOf(model, loraCase), expected.get('output_base')!, tolerance.output);
      lora.remove();
      model.dispose();
    },
  );

  it('merged as peft merges, and unmerged to the bit', async () => {
    const { model, lora } = await adapted(loraCase, 'diffusers');
    const before = await weightsOf(model);
    lora.merge();
    expectClose(await outputOf(model, loraCase), expected.get('output_merged')!, tolerance.output);
    const merged = readTensors(`peers/${folder}/merged.safetensors`);
    const now = await toTorchStateDict(namedParameters(model));
    expect(merged.size).toBe(loraCase.layers.length);
    for (const [name, { data }] of merged) {
      expectClose(now.get(name)!.data as Float32Array, data as Float32Array, {
        abs: tolerance.merged_weight_abs,
      });
    }
    lora.unmerge();
    expect(await weightsOf(model)).toEqual(before);
    lora.remove();
    model.dispose();
  });

  it('written as diffusers and peft write it', async () => {
    const { model, lora } = await adapted(loraCase, 'diffusers');
    const files = new MemoryFiles();
    await saveLora(files, { unet: lora });
    await saveLora(files, { unet: lora }, { format: 'peft' });
    for (const file of [
      `peers/${folder}/pytorch_lora_weights.safetensors`,
      `peers/${folder}/peft/adapter_model.safetensors`,
    ]) {
      const written = readSafetensors(files.files.get(path.basename(file))!);
      const theirs = readTensors(file);
      const isMixed =
        [...theirs.keys()].some((name) => name.includes('.lora.')) &&
        [...theirs.keys()].some((name) => name.includes('.lora_A.'));
      // Diffusers itself reads in part what it writes so.
      const nameOf = (name: string) => (isMixed ? JSON.stringify(parseLoraName(name)) : name);
      const own = new Map([...written.tensors].map(([name, tensor]) => [nameOf(name), tensor]));
      expect([...own.keys()].sort()).toEqual([...theirs.keys()].map(nameOf).sort());
      for (const [name, { shape, data }] of theirs) {
        expect(own.get(nameOf(name))!.shape, name).toEqual(shape);
        expect(own.get(nameOf(name))!.data, name).toEqual(data);
      }
      expect(written.metadata.format).toBe('pt');
    }
    const theirs = readFixture<Record<string, unknown>>(`peers/${folder}/peft/adapter_config.json`);
    const text = new TextDecoder().decode(files.files.get('adapter_config.json'));
    const ours = JSON.parse(text) as Record<string, unknown>;
    for (const [key, value] of Object.entries(ours)) expect(value, key).toEqual(theirs[key]);
    const { metadata } = readSafetensors(files.files.get('pytorch_lora_weights.safetensors')!);
    const header = JSON.parse(metadata.lora_adapter_metadata) as Record<string, unknown>;
    expect(header).toEqual(
      Object.fromEntries(Object.entries(ours).map(([key, value]) => [`unet.${key}`, value])),
    );
    lora.remove();
    model.dispose();
  });
});

const trainings = cases.flatMap((loraCase) => (loraCase.training ?? []).map((run) => ({ loraCase, run })));

it.each(trainings)('$loraCase.name trained from $run.start', async ({ loraCase, run }) => {
  const { folder } = loraCase;
  const { start, optimizer, losses } = run;
  const file = readTensors(`peers/${folder}/train_${start}.safetensors`);
  const part = (prefix: string) =>
    new Map(
      [...file].flatMap(([name, tensor]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
      ),
    );
  const model = baseModel(loraCase);
  const before = await weightsOf(model);
  const lora = addLora(model, configOf(loraCase));
  loadTorchStateDict(lora.parameters, part('init/'));
  const [noisy, noise] = ['noisy', 'noise'].map((name) =>
    uploaded<tf.Rank.R4>(file.get(name)!, layouts.image),
  );
  const t = uploaded<tf.Rank.R1>(file.get('timestep')!);
  const encoderHiddenStates = uploaded(file.get('encoder_hidden_states')!);
  const adamW = new AdamW({
    learningRate: optimizer.lr,
    betas: optimizer.betas,
    eps: optimizer.eps,
    weightDecay: optimizer.weight_decay,
  });
  for (const [step, expected] of losses.entries()) {
    const { loss } = await trainStep(layersDenoiser(model), [noise], {
      optimizer: adamW,
      parameters: lora.parameters,
      step,
      objective: (denoiser, noise, call) =>
        tf.mean(tf.squaredDifference(denoiser(noisy, t, { encoderHiddenStates }, call), noise)),
    });
    expectClose([loss], [expected], run.tolerance.loss);
  }
  const trained = await toTorchStateDict(lora.parameters);
  const differences: number[] = [];
  for (const [name, { data }] of part('final/')) {
    const own = trained.get(name)!.data as Float32Array;
    differences.push(...Array.from(data as Float32Array, (value, i) => Math.abs(value - own[i])));
  }
  expect(differences.length).toBe(loraCase.lora_parameters);
  differences.sort((a, b) => a - b);
  expect(differences[Math.floor(0.99 * differences.length)]).toBeLessThan(
    run.tolerance.parameters_99_percent_abs,
  );
  expect(differences[differences.length - 1]).toBeLessThan(run.tolerance.parameters_max_abs);
  expect(await weightsOf(model)).toEqual(before);
  lora.remove();
  model.dispose();
});
