import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { rankOf } from '../../src/adapters/LoraConfig.js';
import { loadLora } from '../../src/adapters/loadLora.js';
import { diffusersStyle, loraTensorName, parseLoraName } from '../../src/adapters/loraNames.js';
import { fromPeftConfig } from '../../src/adapters/peftConfig.js';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { fixturePath } from '../support/fixtures.js';
import { MemoryFiles } from '../support/MemoryFiles.js';
import { baseModel, cases, expectedOutputs, outputOf, tolerance } from './loraCases.js';

beforeAll(startTestBackend);

const FILE = 'pytorch_lora_weights.safetensors';
const [first] = cases;
const { tensors, metadata } = readSafetensors(readFileSync(fixturePath(`peers/${first.folder}/${FILE}`)));

/** A file of these tensors, of the first case's unless others are given. */
function fileOf(
  list: Iterable<[string, SafetensorsTensor]> = tensors,
  header: Record<string, string> = metadata,
  name = FILE,
): MemoryFiles {
  return new MemoryFiles([[name, writeSafetensors(new Map(list), header)]]);
}

/** The names of kohya's programs, with alpha as tensors. */
function asKohya(alpha = true): [string, SafetensorsTensor][] {
  return [...tensors].flatMap(([name, tensor]) => {
    const { layer, kind } = parseLoraName(name)!;
    const stem = `lora_unet_${layer.replaceAll('.', '_')}`;
    const [scaling, [rank]] = [first.scaling[layer], tensor.shape];
    const value = { dtype: 'F16' as const, shape: [], data: new Uint16Array([halfOf(scaling * rank)]) };
    const own: [string, SafetensorsTensor][] = [[`${stem}.lora_${kind}.weight`, tensor]];
    return alpha && kind === 'down' ? [...own, [`${stem}.alpha`, value]] : own;
  });
}

/** A small whole number in half precision. */
function halfOf(value: number): number {
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | ((value / 2 ** exponent - 1) * 2 ** 10);
}

it('reads the names of kohya, and alpha from its tensors', async () => {
  const model = baseModel(first);
  const expected = expectedOutputs(first).get('output_scale_1')!;
  const { unet } = await loadLora({ unet: model }, fileOf(asKohya(), {}, 'own.safetensors'), {
    file: 'own.safetensors',
  });
  expectClose(await outputOf(model, first), expected, tolerance.output);
  expect(unet!.scalings).toEqual(first.scaling);
  unet!.remove();
  // Without alpha it is the rank.
  const { unet: plain } = await loadLora({ unet: model }, fileOf(asKohya(false), {}));
  expect(new Set(Object.values(plain!.scalings))).toEqual(new Set([1]));
  model.dispose();
});

it('reads the names of older files, half precision, and a file without a header', async () => {
  const model = baseModel(first);
  const older = [...tensors].map(([name, tensor]): [string, SafetensorsTensor] => [
    name.replace(/\.(to_\w+?)(?:\.0)?\.lora\.(down|up)/, '.processor.$1_lora.$2'),
    tensor,
  ]);
  expect(older.some(([name]) => name.endsWith('attn1.processor.to_out_lora.down.weight'))).toBe(true);
  const { unet } = await loadLora({ unet: model }, fileOf(older));
  expect(unet!.scalings).toEqual(first.scaling);
  const expected = expectedOutputs(first).get('output_scale_1')!;
  expectClose(await outputOf(model, first), expected, tolerance.output);
  unet!.remove();
  const { unet: headless } = await loadLora({ unet: model }, fileOf(tensors, {}));
  expect(new Set(Object.values(headless!.scalings))).toEqual(new Set([1]));
  model.dispose();
});

