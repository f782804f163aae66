import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { getTimestepEmbedding } from '../../src/diffusion/getTimestepEmbedding.js';
import { MetadataEmbedding } from '../../src/layers/MetadataEmbedding.js';
import type { SpecLayer } from '../../src/layers/SpecLayer.js';
import { TimestepMlp } from '../../src/layers/TimestepMlp.js';
import { diffusersName, fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { unet2d } from '../../src/models/unet2d.js';
import { unet2dCondition } from '../../src/models/unet2dCondition.js';
import { diffusionSatFields } from '../../src/normalization/diffusionSatFields.js';
import { encodeMetadata } from '../../src/normalization/encodeMetadata.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { readFixture } from '../support/fixtures.js';
import {
  checkNetworkCase,
  loadNetworkCase,
  type NetworkCase,
  type NetworkTolerance,
  readNetworkCase,
} from '../support/networkCases.js';
import { layouts, readTensors, uploaded } from '../support/peerFamily.js';

beforeAll(startTestBackend);

const file = readFixture<{
  fields: string[];
  rows: number[][];
  embedding: { sinusoid_dim: number; embed_dim: number; flip_sin_to_cos: boolean; freq_shift: number };
  unet: NetworkCase;
  tolerance: {
    normalized: Tolerance;
    sinusoid_abs: number;
    embedding: Tolerance;
    unet: NetworkTolerance;
  };
}>('peers/metadata/metadata.json');
const { tolerance } = file;
const values = readTensors('peers/metadata/metadata.safetensors');
const weights = readTensors('peers/metadata/model.safetensors');
const floats = (name: string) => values.get(name)!.data as Float32Array;
const {
  sinusoid_dim: dim,
  embed_dim: channels,
  flip_sin_to_cos: flipSinToCos,
  freq_shift: freqShift,
} = file.embedding;
const sinusoid = { dim, flipSinToCos, freqShift };
const numbers = file.fields.length;

describe("DiffusionSat's metadata", () => {
  it('are encoded as it does', () => {
    expect(diffusionSatFields.map(({ name }) => name)).toEqual(file.fields);
    const encoded = file.rows.flatMap((row) => [...encodeMetadata(row, diffusionSatFields)]);
    expectClose(encoded, floats('normalized'), tolerance.normalized);
  });

  it('have its sinusoids', async () => {
    const normalized = floats('normalized');
    const far = Math.max(...normalized) > 5000 ? 2e-3 : tolerance.sinusoid_abs;
    const waves = getTimestepEmbedding(tf.tensor1d(normalized), dim, {
      flipSinToCos,
      downscaleFreqShift: freqShift,
    });
    expectClose(await waves.data(), floats('sinusoid'), { abs: far });
    const zero = getTimestepEmbedding(tf.tensor1d([0]), dim, { flipSinToCos, downscaleFreqShift: freqShift });
    expectClose(await zero.data(), floats('sinusoid_zero'), { abs: tolerance.sinusoid_abs });
  });

  it('are embedded field by field, with the time, and as all zeros', async () => {
    const layer = new MetadataEmbedding({ name: 'metadata_embedding', numbers, channels, sinusoid });
    const time = new TimestepMlp({ name: 'time_embedding', inFeatures: dim, channels, sinusoid });
    const apply = (of: SpecLayer, x: tf.Tensor) => of.apply(x) as tf.Tensor2D;
    const normalized = uploaded<tf.Rank.R2>(values.get('normalized')!);
    apply(layer, normalized);
    const t = tf.cast(uploaded(values.get('timestep')!), 'float32');
    apply(time, t);
    for (const of of [layer, time]) {
      for (const { name } of of.parameterSpecs()) {
        const value = weights.get(`${of.name}.${name}`)!;
        of.variable(name).assign(uploaded(value, value.shape.length === 2 ? layouts.matrix : undefined));
      }
    }
    const size = file.rows.length * channels;
    const perField = floats('embedding_per_field');
    for (let field = 0; field < numbers; field++) {
      const alone = tf.where(
        tf.equal(tf.range(0, numbers, 1), field),
        normalized,
        tf.fill(normalized.shape, Number.NaN),
      ) as tf.Tensor2D;
      const expected = Float32Array.from({ length: size }, (_, i) => {
        return perField[(Math.floor(i / channels) * numbers + field) * channels + (i % channels)];
      });
      expectClose(await apply(layer, alone).data(), expected, tolerance.embedding);
    }
    const embeddedTime = apply(time, t);
    expectClose(await embeddedTime.data(), floats('time_embedding'), tolerance.embedding);
    // A sum of as many terms is off by as much.
    const sum = { abs: (numbers + 1) * tolerance.embedding.abs, rel: tolerance.embedding.rel };
    const total = tf.add(embeddedTime, apply(layer, normalized));
    expectClose(await total.data(), floats('total_embedding'), sum);
    const zeros = tf.add(embeddedTime, apply(layer, tf.zerosLike(normalized)));
    expectClose(await zeros.data(), floats('total_embedding_metadata_zero'), sum);
    const none = apply(layer, tf.fill(normalized.shape, Number.NaN));
    expect(Math.max(...(await none.data()).map(Math.abs))).toBe(0);
  });
});

describe('unet2dCondition equals SatUNet of DiffusionSat', () => {
  it('in output, loss and gradients', async () => {
    const networkCase = file.unet;
    const { config, io } = readNetworkCase(networkCase);
    const model = unet2dCondition(fromDiffusersConfig(config));
    expect(model.inputNames).toContain('metadata');
    await loadNetworkCase(model, networkCase);
    const inputs = model.inputNames.map((ours) => {
      const name = { x: 'sample', t: 'timestep' }[ours] ?? diffusersName(ours);
      const value = uploaded(io.get(name)!, name === 'sample' ? layouts.image : undefined);
      return ours === 'classLabels' ? value : tf.cast(value, 'float32');
    });
    const target = uploaded(io.get('target')!, layouts.image);
    const output = () => model.apply(inputs, { training: true }) as tf.Tensor;
    await checkNetworkCase(model, networkCase, { output, target }, tolerance.unet);
    model.dispose();
  });
});

describe('unet2d with metadata', () => {
  const config = {
    inChannels: 2,
    blockOutChannels: [4, 8],
    downBlockTypes: ['DownBlock2D', 'DownBlock2D'],
    upBlockTypes: ['UpBlock2D', 'UpBlock2D'],
    normNumGroups: 4,
    layersPerBlock: 1,
    addAttention: false,
  };
  const call = { training: false, step: 0 };

  it('takes numbers behind the classes, and does not see one that is not known', async () => {
    const model = unet2d({ ...config, numClassEmbeds: 3, useMetadata: true, numMetadata: 2 });
    const denoiser = layersDenoiser(model);
    const [x, t] = [tf.randomNormal([1, 8, 8, 2], 0, 1, 'float32', 1), tf.tensor1d([5], 'int32')];
    const predict = (metadata: number[]) => {
      const condition = { classLabels: tf.tensor1d([1], 'int32'), metadata: tf.tensor2d([metadata]) };
      return denoiser(x, t, condition, call).data();
    };
    const both = await predict([100, 900]);
    expect(await predict([100, 901])).not.toEqual(both);
    expect(await predict([101, 900])).not.toEqual(both);
    const first = await predict([100, Number.NaN]);
    expect(first.every(Number.isFinite)).toBe(true);
    expect(first).not.toEqual(both);
    expect(first).not.toEqual(await predict([100, 0]));
    model.dispose();
  });

  it('gives no gradient to the embedding of a number that is not known', async () => {
    const layer = new MetadataEmbedding({ name: 'm', numbers: 2, channels: 4, sinusoid: { ...sinusoid } });
    layer.apply(tf.zeros([1, 2]));
    const parameters = layer.parameterSpecs().map(({ name }) => layer.variable(name));
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.square(layer.apply(tf.tensor2d([[3, Number.NaN]])) as tf.Tensor)) as tf.Scalar,
      parameters,
    );
    const largest: number[] = [];
    for (const { name } of layer.parameterSpecs())
      largest.push(Math.max(...(await grads[layer.variable(name).name].data()).map(Math.abs)));
    const half = largest.length / 2;
    expect(Math.min(...largest.slice(0, half))).toBeGreaterThan(0);
    expect(largest.slice(half).every((value) => value === 0)).toBe(true);
  });

  it('leaves nothing behind, and refuses what does not fit', async () => {
    const layer = new MetadataEmbedding({ name: 'm', numbers: 2, channels: 4, sinusoid });
    const x = tf.tensor2d([[1, 2]]);
    (layer.apply(x) as tf.Tensor).dispose();
    await expectTensorsKept(1, async () => layer.apply(x) as tf.Tensor);
    expect(() => layer.call(tf.zeros([1, 3]))).toThrow('m: metadata.shape is [1, 3]; it must be [batch, 2]');
    expect(() => unet2d({ ...config, useMetadata: true, numMetadata: 0 })).toThrow(
      'unet2d: numMetadata is 0',
    );
    expect(() => unet2d({ ...config, useMetadata: 1 as never })).toThrow('unet2d: useMetadata is 1');
  });
});
