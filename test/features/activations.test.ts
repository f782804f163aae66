import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { FeatureDenoiser } from '../../src/diffusion/FeatureDenoiser.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { layersDenoiser } from '../../src/models/layersDenoiser.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { smallBatch, smallConfig } from '../models/smallModels.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

/** A denoiser of stock layers with a condition and skip connection, in which some layers have no name. */
function stockModel(): tfl.LayersModel {
  const x = tfl.input({ shape: [null, null, 2], name: 'x' });
  const t = tfl.input({ shape: [1], name: 't' });
  const season = tfl.input({ shape: [1], name: 'season' });
  const convolve = (name: string | undefined, filters: number, strides = 1) =>
    tfl.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', strides, activation: 'elu' });
  const told = tfl.layers
    .dense({ units: 4 })
    .apply(tfl.layers.concatenate().apply([t, season]) as tfl.SymbolicTensor);
  const repeated = tfl.layers.repeatVector({ n: 1, name: 'tokens' }).apply(told) as tfl.SymbolicTensor;
  const bias = tfl.layers.reshape({ targetShape: [1, 1, 4] }).apply(repeated) as tfl.SymbolicTensor;
  const down = convolve('down', 4, 2).apply(x) as tfl.SymbolicTensor;
  const norm = tfl.layers.batchNormalization({}).apply(down) as tfl.SymbolicTensor;
  const mixed = tfl.layers.add({ name: 'mix' }).apply([norm, bias]) as tfl.SymbolicTensor;
  const up = tfl.layers.upSampling2d({ size: [2, 2] }).apply(mixed) as tfl.SymbolicTensor;
  const both = tfl.layers.concatenate({ name: 'both' }).apply([up, x]) as tfl.SymbolicTensor;
  return tfl.model({ inputs: [x, t, season], outputs: convolve('out', 2).apply(both) as tfl.SymbolicTensor });
}

const networks = {
  unetAttD: () => ({ model: unetAttD(smallConfig), condition: undefined }),
  'unetAttD of patches': () => ({
    model: unetAttD({ ...smallConfig, patchSize: 2, upmode: 'fixed', useSkipAtt: false }),
    condition: undefined,
  }),
  'stock layers': () => ({ model: stockModel(), condition: { season: tf.tensor2d([[1], [2]]) } }),
};

describe.each(Object.entries(networks))('activations of %s', (_, make) => {
  const batch = () => {
    const { x, t } = smallBatch(2);
    return { x: tf.image.resizeNearestNeighbor(x, [64, 64]), t };
  };

  it('are the outputs of the layers', async () => {
    const { model, condition } = make();
    const { x, t } = batch();
    const fast = inferenceModel(model);
    const denoisers = [layersDenoiser(model), fast.denoiser];
    for (const denoiser of denoisers) {
      const names = denoiser.layerNames;
      expect(names.length).toBeGreaterThan(6);
      const maps = denoiser.activations(x, t, condition, names);
      const { shapes } = denoiser.planActivations(x.shape, names);
      expect(maps.map(({ shape }) => shape)).toEqual(shapes);
      for (const [i, name] of names.entries()) {
        const layer = model.layers.find((layer) => layer.name === name) ?? unnamed(model, name);
        const part = tfl.model({ inputs: model.inputs, outputs: layer.output as tfl.SymbolicTensor });
        const inputs = [x, tf.cast(tf.reshape(t, [-1, 1]), 'float32'), ...Object.values(condition ?? {})];
        const expected = part.apply(inputs, { training: false }) as tf.Tensor;
        const scale = (await tf.max(tf.abs(expected)).data())[0];
        expect(scale).toBeGreaterThan(0);
        expectClose(await maps[i].data(), await expected.data(), { abs: 1e-4 * scale });
      }
      tf.dispose(maps);
    }
    fast.dispose();
  });

  it('leave nothing behind, and a wrong name is told', async () => {
    const { model, condition } = make();
    const { x, t } = batch();
    const denoiser: FeatureDenoiser<never> = layersDenoiser(model);
    const [first] = denoiser.layerNames;
    await expectTensorsKept(1, () => denoiser.activations(x, t, condition as never, [first])[0]);
    await expectTensorsKept(0, () => {
      const wrong = () => denoiser.activations(x, t, condition as never, ['conv_9']);
      expect(wrong).toThrow(
        /layersDenoiser: layers names 'conv_9', which is no layer with a map; those are .*/,
      );
      expect(() => denoiser.planActivations(x.shape, ['conv_9'])).toThrow(first);
    });
  });
});

/** A layer without a name of its own by its kind and place. */
function unnamed(model: tfl.LayersModel, name: string): tfl.layers.Layer {
  const [, kind, place] = /^(.*)_(\d+)$/.exec(name)!;
  return model.layers.filter((layer) => layer.name.startsWith(`${kind}_`))[Number(place) - 1];
}

describe('a pass', () => {
  it('stops at the deepest layer asked for', () => {
    const model = unetAttD(smallConfig);
    const called: string[] = [];
    for (const layer of model.layers) {
      const call = layer.call.bind(layer);
      vi.spyOn(layer, 'call').mockImplementation((...args) => {
        called.push(layer.name);
        return call(...args);
      });
    }
    const { x, t } = smallBatch(2);
    tf.dispose(layersDenoiser(model).activations(x, t, undefined, ['encoder_3', 'encoder_1']));
    expect(called).toEqual(['encoder_1', 'pool_1', 'encoder_2', 'pool_2', 'encoder_3']);
  });

  it('holds what it says beforehand, within a quarter or so', () => {
    const model = unetAttD({ ...smallConfig, filterConfig: [16, 16, 32, 32, 32, 32] });
    const { denoiser, dispose } = inferenceModel(model);
    const big = tf.zeros([8, 64, 64, 2]) as tf.Tensor4D;
    const times = tf.fill([8], 5, 'int32') as tf.Tensor1D;
    for (const layers of [['encoder_2'], ['conv5'], ['conv1', 'conv3', 'conv5'], denoiser.layerNames]) {
      tf.dispose(denoiser.activations(big, times, undefined, layers));
      const before = tf.memory().numBytes;
      let peak = 0;
      const engine = tf.engine();
      const runKernel = engine.runKernel.bind(engine);
      const spy = vi.spyOn(engine, 'runKernel').mockImplementation(((
        ...args: Parameters<typeof runKernel>
      ) => {
        const result = runKernel(...args);
        peak = Math.max(peak, tf.memory().numBytes);
        return result;
      }) as typeof engine.runKernel);
      tf.dispose(denoiser.activations(big, times, undefined, layers));
      spy.mockRestore();
      const measured = peak - before + 4 * big.size;
      const { peakBytes } = denoiser.planActivations(big.shape, layers);
      expect(peakBytes / measured, layers.join()).toBeGreaterThan(0.8);
      expect(peakBytes / measured, layers.join()).toBeLessThan(1.35);
    }
    dispose();
  });
});
