import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLora } from '../../src/adapters/loadLora.js';
import { toHalf } from '../../src/internal/float16.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { decodeLatents } from '../../src/models/decodeLatents.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { unscaleLatents } from '../../src/models/unscaleLatents.js';
import type { TextToImagePipeline } from '../../src/pipelines/TextToImagePipeline.js';
import { textToImage } from '../../src/pipelines/textToImage.js';
import { sampleDpmPlusPlus2M } from '../../src/samplers/sampleDpmPlusPlus2M.js';
import { folderFiles } from '../../src/training/node/folderFiles.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { fixturePath, readFixture } from '../support/fixtures.js';
import { layouts, permuted, readTensors, uploaded } from '../support/peerFamily.js';

interface Cases {
  prompts: string[];
  negative_prompts: string[];
  guidance_scale: number;
  num_inference_steps: number;
  timesteps: number[];
  height: number;
  width: number;
  first_unet_timestep: number;
  embeds_tolerance: { abs: number; rel: number };
  runs: { key: string; tolerance: { latents_abs: number; decoded_abs: number; image_abs: number } }[];
}

/** What a pipeline's folder holds. */
const FILES = [
  'peers/text_to_image/pipeline/model_index.json',
  'peers/text_to_image/pipeline/scheduler/scheduler_config.json',
  'peers/text_to_image/pipeline/text_encoder/config.json',
  'peers/text_to_image/pipeline/text_encoder/model.safetensors',
  'peers/text_to_image/pipeline/tokenizer/merges.txt',
  'peers/text_to_image/pipeline/tokenizer/tokenizer.json',
  'peers/text_to_image/pipeline/tokenizer/tokenizer_config.json',
  'peers/text_to_image/pipeline/tokenizer/vocab.json',
  'peers/text_to_image/pipeline/unet/config.json',
  'peers/text_to_image/pipeline/unet/diffusion_pytorch_model.safetensors',
  'peers/text_to_image/pipeline/vae/config.json',
  'peers/text_to_image/pipeline/vae/diffusion_pytorch_model.safetensors',
];
const folder = fixturePath('peers/text_to_image/pipeline');
const LORA_FILE = 'peers/text_to_image/lora/pytorch_lora_weights.safetensors';
const cases = readFixture<Cases>('peers/text_to_image/cases.json');
const values = readTensors('peers/text_to_image/values.safetensors');
const vae = readFixture<{ scaling_factor: number; shift_factor: number | null }>(FILES[10]);
const root = mkdtempSync(path.join(tmpdir(), 'text-to-image-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let pipeline: TextToImagePipeline;
beforeAll(async () => {
  await startTestBackend();
  pipeline = await textToImage(folderFiles(folder));
});

const read = (name: string) => values.get(name)!.data as Float32Array;
const dataOf = (tensor: tf.Tensor) => tensor.data<'float32'>();
const inTorch = async (x: tf.Tensor4D) =>
  permuted({ shape: x.shape, data: await dataOf(x) }, [0, 3, 1, 2]).data;
const startingAt = (latents: tf.Tensor) => (_: number[], step: number) => {
  if (step > 0) throw new Error('this sampler draws once');
  return tf.clone(latents);
};

/** What each run of the fixtures is told besides. */
const OPTIONS: Record<string, { guidanceRescale?: number; lora?: number }> = {
  plain: {},
  rescaled_guidance: { guidanceRescale: 0.7 },
  lora: { lora: 1 },
  'lora_scale_0.5': { lora: 0.5 },
};

/** Adds the adapters of the fixtures to the U-Net and the text encoder. */
function addAdapters(scale: number) {
  const models = { unet: pipeline.unet, text_encoder: pipeline.textEncoders[0] };
  return loadLora(models, folderFiles(path.dirname(fixturePath(LORA_FILE)))).then((loras) => {
    for (const lora of Object.values(loras)) lora.scale = scale;
    return loras;
  });
}

describe('textToImage equals StableDiffusionPipeline of diffusers', () => {
  it('in embeddings of texts, and in the first prediction', async () => {
    for (const [texts, name] of [
      [cases.prompts, 'prompt_embeds'],
      [cases.negative_prompts, 'negative_embeds'],
    ] as const) {
      const { encoderHiddenStates } = pipeline.encodePrompts(texts);
      expectClose(await dataOf(encoderHiddenStates), read(name), cases.embeds_tolerance);
    }
    const latents = uploaded<tf.Rank.R4>(values.get('latents_init')!, layouts.image);
    const twice = tf.concat([latents, latents]);
    const encoderHiddenStates = tf.concat(
      ['negative_embeds', 'prompt_embeds'].map((name) => uploaded<tf.Rank.R3>(values.get(name)!)),
    );
    const t = tf.fill([twice.shape[0]], cases.first_unet_timestep, 'int32') as tf.Tensor1D;
    const call = { training: false, step: 0 };
    const output = layersDenoiser(pipeline.unet)(twice, t, { encoderHiddenStates }, call) as tf.Tensor4D;
    expectClose(await inTorch(output), read('first_unet_output'), cases.embeds_tolerance);
  });

  it.each(cases.runs)('run $key, step by step', async ({ key, tolerance }) => {
    const { lora, guidanceRescale } = OPTIONS[key];
    const loras = lora === undefined ? {} : await addAdapters(lora);
    if (lora === 1) {
      const { encoderHiddenStates } = pipeline.encodePrompts(cases.prompts);
      expectClose(await dataOf(encoderHiddenStates), read('prompt_embeds_lora'), cases.embeds_tolerance);
    }
    const seen: Float32Array[] = [];
    const told: number[] = [];
    const latents = await pipeline.generateLatents(cases.prompts, {
      negativePrompt: cases.negative_prompts,
      guidanceScale: cases.guidance_scale,
      guidanceRescale,
      steps: cases.num_inference_steps,
      height: cases.height,
      width: cases.width,
      noise: startingAt(uploaded(values.get('latents_init')!, layouts.image)),
      onStep: async ({ t, xT }) => {
        told.push(t);
        seen.push(await inTorch(xT as tf.Tensor4D));
      },
    });
    expect(told).toEqual(cases.timesteps);
    seen.push(await inTorch(latents));
    const all = read(`${key}/latents`);
    const size = all.length / cases.num_inference_steps;
    for (const [i, own] of seen.slice(1).entries())
      expectClose(own, all.subarray(i * size, (i + 1) * size), { abs: tolerance.latents_abs });
    const scaling = { scalingFactor: vae.scaling_factor, shiftFactor: vae.shift_factor };
    const decoded = decodeLatents(pipeline.autoencoder, unscaleLatents(latents, scaling));
    expectClose(await inTorch(decoded), read(`${key}/decoded`), { abs: tolerance.decoded_abs });
    expectClose(await dataOf(pipeline.decode(latents)), read(`${key}/image`), { abs: tolerance.image_abs });
    for (const lora of Object.values(loras)) lora.remove();
  });
});

const options = { steps: 3, height: 16, width: 16, guidanceScale: 3 };

describe('generate', () => {
  it('takes any sampler, one text, a seed; leaves nothing behind', async () => {
    const generate = (seed: number) =>
      pipeline.generate('dense forest', { ...options, seed, sampler: sampleDpmPlusPlus2M });
    const image = await expectTensorsKept(1, () => generate(1));
    expect(image.shape).toEqual([1, 16, 16, 3]);
    const data = await dataOf(image);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...data)).toBeLessThanOrEqual(1);
    expect(await dataOf(await generate(1))).toEqual(data);
    expect(await dataOf(await generate(2))).not.toEqual(data);
  });

  it('begins with an image: the less strength, the more of it stays', async () => {
    const initialImage = tf.randomUniform([1, 16, 16, 3], 0, 1, 'float32', 3) as tf.Tensor4D;
    const own = await dataOf(pipeline.encode(initialImage));
    const distance = async (strength: number) => {
      const steps: number[] = [];
      const latents = await pipeline.generateLatents('river', {
        ...{ ...options, steps: 10, guidanceScale: 1, initialImage, strength },
        onStep: ({ t }) => {
          steps.push(t);
        },
      });
      const data = await dataOf(latents);
      expect(steps.length).toBe(Math.max(1, Math.floor(10 * strength)));
      return data.reduce((sum, value, i) => sum + (value - own[i]) ** 2, 0);
    };
    expect(await distance(0.1)).toBeLessThan(await distance(1));
  });

  it('takes images of other sides than it was trained for', async () => {
    const image = await pipeline.generate(['a', 'b'], { ...options, height: 8, width: 24, steps: 1 });
    expect(image.shape).toEqual([2, 8, 24, 3]);
  });

  it.each([
    [{ height: 15 }, /height is 15; it must be a multiple of 2/],
    [{ negativePrompt: ['a', 'b'] }, /negativePrompt is \[a, b\]; it must be a text, or a list of 1/],
    [{ strength: 0 }, /strength is 0/],
    [{ steps: 0 }, /steps is 0/],
    [{ metadata: [[1]] }, /takes no metadata/],
    [{ guidanceScale: Number.NaN }, /guidanceScale is NaN/],
  ])('refuses %o by name', async (wrong, message) => {
    await expectTensorsKept(0, async () => {
      await expect(pipeline.generate('a', { ...options, ...wrong })).rejects.toThrow(message);
    });
  });
});

