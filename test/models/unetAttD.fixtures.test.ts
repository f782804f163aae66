import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { toTorchLayout } from '../../src/interop/torchLayout.js';
import { countParameters } from '../../src/models/countParameters.js';
import { type NamedParameter, namedParameters } from '../../src/models/namedParameters.js';
import type { UnetAttDConfig } from '../../src/models/UnetAttDConfig.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { fixturePath, readFixture } from '../support/fixtures.js';
import { type TorchConfig, unetConfig } from '../support/unetConfig.js';

interface UnetCase {
  name: string;
  config: TorchConfig;
  files: { state: string; io: string; grads?: string };
  parameter_count: number;
  state_dict_entries: number;
  mse_train: number;
  mse_eval: number;
  zero_gradient_params: string[];
  grad_l2_norms: Record<string, number>;
}

interface UnetFixture {
  tolerance: {
    output: Tolerance;
    mse: Tolerance;
    bn_after: Tolerance;
    grads_per_tensor: { relative_l2: number; abs_l2: number };
    grad_l2_norms: { rel: number; abs: number };
  };
  cases: UnetCase[];
  full_config_parameter_counts: {
    filter_config: number[];
    block_num: number[];
    time_embedding_dim: number;
    by_option: (TorchConfig & {
      parameters: number;
      bn_running_stat_values: number;
      state_dict_entries: number;
    })[];
    blocks_1_2_3_1_2_3_deconv2_att_4ch: number;
  };
}

const fixture = readFixture<UnetFixture>('unet/cases.json');
const load = (file: string) => readSafetensors(new Uint8Array(readFileSync(fixturePath(file)))).tensors;
const l2 = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0));

beforeAll(startTestBackend);

describe.each(fixture.cases)('unet/cases.json $name', (unet) => {
  const { tolerance } = fixture;
  const io = load(unet.files.io);
  const floats = (name: string) => io.get(name)!.data as Float32Array;
  const input = (name: string) =>
    tf.tensor4d(floats(name), io.get(name)!.shape as [number, number, number, number]);
  const build = () => {
    const model = unetAttD(unetConfig(unet.config));
    const parameters = namedParameters(model);
    loadTorchStateDict(parameters, load(unet.files.state));
    const run = (training: boolean) =>
      model.apply([input('input'), tf.tensor1d(io.get('t')!.data as Int32Array, 'int32')], {
        training,
      }) as tf.Tensor4D;
    return { model, parameters, run };
  };

  it('has the parameters that the specification counts', () => {
    const { parameters, model } = build();
    expect(countParameters(unetConfig(unet.config))).toMatchObject({
      trainable: unet.parameter_count,
      stateDictEntries: unet.state_dict_entries,
    });
    const trainable = parameters.filter(({ spec }) => spec.trainable);
    expect(trainable.reduce((sum, { variable }) => sum + variable.size, 0)).toBe(unet.parameter_count);
    expect(parameters.length).toBe(unet.state_dict_entries);
    model.dispose();
  });

  it('gives the output and the loss of evaluation mode', async () => {
    const { run } = build();
    const output = run(false);
    expectClose(await output.data(), floats('output_eval'), tolerance.output);
    const mse = tf.losses.meanSquaredError(input('target'), output);
    expectClose(await mse.data(), [unet.mse_eval], tolerance.mse);
  });

  it('gives the output, the loss and the running statistics of training mode', async () => {
    const { parameters, run } = build();
    const output = run(true);
    expectClose(await output.data(), floats('output_train'), tolerance.output);
    const mse = tf.losses.meanSquaredError(input('target'), output);
    expectClose(await mse.data(), [unet.mse_train], tolerance.mse);
    const buffers = parameters.filter(({ spec }) => !spec.trainable);
    expect(buffers.length).toBeGreaterThan(0);
    for (const { name, variable } of buffers) {
      const expected = Array.from(io.get(`bn_after/${name}`)!.data as Float32Array, Number);
      expectClose(await variable.data(), expected, tolerance.bn_after);
    }
  });

  it('gives the gradients', async () => {
    const { parameters, run } = build();
    const trainable = parameters.filter(({ spec }) => spec.trainable);
    const { grads } = tf.variableGrads(
      () => tf.mean(tf.squaredDifference(run(true), input('target'))) as tf.Scalar,
      trainable.map(({ variable }) => variable),
    );
    const reference = unet.files.grads ? load(unet.files.grads) : undefined;
    expect(Object.keys(unet.grad_l2_norms).sort()).toEqual(trainable.map(({ name }) => name).sort());
    for (const parameter of trainable) {
      const { name } = parameter;
      const gradient = await torchGradient(grads[parameter.variable.name], parameter);
      if (unet.zero_gradient_params.includes(name)) {
        expect(l2(gradient), name).toBeLessThan(1e-4);
        continue;
      }
      const norm = unet.grad_l2_norms[name];
      const { rel, abs } = tolerance.grad_l2_norms;
      expect(Math.abs(l2(gradient) - norm), `norm of ${name}`).toBeLessThanOrEqual(abs + rel * norm);
      if (!reference) continue;
      const expected = reference.get(name)!.data as Float32Array;
      const { relative_l2, abs_l2 } = tolerance.grads_per_tensor;
      const difference = l2(expected.map((value, i) => value - gradient[i]));
      expect(difference, name).toBeLessThanOrEqual(relative_l2 * l2(expected) + abs_l2);
    }
  });
});

async function torchGradient(gradient: tf.Tensor, { spec }: NamedParameter): Promise<Float32Array> {
  return toTorchLayout((await gradient.data()) as Float32Array, spec.shape, spec.layout);
}

describe('unet/cases.json full-size parameter counts, without allocating', () => {
  const full = fixture.full_config_parameter_counts;
  const common: UnetAttDConfig = {
    filterConfig: full.filter_config,
    blockNum: full.block_num,
    timeEmbeddingDim: full.time_embedding_dim,
  };

  it.each(full.by_option)('$upmode, attention $use_skipAtt, $in_channels channels', (option) => {
    const before = tf.memory().numTensors;
    expect(countParameters({ ...common, ...unetConfig(option) })).toEqual({
      trainable: option.parameters,
      runningStatistics: option.bn_running_stat_values,
      stateDictEntries: option.state_dict_entries,
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('one, two and three convolutions a block', () => {
    expect(countParameters({ ...common, blockNum: [1, 2, 3, 1, 2, 3], upmode: 'deconv_2' }).trainable).toBe(
      full.blocks_1_2_3_1_2_3_deconv2_att_4ch,
    );
  });
});
