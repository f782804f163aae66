import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { changeHead, classificationHead, registerHeads, segmentationHead } from '../../src/heads/index.js';
import type { MapHead } from '../../src/heads/mapHead.js';
import { randomNormal } from '../../src/internal/philox.js';
import { binaryCrossEntropy, crossEntropy } from '../../src/losses/index.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { Adam } from '../../src/optimizers/index.js';
import { expectTensorsKept, startTrainingBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTrainingBackend);

const noise = (shape: number[], step: number) => {
  const size = shape.reduce((product, side) => product * side);
  return tf.tensor(randomNormal(size, { seed: 3, stream: 0, step }), shape);
};
const channels = [4, 6];
const modelOf = (head: MapHead, sides: (number | null)[] = [16, 8]) => {
  const inputs = channels.map((count, i) => tfl.input({ shape: [sides[i], sides[i], count] }));
  return tfl.model({ inputs, outputs: head(inputs) });
};
const trainable = (model: tfl.LayersModel) =>
  namedParameters(model).flatMap(({ spec, variable }) => (spec.trainable ? [variable] : []));

/** Trains on batches that `draw` makes, and answers the mean loss of the last steps. */
async function train(
  model: tfl.LayersModel,
  draw: (step: number) => { maps: tf.Tensor[]; loss: (logits: tf.Tensor) => tf.Scalar },
): Promise<number> {
  const optimizer = new Adam({ learningRate: 0.05 });
  const variables = trainable(model);
  let last = 0;
  for (let step = 0; step < 40; step++) {
    const { maps, loss } = draw(step);
    const before = tf.memory().numTensors;
    const value = tf.tidy(
      () =>
        optimizer.minimize(() => loss(model.apply(maps, { training: true }) as tf.Tensor), true, variables)!,
    );
    if (step > 1) expect(tf.memory().numTensors - before, 'tensors left by a step').toBe(1);
    if (step >= 35) last += (await value.data())[0] / 5;
    tf.dispose([value, maps]);
  }
  return last;
}

describe.each(['linear', 'conv', 'fpn', 'unet', 'upconv'] as const)('segmentationHead: %s', (kind) => {
  it('finds classes that are the sign of what a map of half the size shows', async () => {
    const model = modelOf(segmentationHead({ kind, classes: 2, width: 8, scale: 2, seed: 5 }));
    const loss = await train(model, (step) => {
      const [fine, coarse] = [noise([4, 16, 16, 4], 2 * step), noise([4, 8, 8, 6], 2 * step + 1)];
      // What is to be found stands in the third channel of the coarse map, in blocks of four output pixels.
      const target = tf.tidy(() => {
        const sign = tf.cast(tf.greater(tf.slice(coarse, [0, 0, 0, 2], [4, 8, 8, 1]), 0), 'float32');
        return tf.cast(
          tf.reshape(tf.image.resizeNearestNeighbor(sign as tf.Tensor4D, [32, 32]), [4, 32, 32]),
          'int32',
        );
      });
      return { maps: [fine, coarse], loss: (logits) => crossEntropy(logits, target) };
    });
    // ln 2 = 0.69 by chance; interpolation blurs the borders of the blocks, more so where it comes after all else.
    expect(loss).toBeLessThan(kind === 'upconv' ? 0.5 : 0.45);
  });

  it('learns from a single map', async () => {
    const input = tfl.input({ shape: [8, 8, 4] });
    const head = segmentationHead({ kind, classes: 2, width: 8, seed: 5 });
    const model = tfl.model({ inputs: input, outputs: head([input]) });
    const loss = await train(model, (step) => {
      const map = noise([4, 8, 8, 4], step);
      const sign = tf.cast(tf.greater(tf.slice(map, [0, 0, 0, 2], [4, 8, 8, 1]), 0), 'int32');
      const target = tf.reshape(sign, [4, 8, 8]);
      return { maps: [map], loss: (logits) => crossEntropy(logits, target) };
    });
    expect(loss).toBeLessThan(0.45);
  });

  it('takes maps of any size, in any order, and gives logits of the largest times the scale', async () => {
    const model = modelOf(segmentationHead({ kind, classes: 3, width: 8 }), [null, null]);
    expect(model.outputs[0].shape).toEqual([null, null, null, 3]);
    const sizes = [
      [
        [10, 12],
        [5, 6],
        [10, 12],
      ],
      [
        [5, 7],
        [9, 7],
        [9, 7],
      ],
    ];
    // A U-Net halves the largest three times.
    const halved = [
      [
        [8, 16],
        [5, 6],
        [8, 16],
      ],
      [
        [5, 7],
        [24, 8],
        [24, 8],
      ],
    ];
    for (const [first, second, largest] of kind === 'unet' ? halved : sizes) {
      const maps = [noise([1, ...first, 4], 1), noise([1, ...second, 6], 2)];
      const logits = await expectTensorsKept(1, () => model.predict(maps) as tf.Tensor);
      expect(logits.shape).toEqual([1, ...largest, 3]);
      expect((await logits.data()).every(Number.isFinite)).toBe(true);
    }
    expect(modelOf(segmentationHead({ kind, classes: 3, scale: 4 })).outputs[0].shape).toEqual([
      null,
      64,
      64,
      3,
    ]);
  });
});