/** The pipeline's folder in a place of its own. */
function copied(name: string): string {
  const copy = path.join(root, name);
  for (const file of FILES)
    cpSync(fixturePath(file), path.join(copy, file.slice(FILES[0].indexOf('model_index'))));
  return copy;
}

/** The folder with a U-Net of DiffusionSat's class, which takes seven numbers, of random embeddings. */
function satellite(): string {
  const copy = copied('satellite');
  const config = path.join(copy, 'unet/config.json');
  const fields = { ...JSON.parse(readFileSync(config, 'utf8')), use_metadata: true, num_metadata: 7 };
  writeFileSync(config, JSON.stringify({ ...fields, _class_name: 'SatUNet' }));
  const file = path.join(copy, 'unet/diffusion_pytorch_model.safetensors');
  const { tensors } = readSafetensors(readFileSync(file));
  const [width] = fields.block_out_channels;
  for (let i = 0; i < 7; i++) {
    for (const [name, shape] of Object.entries({
      'linear_1.weight': [4 * width, width],
      'linear_1.bias': [4 * width],
      'linear_2.weight': [4 * width, 4 * width],
      'linear_2.bias': [4 * width],
    })) {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: size }, (_, k) => Math.sin(7 * i + 3 * k + name.length));
      tensors.set(`metadata_embedding.${i}.${name}`, { dtype: 'F32', shape, data });
    }
  }
  writeFileSync(file, writeSafetensors(tensors));
  return copy;
}

