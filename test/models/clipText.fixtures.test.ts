import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { torchShape } from '../../src/interop/torchLayout.js';
import type { ClipTextConfig } from '../../src/models/ClipTextConfig.js';
import { clipText } from '../../src/models/clipText.js';
import { clipTextParameters } from '../../src/models/clipTextParameters.js';
import { countValues } from '../../src/models/countValues.js';
import { fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import { encodeText } from '../../src/models/encodeText.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { clipTextCodec } from '../../src/pipelines/clipTextCodec.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { readFixture } from '../support/fixtures.js';
import { type NetworkCase, networkFamily } from '../support/networkCases.js';
import { readTensors, uploaded } from '../support/peerFamily.js';

beforeAll(startTestBackend);

const { cases, tolerance } = networkFamily<NetworkCase>('clip_text');
const slack = process.env.TEST_BACKEND === 'webgpu' ? 5 : 1;

/** A case's network with its weights, all of them and no others, and its inputs and outputs. */
function loadCase({ folder, parameter_count }: NetworkCase) {
  const fields = readFixture<Record<string, unknown>>(`peers/${folder}/config.json`);
  const io = readTensors(`peers/${folder}/io.safetensors`);
  const codec = clipTextCodec(false);
  const config = codec.decode(fields);
  const model = clipText(config, { attentionMask: io.has('attention_mask') });
  const parameters = namedParameters(model);
  expect(parameters.reduce((sum, { variable }) => sum + variable.size, 0)).toBe(parameter_count);
  loadTorchStateDict(parameters, new Map(codec.rename(readTensors(`peers/${folder}/model.safetensors`))));
  const mask = io.get('attention_mask');
  return { io, model, config, parameters, ids: uploaded(io.get('input_ids')!), mask: mask && uploaded(mask) };
}

describe('clipText equals CLIPTextModel of transformers', () => {
  for (const networkCase of cases) {
    it(`${networkCase.name}: hidden states, output, pooled output and gradients`, async () => {
      const { io, model, parameters, ids, mask } = loadCase(networkCase);
      const { lastHiddenState, pooled, hiddenStates, textEmbeds } = encodeText(model, ids, mask);
      const output = { abs: slack * tolerance.output.abs, rel: slack * (tolerance.output.rel ?? 0) };
      const close = async (value: tf.Tensor, name: string) => {
        expect(value.shape).toEqual(io.get(name)!.shape);
        expectClose(await value.data(), io.get(name)!.data as Float32Array, output);
      };
      await close(lastHiddenState, 'output');
      await close(pooled, 'pooled');
      expect(textEmbeds).toBeUndefined();
      const names = [...io.keys()].filter((name) => name.startsWith('hidden_'));
      expect(hiddenStates.length).toBe(names.length);
      for (const [i, state] of hiddenStates.entries()) await close(state, `hidden_${i}`);

      const target = uploaded(io.get('target')!);
      const { value, grads } = tf.variableGrads(
        () =>
          tf.mean(tf.squaredDifference(encodeText(model, ids, mask).lastHiddenState, target)) as tf.Scalar,
        parameters.map(({ variable }) => variable),
      );
      expectClose(await value.data(), [networkCase.mse], {
        abs: slack * tolerance.mse.abs,
        rel: slack * tolerance.mse.rel!,
      });
      for (const { name, variable } of parameters) {
        const gradient = await grads[variable.name].data<'float32'>();
        const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
        if (networkCase.zero_gradient_params.includes(name)) {
          expect(norm, name).toBeLessThan(slack * tolerance.zero_gradient);
        } else {
          const { abs, rel = 0 } = tolerance.grad_norm;
          expectClose([norm], [networkCase.grad_l2_norms[name]], { abs: slack * abs, rel: slack * rel });
        }
      }
      model.dispose();
    });
  }

  it('projects the pooled text, without a bias', async () => {
    const { config, ids, mask } = loadCase(cases[0]);
    const model = clipText(config, { projection: true, attentionMask: mask !== undefined });
    const { pooled, textEmbeds, hiddenStates } = encodeText(model, ids, mask);
    const projection = namedParameters(model).find(({ name }) => name === 'text_projection.weight')!;
    expect(namedParameters(model).some(({ name }) => name === 'text_projection.bias')).toBe(false);
    const expected = tf.matMul(pooled, projection.variable as tf.Tensor2D);
    expect(textEmbeds!.shape).toEqual([ids.shape[0], config.projectionDim]);
    expectClose(await textEmbeds!.data(), await expected.data(), { abs: 1e-6, rel: 1e-5 });
    expect(hiddenStates.length).toBe(config.numHiddenLayers! + 1);
    model.dispose();
  });
});

it('the end token is the largest number where the configuration says 2, else the first of its kind', async () => {
  const config: ClipTextConfig = { vocabSize: 10, hiddenSize: 4, numAttentionHeads: 2, numHiddenLayers: 1 };
  const ids = tf.tensor2d([[8, 7, 3, 9, 7, 9]], [1, 6], 'int32');
  const placeOf = async (eosTokenId: number) => {
    const { pooled, lastHiddenState } = encodeText(clipText({ ...config, eosTokenId }), ids);
    const rows = (await lastHiddenState.array())[0];
    const [row] = await pooled.array();
    return rows.findIndex((other) => other.every((value, i) => value === row[i]));
  };
  expect(await placeOf(2)).toBe(3);
  expect(await placeOf(9)).toBe(3);
  expect(await placeOf(7)).toBe(1);
  expect(await placeOf(5)).toBe(0);
});

it('refuses masks that the model does not take, too long texts and unknown options, by name', () => {
  const config: ClipTextConfig = { vocabSize: 10, hiddenSize: 4, numAttentionHeads: 2, numHiddenLayers: 1 };
  const model = clipText({ ...config, maxPositionEmbeddings: 3 });
  const ids = (length: number) => tf.zeros([1, length], 'int32');
  expect(() => encodeText(model, ids(3), tf.ones([1, 3]))).toThrow(/takes no mask/);
  expect(() => encodeText(model, ids(4))).toThrow(/embeddings: the input shape is \[1, 4\]/);
  expect(() => clipText({ ...config, hiddenAct: 'relu' as 'gelu' })).toThrow(/clipText: hiddenAct is 'relu'/);
  expect(() => clipText({ ...config, numAttentionHeads: 3 })).toThrow(/a divisor of hiddenSize, 4/);
});

describe('parameters, counted without allocating', () => {
  interface Count {
    name: string;
    parameters: number;
    tensors: number;
    config: Record<string, unknown> | null;
  }
  const counts = readFixture<Count[]>('peers/counts/counts.json').filter(
    ({ config }) => config && 'hidden_act' in config && 'vocab_size' in config,
  );

  it.each(counts)('$name', ({ config, parameters, tensors }) => {
    const before = tf.memory().numTensors;
    const specs = clipTextParameters(fromDiffusersConfig(config!));
    expect(countValues(specs)).toEqual({
      trainable: parameters,
      runningStatistics: 0,
      stateDictEntries: tensors,
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names, order and shapes of the text encoder of Stable Diffusion 1', () => {
    const shapes = readFixture<Record<string, number[]>>('peers/counts/shapes_clip_l_text.json');
    const specs = clipTextParameters({ hiddenSize: 768, intermediateSize: 3072, numAttentionHeads: 12 });
    expect(specs.map(({ name }) => name)).toEqual(Object.keys(shapes));
    expect(
      Object.fromEntries(specs.map(({ name, shape, layout }) => [name, torchShape(shape, layout)])),
    ).toEqual(shapes);
  });
});