describe('segmentationHead', () => {
  it("'unet' has two convolutions at each of four sizes, and two of what is stacked on the way up", () => {
    const model = modelOf(segmentationHead({ kind: 'unet', classes: 3, width: 16 }), [16, 8]);
    const shapes = namedParameters(model)
      .filter(({ name }) => /\.0\.weight$|classify\.weight/.test(name))
      .map(({ name, variable }) => `${name.replace('head.', '')} ${variable.shape.slice(2).join('-')}`);
    expect(shapes).toEqual([
      ...[
        'down.0.0.0.weight 10-16',
        'down.0.1.0.weight 16-16',
        'down.1.0.0.weight 16-32',
        'down.1.1.0.weight 32-32',
      ],
      ...['down.2.0.0.weight 32-64', 'down.2.1.0.weight 64-64', 'down.3.0.0.weight 64-128'],
      ...[
        'down.3.1.0.weight 128-128',
        'up.0.0.0.weight 192-64',
        'up.0.1.0.weight 64-64',
        'up.1.0.0.weight 96-32',
      ],
      ...['up.1.1.0.weight 32-32', 'up.2.0.0.weight 48-16', 'up.2.1.0.weight 16-16', 'classify.weight 16-3'],
    ]);
    const maps = [tf.ones([1, 12, 16, 4]), tf.ones([1, 6, 8, 6])];
    const any = modelOf(segmentationHead({ kind: 'unet', classes: 3, width: 4 }), [null, null]);
    expect(() => any.predict(maps)).toThrow(
      'head: the largest map is [12, 16]; it must be of sides that are multiples of 8',
    );
  });

  it("'upconv' enlarges tokens to pixels in four steps, whatever their patches", async () => {
    const input = tfl.input({ shape: [null, null, 12] });
    for (const patch of [16, 8, 5]) {
      const head = segmentationHead({ kind: 'upconv', classes: 2, width: 8, scale: patch });
      const model = tfl.model({ inputs: input, outputs: head([input]) });
      expect((model.predict(noise([1, 3, 2, 12], 1)) as tf.Tensor).shape).toEqual([
        1,
        3 * patch,
        2 * patch,
        2,
      ]);
      const widths = namedParameters(model).flatMap(({ name, variable }) =>
        /up\.\d\.0\.weight/.test(name) ? [variable.shape.slice(2)] : [],
      );
      expect(widths).toEqual([
        [12, 32],
        [32, 16],
        [16, 8],
        [8, 4],
      ]);
    }
  });

  it.each([
    { maps: 1, scale: 1 },
    { maps: 1, scale: 2 },
    { maps: 2, scale: 1 },
  ])('predicts the same made ready, of $maps maps, at $scale times their size', async ({ maps, scale }) => {
    const inputs = channels.slice(0, maps).map((count) => tfl.input({ shape: [8, 8, count] }));
    const model = tfl.model({ inputs, outputs: segmentationHead({ classes: 3, scale })(inputs) });
    for (const [step, { variable }] of namedParameters(model).entries()) {
      if (variable.dtype === 'float32')
        variable.assign(tf.add(variable, tf.abs(noise(variable.shape, step))));
    }
    const x = channels.slice(0, maps).map((count, i) => noise([2, 8, 8, count], i));
    const expected = await (model.predict(x) as tf.Tensor).data();
    await expectTensorsKept(0, async () => {
      const { predict, dispose } = inferenceModel(model);
      const logits = predict(...x);
      expectClose(await logits.data(), expected, { abs: 1e-5, rel: 1e-5 });
      logits.dispose();
      dispose();
    });
  });

  it("'linear' is the mean of what its layers say, before training", async () => {
    const model = modelOf(segmentationHead({ classes: 3, seed: 4 }), [8, 8]);
    const maps = [noise([1, 8, 8, 4], 1), noise([1, 8, 8, 6], 2)];
    const values = new Map(namedParameters(model).map(({ name, variable }) => [name, variable as tf.Tensor]));
    expect([...values.keys()].filter((name) => !name.includes('norms'))).toEqual([
      'head.mix',
      'head.convs.0.weight',
      'head.convs.0.bias',
      'head.convs.1.weight',
      'head.convs.1.bias',
    ]);
    const each = maps.map((map, i) => {
      const [weight, bias] = [values.get(`head.convs.${i}.weight`)!, values.get(`head.convs.${i}.bias`)!];
      const normed = tf.div(map, Math.sqrt(1 + 1e-5));
      const flat = tf.reshape(normed, [64, channels[i]]);
      return tf.add(tf.matMul(flat as tf.Tensor2D, tf.reshape(weight, [channels[i], 3])), bias);
    });
    const expected = tf.reshape(tf.mul(tf.add(each[0], each[1]), 0.5), [1, 8, 8, 3]);
    const actual = await (model.predict(maps) as tf.Tensor).data();
    expectClose(actual, await expected.data(), { abs: 1e-5 });
    expect(Math.max(...actual)).toBeGreaterThan(0.1);
  });

  it('refuses by name', () => {
    expect(() => segmentationHead({ classes: 0 })).toThrow('segmentationHead: classes is 0');
    expect(() => segmentationHead({ classes: 2, scale: 0.5 })).toThrow('segmentationHead: scale is 0.5');
    expect(() => segmentationHead({ classes: 2, width: 0 })).toThrow('segmentationHead: width is 0');
    expect(() => segmentationHead({ classes: 2, seed: -1 })).toThrow('segmentationHead: seed is -1');
    expect(() => segmentationHead({ classes: 2, kind: 'dpt' as 'fpn' })).toThrow(
      "segmentationHead: kind is 'dpt'",
    );
    const head = segmentationHead({ classes: 2, name: 'map' });
    expect(() => head([])).toThrow('map: the features is []');
    expect(() => head([tfl.input({ shape: [8, 4] })])).toThrow('map: the features is');
    const layer = modelOf(segmentationHead({ classes: 2, name: 'map' })).getLayer('map');
    const maps = [tf.zeros([1, 4, 4, 4]), tf.zeros([1, 4, 4, 5])];
    expect(() => layer.call(maps, {})).toThrow('map: the input shapes is [[1, 4, 4, 4], [1, 4, 4, 5]]');
  });
});