it('a folder of DiffusionSat makes an image of a prompt and seven numbers, and guidance drops both', async () => {
  const sat = await textToImage(folderFiles(satellite()));
  const draw = async (metadata: number[], more: object) => {
    const image = await sat.generate('a flooded town', { steps: 2, seed: 3, metadata: [metadata], ...more });
    const values = await dataOf(image);
    image.dispose();
    return values;
  };
  const somewhere = [520, 610, 12, 100, 350, 500, 400];
  const plain = { guidanceScale: 1 };
  const own = await draw(somewhere, plain);
  expect(own.length).toBe(cases.height * cases.width * 3);
  expect(await draw([100, ...somewhere.slice(1)], plain)).not.toEqual(own);
  // Told the same text, guidance moves along the numbers alone: none where these are those of none.
  const guided = { guidanceScale: 4, negativePrompt: 'a flooded town' };
  const none = new Array<number>(7).fill(0);
  expectClose(await draw(none, guided), await draw(none, plain), { abs: 1e-5 });
  const unknown = none.map(() => Number.NaN);
  expectClose(await draw(unknown, { ...guided, noMetadata: Number.NaN }), await draw(unknown, plain), {
    abs: 1e-5,
  });
  const [byZero, byNothing] = [
    await draw(somewhere, guided),
    await draw(somewhere, { ...guided, noMetadata: NaN }),
  ];
  expect(byZero).not.toEqual(own);
  expect(byZero).not.toEqual(byNothing);
  await expect(sat.generate('a', { steps: 1 })).rejects.toThrow(/takes metadata/);
  sat.dispose();
});

describe('folders', () => {
  it('of half precision, in files of their own names, with the vocabulary in tokenizer.json alone', async () => {
    const copy = copied('half');
    for (const part of [
      'unet/diffusion_pytorch_model',
      'vae/diffusion_pytorch_model',
      'text_encoder/model',
    ]) {
      const file = path.join(copy, `${part}.safetensors`);
      const { tensors } = readSafetensors(readFileSync(file));
      const halves = [...tensors].map(([name, { shape, data }]): [string, SafetensorsTensor] => {
        return [name, { dtype: 'F16', shape, data: toHalf(data as Float32Array) }];
      });
      writeFileSync(path.join(copy, `${part}.fp16.safetensors`), writeSafetensors(new Map(halves)));
      rmSync(file);
    }
    rmSync(path.join(copy, 'tokenizer/vocab.json'));
    const half = await textToImage(folderFiles(copy));
    const { encoderHiddenStates } = half.encodePrompts(cases.prompts);
    expectClose(await dataOf(encoderHiddenStates), read('prompt_embeds'), { abs: 2e-2 });
    expect(await dataOf(encoderHiddenStates)).not.toEqual(read('prompt_embeds'));
    half.dispose();
  });

  it.each([
    [{ use_beta_sigmas: true }, /use_beta_sigmas asks for steps/],
    [{ timestep_type: 'continuous' }, /timestep_type asks for steps/],
  ])('whose scheduler has %o are refused', async (fields, message) => {
    const copy = copied(`scheduler-${Object.keys(fields)[0]}`);
    const file = path.join(copy, 'scheduler/scheduler_config.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...fields }));
    await expectTensorsKept(0, async () => {
      await expect(textToImage(folderFiles(copy))).rejects.toThrow(message);
    });
  });

  it.each([
    ['model_index.json', /model_index.json: there is no such file/],
    ['unet/config.json', /unet\/config.json: there is no such file/],
    ['text_encoder/model.safetensors', /text_encoder\/model.safetensors: there is no such file/],
    ['scheduler/scheduler_config.json', /scheduler_config.json: there is no such file/],
  ])('without %s are refused by name, and leave nothing behind', async (file, message) => {
    const copy = copied(`without-${file.replaceAll('/', '-')}`);
    rmSync(path.join(copy, file));
    await expectTensorsKept(0, async () => {
      await expect(textToImage(folderFiles(copy))).rejects.toThrow(message);
    });
  });
});
