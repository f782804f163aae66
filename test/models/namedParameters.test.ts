import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { Conv1x1 } from '../../src/layers/Conv1x1.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const { layers } = tfl;
const named = (model: tfl.LayersModel) => namedParameters(model).map(({ name }) => name);

/** A network of named and unnamed layers of tf.layers, one of this package, and a model within it. */
function mixedModel() {
  const inner = tfl.sequential({
    layers: [
      layers.conv2d({ inputShape: [4, 4, 6], filters: 6, kernelSize: 3, padding: 'same' }),
      layers.layerNormalization({ name: 'norm' }),
    ],
  });
  const x = tfl.input({ shape: [4, 4, 3] });
  const label = tfl.input({ shape: [1], dtype: 'int32' });
  const wide = layers.conv2d({ name: 'stem', filters: 6, kernelSize: 3, padding: 'same' }).apply(x);
  const norm = layers.batchNormalization().apply(wide);
  const own = new Conv1x1({ name: 'mix', inChannels: 6, outChannels: 6 }).apply(norm);
  const twice = inner.apply(inner.apply(own));
  const embedded = layers.flatten().apply(layers.embedding({ inputDim: 3, outputDim: 6 }).apply(label));
  const spread = layers.reshape({ targetShape: [1, 1, 6] }).apply(layers.dense({ units: 6 }).apply(embedded));
  const tiled = layers.upSampling2d({ size: [4, 4] }).apply(spread);
  const sum = layers.add().apply([twice, tiled] as tfl.SymbolicTensor[]);
  const deep = layers.depthwiseConv2d({ kernelSize: 3, name: 'deep' }).apply(sum);
  const y = layers.dense({ units: 2, name: 'head', trainable: false }).apply(deep);
  return tfl.model({ inputs: [x, label], outputs: y as tfl.SymbolicTensor });
}

describe('namedParameters of stock layers', () => {
  it('names them by layer and weight, the same in every model of a process', () => {
    const first = named(mixedModel());
    expect([...first].sort()).toEqual([
      'batch_normalization_1.beta',
      'batch_normalization_1.gamma',
      'batch_normalization_1.moving_mean',
      'batch_normalization_1.moving_variance',
      'deep.bias',
      'deep.depthwise_kernel',
      'dense_1.bias',
      'dense_1.kernel',
      'embedding_1.embeddings',
      'head.bias',
      'head.kernel',
      'mix.bias',
      'mix.weight',
      'sequential_1.conv2d_1.bias',
      'sequential_1.conv2d_1.kernel',
      'sequential_1.norm.beta',
      'sequential_1.norm.gamma',
      'stem.bias',
      'stem.kernel',
    ]);
    expect(named(mixedModel())).toEqual(first);
  });

  it('says what they are, and holds their variables', () => {
    const model = mixedModel();
    const parameters = new Map(namedParameters(model).map((parameter) => [parameter.name, parameter]));
    const expected = {
      'stem.kernel': { shape: [3, 3, 3, 6], trainable: true, layout: 'conv2d' },
      'deep.depthwise_kernel': { shape: [3, 3, 6, 1], trainable: true, layout: 'depthwiseConv2d' },
      'dense_1.kernel': { shape: [6, 6], trainable: true, layout: 'linear' },
      'embedding_1.embeddings': { shape: [3, 6], trainable: true, layout: 'same' },
      'batch_normalization_1.moving_mean': { shape: [6], trainable: false, layout: 'same' },
      'mix.weight': { shape: [1, 1, 6, 6], trainable: true, layout: 'conv2d' },
      'head.kernel': { shape: [6, 2], trainable: false, layout: 'linear' },
    };
    for (const [name, spec] of Object.entries(expected))
      expect(parameters.get(name)!.spec).toMatchObject({ ...spec, dtype: 'float32' });
    const variables = [...parameters.values()].map(({ variable }) => variable);
    expect(new Set(variables)).toEqual(new Set(model.weights.map((weight) => weight.read())));
    for (const { spec, variable } of parameters.values()) expect(variable.shape).toEqual(spec.shape);
  });

  it('takes what is frozen for not trained, layers of this package too', () => {
    const model = mixedModel();
    model.getLayer('mix').trainable = false;
    const trained = namedParameters(model).filter(({ spec }) => spec.trainable);
    expect(trained.map(({ name }) => name).filter((name) => name.startsWith('mix'))).toEqual([]);
  });

  it('counts layers of a kind where they have no name', () => {
    const model = tfl.sequential();
    const dense = (name?: string) => layers.dense({ units: 2, useBias: false, name, inputShape: [2] });
    for (const layer of [dense(), dense('middle'), dense(), dense()]) model.add(layer);
    expect(named(model)).toEqual(['dense_1.kernel', 'middle.kernel', 'dense_2.kernel', 'dense_3.kernel']);
    const distributed = layers.timeDistributed({ layer: layers.dense({ units: 3 }), inputShape: [2, 4] });
    const series = namedParameters(tfl.sequential({ layers: [distributed] }));
    expect(series.map(({ name, spec }) => [name, spec.layout])).toEqual([
      ['time_distributed_1.kernel', 'linear'],
      ['time_distributed_1.bias', 'same'],
    ]);
  });

  it('lists a layer once that stands in two models', () => {
    const inner = tfl.sequential({ name: 'inner' });
    const shared = layers.dense({ units: 2, name: 'shared', inputShape: [2] });
    inner.add(shared);
    const x = tfl.input({ shape: [2] });
    const y = shared.apply(inner.apply(x));
    expect(named(tfl.model({ inputs: x, outputs: y as tfl.SymbolicTensor })).length).toBe(2);
  });

  it('refuses what would be lost or mistaken', () => {
    const model = tfl.sequential();
    model.add(layers.dense({ units: 2, inputShape: [3] }));
    model.add(layers.dense({ units: 2, name: 'dense_1' }));
    expect(() => namedParameters(model)).toThrow(
      "namedParameters: two weights of the model are called 'dense_1.kernel' (of the shapes [3,2] and [2,2]); give " +
        'their layers names of their own.',
    );
    class Mask extends layers.Layer {
      static readonly className = 'Mask';
      override build() {
        const ones = { apply: (shape: number[]) => tf.ones(shape, 'bool') };
        this.addWeight('mask', [2], 'bool', ones as never, undefined, false);
        this.built = true;
      }
      override call(x: tf.Tensor | tf.Tensor[]) {
        return Array.isArray(x) ? x[0] : x;
      }
    }
    const masked = tfl.sequential({ layers: [new Mask({ name: 'mask', inputShape: [2] } as never)] });
    expect(() => namedParameters(masked)).toThrow(/the weight 'mask' of layer 'mask' \(Mask\) is bool/);
  });
});