describe('a feature pyramid', () => {
  it('goes from the smallest map to the largest', async () => {
    const model = modelOf(segmentationHead({ kind: 'fpn', classes: 2, width: 4 }));
    const [fine, other] = [noise([1, 16, 16, 4], 1), noise([1, 16, 16, 4], 2)];
    const coarse = noise([1, 8, 8, 6], 3);
    const of = async (map: tf.Tensor) => (model.predict([map, coarse]) as tf.Tensor).data();
    expect(await of(other)).not.toEqual(await of(fine));
    // Without the fine map's own level nothing of it is left.
    const parameters = namedParameters(model);
    const filter = parameters.find(({ name }) => name === 'head.blocks.0.0.weight')!.variable;
    filter.assign(tf.zerosLike(filter));
    const alone = await of(fine);
    expect(await of(other)).toEqual(alone);
    expect(new Set(alone).size).toBeGreaterThan(100);
  });
});

describe('classificationHead', () => {
  it('finds several labels that the means of maps show', async () => {
    const model = modelOf(classificationHead({ classes: 3 }));
    expect(model.outputs[0].shape).toEqual([null, 3]);
    const loss = await train(model, (step) => {
      const labels = tf.cast(tf.greater(noise([16, 3], 1000 + step), 0), 'float32');
      const shift = tf.mul(tf.sub(labels, 0.5), 2);
      // Two labels in the first map, one in the second.
      const [fine, coarse] = [noise([16, 16, 16, 4], 2 * step), noise([16, 8, 8, 6], 2 * step + 1)];
      const moved = (map: tf.Tensor, from: number, count: number) => {
        const part = tf.reshape(tf.slice(shift, [0, from], [16, count]), [16, 1, 1, count]);
        return tf.add(
          map,
          tf.pad(part, [
            [0, 0],
            [0, 0],
            [0, 0],
            [0, map.shape[3]! - count],
          ]),
        );
      };
      return {
        maps: [moved(fine, 0, 2), moved(coarse, 2, 1)],
        loss: (logits) => binaryCrossEntropy(logits, labels),
      };
    });
    expect(loss).toBeLessThan(0.3);
  });
});

