import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdditiveAttentionBlock } from '../../src/layers/AdditiveAttentionBlock.js';
import { AddTimeEmbedding } from '../../src/layers/AddTimeEmbedding.js';
import { ConcatChannels } from '../../src/layers/ConcatChannels.js';
import { Conv1x1 } from '../../src/layers/Conv1x1.js';
import { ConvBlock, type ConvBlockConfig } from '../../src/layers/ConvBlock.js';
import { MaxPool2d } from '../../src/layers/MaxPool2d.js';
import { PixelShuffle } from '../../src/layers/PixelShuffle.js';
import { PixelUnshuffle } from '../../src/layers/PixelUnshuffle.js';
import { SkipDropout } from '../../src/layers/SkipDropout.js';
import { SpecLayer } from '../../src/layers/SpecLayer.js';
import { TimeEmbedding } from '../../src/layers/TimeEmbedding.js';
import { UpconvBlock, upModes } from '../../src/layers/UpconvBlock.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const images = (shape: [number, number, number, number], seed = 1) =>
  tf.randomUniform(shape, -1, 1, 'float32', seed) as tf.Tensor4D;
const call = (layer: tfl.layers.Layer, inputs: tf.Tensor | tf.Tensor[], training = false) =>
  layer.apply(inputs, { training }) as tf.Tensor4D;

const cases: { name: string; make: () => tfl.layers.Layer; inputs: () => tf.Tensor[] }[] = [
  {
    name: 'ConvBlock',
    make: () => new ConvBlock({ name: 'block', inChannels: 2, outChannels: 3, convolutions: 2 }),
    inputs: () => [images([2, 4, 6, 2])],
  },
  ...upModes.map((upmode) => ({
    name: `UpconvBlock ${upmode}`,
    make: () => new UpconvBlock({ name: 'up', inChannels: 2, outChannels: 3, upmode }),
    inputs: () => [images([2, 4, 6, 2])],
  })),
  {
    name: 'AdditiveAttentionBlock',
    make: () => new AdditiveAttentionBlock({ name: 'gate', channels: 3, betweenChannels: 2 }),
    inputs: () => [images([2, 4, 6, 3]), images([2, 4, 6, 3], 2)],
  },
  {
    name: 'Conv1x1',
    make: () => new Conv1x1({ name: 'out', inChannels: 2, outChannels: 5 }),
    inputs: () => [images([2, 4, 6, 2])],
  },
  {
    name: 'TimeEmbedding',
    make: () => new TimeEmbedding({ name: 'time', embeddingDim: 8, channels: 3 }),
    inputs: () => [tf.tensor2d([[5], [900]], [2, 1], 'int32')],
  },
  {
    name: 'AddTimeEmbedding',
    make: () => new AddTimeEmbedding({ name: 'add' }),
    inputs: () => [images([2, 4, 6, 3]), tf.randomUniform([2, 3])],
  },
  {
    name: 'ConcatChannels',
    make: () => new ConcatChannels({ name: 'concat' }),
    inputs: () => [images([2, 4, 6, 3]), images([2, 4, 6, 2])],
  },
  {
    name: 'MaxPool2d',
    make: () => new MaxPool2d({ name: 'pool' }),
    inputs: () => [images([2, 4, 6, 3])],
  },
  {
    name: 'PixelShuffle',
    make: () => new PixelShuffle({ name: 'pixels' }),
    inputs: () => [images([2, 4, 6, 8])],
  },
  {
    name: 'PixelUnshuffle',
    make: () => new PixelUnshuffle({ name: 'patches' }),
    inputs: () => [images([2, 4, 6, 3])],
  },
  {
    name: 'SkipDropout',
    make: () => new SkipDropout({ name: 'skip', rate: 0.5, index: 1, seed: 3 }),
    inputs: () => [images([2, 4, 6, 3])],
  },
];

describe.each(cases)('$name', ({ make, inputs }) => {
  it('computes the shape that it announces, and keeps one tensor', async () => {
    const layer = make();
    const tensors = inputs();
    const input = tensors.length === 1 ? tensors[0] : tensors;
    call(layer, input).dispose();
    const shapes = tensors.map(({ shape }) => [null, ...shape.slice(1)]);
    const announced = layer.computeOutputShape(shapes.length === 1 ? shapes[0] : shapes) as tfl.Shape;
    for (const training of [false, true]) {
      const output = await expectTensorsKept(1, () => call(layer, input, training));
      expect(output.shape.slice(1)).toEqual(announced.slice(1));
      expect(output.shape[0]).toBe(2);
    }
  });

  it('leaves height and width open where they are', () => {
    const layer = make();
    const shapes = inputs().map(({ shape }) => [
      null,
      ...shape.slice(1).map((side, axis) => (axis === shape.length - 2 ? side : null)),
    ]);
    const announced = layer.computeOutputShape(shapes.length === 1 ? shapes[0] : shapes) as tfl.Shape;
    if (announced.length === 4) expect(announced.slice(0, 3)).toEqual([null, null, null]);
  });

  it('is made again from its configuration', async () => {
    const layer = make();
    const tensors = inputs();
    const input = tensors.length === 1 ? tensors[0] : tensors;
    const LayerClass = layer.constructor as unknown as {
      fromConfig(cls: unknown, config: tf.serialization.ConfigDict): tfl.layers.Layer;
    };
    const again = LayerClass.fromConfig(layer.constructor, layer.getConfig());
    expect(again.name).toBe(layer.name);
    expect(await call(again, input).data()).toEqual(await call(layer, input).data());
  });

  it('has the parameters of its specification', () => {
    const layer = make();
    const tensors = inputs();
    call(layer, tensors.length === 1 ? tensors[0] : tensors);
    const specs = layer instanceof SpecLayer ? layer.parameterSpecs() : [];
    const shapes = (trainable: boolean) =>
      specs.filter((spec) => spec.trainable === trainable).map(({ shape }) => shape);
    expect(layer.trainableWeights.map(({ shape }) => shape)).toEqual(shapes(true));
    expect(layer.nonTrainableWeights.map(({ shape }) => shape)).toEqual(shapes(false));
  });
});

