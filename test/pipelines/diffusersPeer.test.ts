import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPeer } from '../../bench/findPeer.js';
import { addLora } from '../../src/adapters/addLora.js';
import { loadLora } from '../../src/adapters/loadLora.js';
import { saveLora } from '../../src/adapters/saveLora.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { encodeText } from '../../src/models/encodeText.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { textToImage } from '../../src/pipelines/textToImage.js';
import { folderFiles } from '../../src/training/node/folderFiles.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { fixturePath } from '../support/fixtures.js';
import { layouts, permuted, readTensors, uploaded } from '../support/peerFamily.js';

const program = fileURLToPath(new URL('diffusersPeer.py', import.meta.url));
const found = findPeer();
const hasDiffusers = found && spawnSync(found, ['-c', 'import diffusers, peft, transformers']).status === 0;
const reason = hasDiffusers
  ? ''
  : ' (skipped: no Python with torch, diffusers, transformers and peft; PEER_PYTHON names one)';
const root = mkdtempSync(path.join(tmpdir(), 'pipelines-peer-'));
const tolerance = { abs: 2e-4, rel: 2e-4 };
const pipelineFolder = fixturePath('peers/text_to_image/pipeline');

beforeAll(startTestBackend);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function python(...args: [command: 'open' | 'xl', folder: string, other: string, values: string]): void {
  const env = { ...process.env, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1', HF_HUB_OFFLINE: '1' };
  const { status, stderr } = spawnSync(found!, [program, ...args], { env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
}

const inTorch = async (x: tf.Tensor4D) => {
  const moved = permuted({ shape: x.shape, data: await x.data<'float32'>() }, [0, 3, 1, 2]);
  return { dtype: 'F32' as const, ...moved };
};

describe.skipIf(!hasDiffusers)(`diffusers in Python${reason}`, () => {
  it('loads adapters that saveLora wrote, with their alpha', async () => {
    const pipeline = await textToImage(folderFiles(pipelineFolder));
    const common = { useRslora: true, initLoraWeights: false as const, seed: 4 };
    const unet = addLora(pipeline.unet, {
      ...{ ...common, r: 4, loraAlpha: 6, rankPattern: { to_k: 2 }, alphaPattern: { conv1: 3 } },
      targetModules: ['to_q', 'to_k', 'to_out.0', 'conv1', 'ff.net.2', 'proj_in', 'downsamplers.0.conv'],
    });
    const text_encoder = addLora(pipeline.textEncoders[0], {
      ...{ ...common, useRslora: false, r: 2, loraAlpha: 5, targetModules: ['q_proj', 'fc1'] },
    });
    const folder = path.join(root, 'lora');
    await saveLora(folderFiles(folder), { unet, text_encoder });
    const values = readTensors('peers/text_to_image/values.safetensors');
    const [sample, embeds] = ['latents_init', 'prompt_embeds'].map((name) => values.get(name)!);
    const [latents, ids] = [uploaded<tf.Rank.R4>(sample, layouts.image), uploaded(values.get('prompt_ids')!)];
    const encoderHiddenStates = uploaded(embeds);
    const given = path.join(root, 'given.safetensors');
    const timestep = { dtype: 'I32' as const, shape: [2], data: Int32Array.of(3, 801) };
    writeFileSync(
      given,
      writeSafetensors({
        ...{ sample: await inTorch(latents), timestep, encoder_hidden_states: embeds },
        input_ids: values.get('prompt_ids')!,
      }),
    );
    python('open', pipelineFolder, folder, given);
    const theirs = readSafetensors(readFileSync(`${given}.out`)).tensors;
    const call = { training: false, step: 0 };
    const t = tf.tensor1d([3, 801], 'int32');
    const output = () =>
      layersDenoiser(pipeline.unet)(latents, t, { encoderHiddenStates }, call) as tf.Tensor4D;
    const expected = theirs.get('output')!.data as Float32Array;
    expectClose((await inTorch(output())).data, expected, tolerance);
    const encoded = await encodeText(pipeline.textEncoders[0], ids).lastHiddenState.data<'float32'>();
    expectClose(encoded, theirs.get('embeds')!.data as Float32Array, tolerance);
    // They change what is compared.
    unet.remove();
    const plain = (await inTorch(output())).data;
    expect(Math.max(...plain.map((value, i) => Math.abs(value - expected[i])))).toBeGreaterThan(0.05);
    pipeline.dispose();
  });

  it('makes of texts what Stable Diffusion XL makes here, with its adapters', async () => {
    const folder = path.join(root, 'xl');
    const file = path.join(root, 'xl.safetensors');
    python('xl', folder, path.join(pipelineFolder, 'tokenizer'), file);
    const values = readSafetensors(readFileSync(file)).tensors;
    const start = uploaded(values.get('start')!, layouts.image);
    const pipeline = await textToImage(folderFiles(folder));
    const run = async (name: string, negativePrompt?: string[]) => {
      const seen: Float32Array[] = [];
      const prompts = ['a satellite image of a harbor', 'dense forest, 10 m resolution'];
      const latents = await pipeline.generateLatents(prompts, {
        ...{ negativePrompt, guidanceScale: 5, steps: 4, noise: () => tf.clone(start) },
        onStep: async ({ x0 }) => {
          seen.push(await x0.data<'float32'>());
        },
      });
      const theirs = values.get(name)!;
      const size = theirs.data.length / theirs.shape[0];
      const last = (theirs.data as Float32Array).subarray((theirs.shape[0] - 1) * size);
      const largest = Math.max(...last.map(Math.abs));
      expect(seen.length).toBe(theirs.shape[0]);
      expectClose((await inTorch(latents)).data, last, { abs: 1e-3 * largest });
    };
    await run('zeros');
    await run('negative', ['clouds, blurry', '']);
    const [text_encoder, text_encoder_2] = pipeline.textEncoders;
    const loras = await loadLora({ unet: pipeline.unet, text_encoder, text_encoder_2 }, folderFiles(folder));
    expect(new Set(Object.values(loras.text_encoder_2!.scalings))).toEqual(new Set([0.5]));
    await run('lora');
    pipeline.dispose();
  });
});