describe('changeHead', () => {
  const dates = (step: number) => [noise([4, 8, 8, 4], step), noise([4, 8, 8, 4], step + 1)];
  const single = (head: MapHead) => {
    const input = tfl.input({ shape: [8, 8, 4] });
    return tfl.model({ inputs: input, outputs: head([input]) });
  };

  it('finds where one channel of two dates differs', async () => {
    const model = single(changeHead({ width: 8 }));
    const loss = await train(model, (step) => {
      const [before, other] = dates(3 * step);
      const changed = tf.cast(tf.greater(noise([4, 8, 8, 1], 3 * step + 2), 0.3), 'float32');
      const after = tf.add(tf.mul(before, tf.sub(1, changed)), tf.mul(other, changed));
      const labels = tf.cast(tf.reshape(changed, [4, 8, 8]), 'int32');
      return { maps: [tf.concat([before, after])], loss: (logits) => crossEntropy(logits, labels) };
    });
    // 0.66 by chance.
    expect(loss).toBeLessThan(0.3);
  });

  it('does not depend on the order of the dates, and sees none where nothing changes', async () => {
    const model = single(changeHead({ width: 8, scale: 2 }));
    const [before, after] = dates(500);
    const of = async (...maps: tf.Tensor[]) => {
      const logits = await expectTensorsKept(1, () =>
        tf.tidy(() => model.predict(tf.concat(maps)) as tf.Tensor),
      );
      expect(logits.shape).toEqual([4, 16, 16, 2]);
      return logits.data();
    };
    const forth = await of(before, after);
    expectClose(await of(after, before), forth, { abs: 1e-5 });
    const still = [await of(before, before), await of(after, after)];
    expectClose(still[0], still[1], { abs: 1e-6 });
    expect(Math.max(...forth.map((value, i) => Math.abs(value - still[0][i])))).toBeGreaterThan(0.01);
  });

  it('refuses an odd batch', () => {
    const layer = single(changeHead({ name: 'change' })).getLayer('change');
    expect(() => layer.call(tf.zeros([3, 8, 8, 4]), {})).toThrow('change: the batch is 3; it must be even');
    expect(() => changeHead({ width: -1 })).toThrow('changeHead: width is -1');
    expect(() => classificationHead({ classes: 1.5 })).toThrow('classificationHead: classes is 1.5');
  });
});

describe('a head', () => {
  const heads: [string, MapHead][] = [
    ['linear', segmentationHead({ classes: 2 })],
    ['conv', segmentationHead({ kind: 'conv', classes: 2, width: 4 })],
    ['fpn', segmentationHead({ kind: 'fpn', classes: 2, width: 4 })],
    ['unet', segmentationHead({ kind: 'unet', classes: 2, width: 4 })],
    ['upconv', segmentationHead({ kind: 'upconv', classes: 2, width: 4 })],
    ['classification', classificationHead({ classes: 2 })],
    ['change', changeHead({ width: 4 })],
  ];

  it.each(heads)(
    'that is %s can be saved and loaded by tfjs, and depends on its seed alone',
    async (_, head) => {
      registerHeads();
      const model = modelOf(head);
      const maps = [noise([2, 16, 16, 4], 1), noise([2, 8, 8, 6], 2)];
      const expected = await (model.predict(maps) as tf.Tensor).data();
      const again = await tfl.models.modelFromJSON({ modelTopology: JSON.parse(model.toJSON() as string) });
      again.setWeights(model.getWeights());
      expect(await (again.predict(maps) as tf.Tensor).data()).toEqual(expected);
      expect(await (modelOf(head).predict(maps) as tf.Tensor).data()).toEqual(expected);
    },
  );

  it('of another seed has other weights', async () => {
    const of = async (seed: number) => {
      const model = modelOf(segmentationHead({ classes: 2, seed }));
      return (model.predict([noise([1, 16, 16, 4], 1), noise([1, 8, 8, 6], 2)]) as tf.Tensor).data();
    };
    expect(await of(1)).not.toEqual(await of(2));
  });
});