describe('batch norm of a layer', () => {
  it('moves the running statistics by a tenth, with the unbiased variance, and counts', async () => {
    const layer = new UpconvBlock({ name: 'up', inChannels: 1, outChannels: 1, upmode: 'fixed' });
    // Upsampling two equal rows and columns gives them again: the batch statistics are known.
    const x = tf.concat([tf.fill([1, 2, 2, 1], 3), tf.fill([1, 2, 2, 1], 7)]) as tf.Tensor4D;
    call(layer, x, true);
    const read = async (name: string) => (await layer.variable(`block.1.${name}`).data())[0];
    const unbiased = (4 * 32) / 31;
    expect(await read('running_mean')).toBeCloseTo(0.1 * 5, 6);
    expect(await read('running_var')).toBeCloseTo(0.9 + 0.1 * unbiased, 5);
    expect(await read('num_batches_tracked')).toBe(1);
    call(layer, x, true);
    expect(await read('running_mean')).toBeCloseTo(0.9 * 0.5 + 0.1 * 5, 6);
    expect(await read('running_var')).toBeCloseTo(0.9 * (0.9 + 0.1 * unbiased) + 0.1 * unbiased, 5);
    expect(await read('num_batches_tracked')).toBe(2);
    call(layer, x);
    expect(await read('num_batches_tracked'), 'evaluation does not count').toBe(2);
  });
});

describe('ConvBlock', () => {
  const make = (config: Partial<ConvBlockConfig>) =>
    new ConvBlock({
      name: 'block',
      inChannels: 2,
      outChannels: 16,
      convolutions: 2,
      dropoutRate: 0.5,
      ...config,
    });
  const x = () => images([4, 8, 8, 2]);
  const masks = async (config: Partial<ConvBlockConfig>) => {
    const values = await call(make(config), x(), true).data();
    return Array.from(values, (value) => value === 0);
  };

  it('drops other values in another layer of the model, and the same in the same', async () => {
    const first = await masks({ dropoutIndex: 0 });
    expect(await masks({ dropoutIndex: 0 })).toEqual(first);
    expect(await masks({ dropoutIndex: 1 })).not.toEqual(first);
    expect(await masks({ dropoutIndex: 0, dropoutType: 'spatial' })).not.toEqual(first);
  });

  it('drops at the end, after batch norm and ReLU, scaling what is kept', async () => {
    const [full, dropped] = [
      await call(make({ dropoutRate: 0 }), x(), true).data(),
      await call(make({ dropoutRate: 0.25 }), x(), true).data(),
    ];
    const kept = dropped.map((value, i) => (value === 0 ? 0 : full[i] / 0.75));
    expectClose(dropped, kept, { abs: 1e-6, rel: 1e-5 });
    const positive = full.filter((value) => value > 0).length;
    const share = dropped.filter((value) => value > 0).length / positive;
    expect(Math.abs(share - 0.75)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / positive));
  });

  it('drops nothing with one convolution, nor in evaluation', async () => {
    expect(make({ convolutions: 1 }).hasDropout).toBe(false);
    const single = make({ convolutions: 1 });
    expect(await call(single, x(), true).data()).toEqual(
      await call(make({ convolutions: 1, dropoutRate: 0 }), x(), true).data(),
    );
    expect(await call(make({}), x()).data()).toEqual(await call(make({ dropoutRate: 0 }), x()).data());
  });

  it('names itself and the shape that it refuses', () => {
    const layer = make({ sizeMultiple: 4 });
    layer.build([null, null, null, 2]);
    expect(() => layer.call(images([1, 6, 8, 2]), {})).toThrow(
      /^block: the input shape is \[1, 6, 8, 2\]; .*2\] with height and width multiples of 4/,
    );
    expect(() => layer.call(images([1, 8, 8, 3]), {})).toThrow(/^block: the input shape is \[1, 8, 8, 3\]/);
  });
});

describe('SpecLayer', () => {
  it('names a parameter that it does not have', () => {
    const layer = new Conv1x1({ name: 'out', inChannels: 1, outChannels: 1 });
    expect(() => layer.variable('weight')).toThrow(/^out: there is no parameter 'weight'/);
    layer.build([null, 1, 1, 1]);
    expect(layer.variable('weight').shape).toEqual([1, 1, 1, 1]);
    expect(() => layer.variable('gamma')).toThrow(/^out: there is no parameter 'gamma'/);
  });

  it('UpconvBlock refuses an unknown upmode', () => {
    expect(
      () => new UpconvBlock({ name: 'up', inChannels: 1, outChannels: 1, upmode: 'nearest' as 'fixed' }),
    ).toThrow(/^UpconvBlock: upmode is 'nearest'; it must be one of/);
  });
});