describe('what does not fit is told by name, and changes nothing', () => {
  const entries = [...tensors];
  const without = (end: string) => entries.filter(([name]) => !name.endsWith(end));
  const changed = (change: (tensor: SafetensorsTensor) => SafetensorsTensor) =>
    entries.map(([name, tensor], i): [string, SafetensorsTensor] => [
      name,
      i === 0 ? change(tensor) : tensor,
    ]);
  const renamed = (from: string, to: string) =>
    entries.map(([name, tensor]): [string, SafetensorsTensor] => [name.replace(from, to), tensor]);
  const withField = (field: string, value: unknown) => ({
    lora_adapter_metadata: JSON.stringify({ ...JSON.parse(metadata.lora_adapter_metadata), [field]: value }),
  });
  it.each([
    ['no file', new MemoryFiles(), /adapter_model.safetensors: there is no such file/],
    [
      'a layer more',
      fileOf(renamed('mid_block.', 'mid.')),
      /adapters are of layers that the model has not: mid\./,
    ],
    ['one matrix', fileOf(without('attn1.to_k.lora.up.weight')), /to_k there is only one matrix of two/],
    [
      'another shape',
      fileOf(
        changed(({ dtype, shape: [rank, ...rest], data }) => ({ dtype, shape: [rank, ...rest, 1], data })),
      ),
      /wrong shape/,
    ],
    [
      'no number',
      fileOf(
        changed((tensor) => ({ ...tensor, data: new Float32Array(tensor.data.length).fill(Number.NaN) })),
      ),
      /not finite/,
    ],
    [
      'another tensor',
      fileOf([...entries, ['unet.conv_in.weight', entries[0][1]]]),
      /'unet.conv_in.weight' is none/,
    ],
    ['another part', fileOf(renamed('unet.mid', 'text_encoder.mid')), /adapters of 'text_encoder' too/],
    ['another rank', fileOf(entries, withField('unet.r', 7)), /has rank \d+, not 7 as it says/],
    ['DoRA', fileOf(entries, withField('unet.use_dora', true)), /use_dora is true; it must be false/],
    [
      'weights that the network has lost',
      fileOf(entries, withField('unet.init_lora_weights', 'pissa_niter_4')),
      /init_lora_weights is .pissa_niter_4., which changes the network's own weights/,
    ],
    [
      'a file of peft alone',
      fileOf(renamed('unet.', 'base_model.model.'), {}),
      /adapter_config.json, in which peft writes alpha, is not beside it/,
    ],
    [
      'two adapters of one layer',
      fileOf([...entries, [entries[0][0].replace('.lora.down.', '.lora_A.other.'), entries[0][1]]]),
      /stands there twice/,
    ],
    ['a header that is none', fileOf(entries, { lora_adapter_metadata: '{' }), /of its header is not JSON/],
  ])('%s', async (_, files, message) => {
    const model = baseModel(first);
    const before = await outputOf(model, first);
    await expectTensorsKept(0, async () => {
      await expect(loadLora({ unet: model }, files)).rejects.toThrow(message);
    });
    await expect(loadLora({ unet: model }, files)).rejects.toThrow(CheckpointError);
    expect(await outputOf(model, first)).toEqual(before);
    model.dispose();
  });

  it('a part may be left aside', async () => {
    const model = baseModel(first);
    const files = fileOf(renamed('unet.mid', 'text_encoder.mid'));
    const { unet, text_encoder } = await loadLora({ unet: model, text_encoder: null }, files);
    expect(Object.keys(unet!.ranks).length).toBeLessThan(first.layers.length);
    expect(text_encoder).toBeUndefined();
    model.dispose();
  });
});

it('ranks and alphas of text encoders are found by the names that layers have here', () => {
  const fields = {
    r: 4,
    rank_pattern: { 'text_model.encoder.layers.0.mlp.fc1': 2, 'mlp.fc2': 3 },
    alpha_pattern: { '^text_model\\.encoder\\.layers\\.1\\.mlp\\.fc1$': 8 },
  };
  const config = fromPeftConfig({ ...fields, lora_alpha: 1 }, ['mlp.fc1'], 'a file');
  const of = (layer: string) => rankOf(config, `encoder.layers.${layer}`);
  expect(of('0.mlp.fc1')).toEqual({ rank: 2, alpha: 1 });
  expect(of('0.mlp.fc2')).toEqual({ rank: 3, alpha: 1 });
  expect(of('1.mlp.fc1')).toEqual({ rank: 4, alpha: 8 });
});

it.each([
  ['unet.a.to_q.lora.down.weight', 'unet', 'a.to_q', 'down'],
  ['unet.a.to_out.0.lora.up.weight', 'unet', 'a.to_out.0', 'up'],
  ['unet.a.attn1.processor.to_out_lora.up.weight', 'unet', 'a.attn1.to_out.0', 'up'],
  [
    'text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_A.weight',
    'text_encoder',
    'encoder.layers.0.mlp.fc1',
    'down',
  ],
  [
    'text_encoder_2.encoder.layers.0.self_attn.q_proj.lora_linear_layer.up.weight',
    'text_encoder_2',
    'encoder.layers.0.self_attn.q_proj',
    'up',
  ],
  ['base_model.model.a.conv1.lora_B.default.weight', undefined, 'a.conv1', 'up'],
  [
    'lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha',
    'text_encoder',
    'text_model_encoder_layers_0_mlp_fc1',
    'alpha',
  ],
])('%s', (name, part, layer, kind) => {
  expect(parseLoraName(name)).toMatchObject({ part, layer, kind });
});

it.each([
  ['unet', ['a.attn1.to_out.0', 'a.attn1.to_q'], 'a.attn1.to_out.0.lora.up.weight'],
  ['unet', ['a.attn1.to_out.0', 'a.conv1'], 'a.attn1.to_out.0.lora_B.weight'],
  ['text_encoder', ['a.mlp.fc1'], 'a.mlp.fc1.lora_linear_layer.up.weight'],
] as const)('of %s, %j are written so that diffusers reads all', (part, layers, expected) => {
  expect(loraTensorName(layers[0], 'up', diffusersStyle(part, layers))).toBe(expected);
});
