import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { toTorchStateDict } from '../../../src/interop/toTorchStateDict.js';
import { vit } from '../../../src/models/vit.js';
import { CollapseAlarm } from '../../../src/ssl/dino/CollapseAlarm.js';
import { cosineSchedule } from '../../../src/ssl/dino/cosineSchedule.js';
import { DinoTraining } from '../../../src/ssl/dino/DinoTraining.js';
import { dinoHead } from '../../../src/ssl/dino/dinoHead.js';
import { multiCrop } from '../../../src/ssl/dino/multiCrop.js';
import { expectTensorsKept, startTestBackend } from '../../support/backend.js';

beforeAll(startTestBackend);

/** An image whose bands are its column, its row, and 1. */
function gradients(height: number, width: number) {
  const data = new Float32Array(height * width * 3);
  for (let i = 0; i < height * width; i++) data.set([i % width, Math.floor(i / width), 1], 3 * i);
  return { height, width, channels: 3, data };
}

describe('multiCrop', () => {
  const options = {
    global: { size: 32, scale: [0.4, 1] as const },
    local: { count: 3, size: 12, scale: [0.05, 0.4] as const },
  };
  const key = (step: number) => ({ seed: 3, stream: 9, step });

  it('gives two large crops and small ones of the whole image, without inventing values', () => {
    const image = gradients(60, 80);
    const crops = multiCrop(image, key(0), options);
    expect(crops.map(({ height, width }) => [height, width])).toEqual([
      [32, 32],
      [32, 32],
      [12, 12],
      [12, 12],
      [12, 12],
    ]);
    for (const { data, height } of crops) {
      for (let i = 0; i < height * height; i++) expect(data[3 * i + 2]).toBeCloseTo(1, 5);
    }
  });

  it('shows the share of the area that it is told, turned over as often as it is told', () => {
    const image = gradients(100, 100);
    let mirrored = 0;
    const areas: number[] = [];
    for (let step = 0; step < 200; step++) {
      const [crop] = multiCrop(image, key(step), { ...options, flip: 0.3 });
      const at = (row: number, column: number, band: number) => crop.data[3 * (row * 32 + column) + band];
      // In the middle, where no edge is near, neighbours are a pixel's width apart.
      const [dx, dy] = [at(16, 17, 0) - at(16, 16, 0), at(17, 16, 1) - at(16, 16, 1)];
      if (dx < 0) mirrored++;
      areas.push((Math.abs(dx) * dy * 32 * 32) / 1e4);
      expect(Math.abs(dx) / dy).toBeGreaterThan(0.7);
      expect(Math.abs(dx) / dy).toBeLessThan(1.4);
    }
    expect(Math.min(...areas)).toBeGreaterThan(0.38);
    expect(Math.max(...areas)).toBeLessThan(1.02);
    expect(areas.reduce((sum, area) => sum + area, 0) / 200).toBeCloseTo(0.67, 1);
    expect(mirrored).toBeGreaterThan(40);
    expect(mirrored).toBeLessThan(80);
  });

  it('draws the same of the same key alone, and changes values where it is told', () => {
    const image = gradients(40, 40);
    const all = (step: number, steps = {}) =>
      multiCrop(image, key(step), { ...options, ...steps }).map(({ data }) => [...data]);
    expect(all(1)).toEqual(all(1));
    expect(all(2)).not.toEqual(all(1));
    const noisy = all(1, { steps: [{ name: 'jitter', probability: 1 }] });
    expect(noisy.map(({ length }) => length)).toEqual(all(1).map(({ length }) => length));
    expect(noisy).not.toEqual(all(1));
  });

  it('refuses what cannot be', () => {
    const image = gradients(40, 40);
    expect(() => multiCrop(image, key(0), { global: { size: 0, scale: [0.4, 1] } })).toThrow(
      /global\.size is 0/,
    );
    expect(() => multiCrop(image, key(0), { global: { size: 8, scale: [0.4, 1.5] } })).toThrow(
      /global\.scale is \[0.4, 1.5\]/,
    );
    expect(() => multiCrop(image, key(0), { ratio: [2, 1] })).toThrow(/ratio is \[2, 1\]/);
    expect(() => multiCrop(image, key(0), { flip: 2 })).toThrow(/flip is 2/);
  });
});

const config = { imgSize: 16, patchSize: 8, inChans: 2, embedDim: 8, depth: 2, numHeads: 2 };
const network = (changes = {}) => ({
  backbone: vit({ ...config, ...changes }),
  head: dinoHead({ inDim: 8, outDim: 12, hiddenDim: 8, bottleneckDim: 4 }),
});
const batch = (value?: number) =>
  [16, 16, 8].map((size, i) => {
    const crop = tf.randomNormal<tf.Rank.R4>([3, size, size, 2], 0, 1, 'float32', i + 1);
    return i === 1 && value !== undefined ? (tf.mul(crop, value) as tf.Tensor4D) : crop;
  });
const rates = { learningRate: 1e-2, weightDecay: 0.1, teacherMomentum: 0.9, teacherTemperature: 0.04 };

describe('DinoTraining', () => {
  it('lets the teacher begin as the student', async () => {
    const training = new DinoTraining(network(), network({ seed: 7 }));
    const all = await toTorchStateDict(training.parameters);
    for (const [name, { data }] of all) {
      if (name.startsWith('student.'))
        expect(all.get(name.replace('student', 'teacher'))!.data).toEqual(data);
    }
    expect(all.get('student.backbone.pos_embed')!.data.some((value) => value !== 0)).toBe(true);
    training.dispose();
  });

  it('leaves no tensor behind, and the last layer as it is where told to', async () => {
    const training = new DinoTraining(network(), network());
    const crops = batch();
    await training.step(crops, { step: 0, ...rates });
    const last = async () =>
      [...(await toTorchStateDict(training.parameters))].filter(([name]) =>
        name.startsWith('student.head.last_layer'),
      );
    const before = await last();
    await expectTensorsKept(0, () => training.step(crops, { step: 1, ...rates, freezeLastLayer: true }));
    expect(await last()).toEqual(before);
    await training.step(crops, { step: 2, ...rates });
    expect(await last()).not.toEqual(before);
    training.dispose();
  });

  it('names what is not finite, and changes nothing', async () => {
    const training = new DinoTraining(network(), network());
    await training.step(batch(), { step: 0, ...rates });
    const all = () => toTorchStateDict(training.parameters);
    const before = await all();
    await expect(training.step(batch(Number.NaN), { step: 1, ...rates })).rejects.toThrow(
      /DinoTraining\.step: the loss is NaN; no weight was changed\. Crop 2 of 3 has values that are not finite/,
    );
    expect(await all()).toEqual(before);
    const weight = training.parameters.find(({ name }) => name === 'teacher.backbone.norm.weight')!.variable;
    weight.assign(tf.fill(weight.shape, Number.NaN));
    await expect(training.step(batch(), { step: 1, ...rates })).rejects.toThrow(
      /The teacher's outputs are not/,
    );
    training.dispose();
  });

  it('draws what goes around by the step alone', async () => {
    const losses = async (steps: number[]) => {
      const training = new DinoTraining(network({ dropPathRate: 0.5 }), network({ dropPathRate: 0.5 }));
      const crops = batch();
      const result: number[] = [];
      for (const step of steps) {
        result.push((await training.step(crops, { step, ...rates, learningRate: 0, weightDecay: 0 })).loss);
      }
      training.dispose();
      return result;
    };
    const [first, second] = await losses([4, 5]);
    expect(await losses([4])).toEqual([first]);
    expect(second).not.toBe(first);
  });

  it('refuses networks that differ, and batches that do', async () => {
    expect(() => new DinoTraining(network(), network({ depth: 1 }))).toThrow(/of the same configuration/);
    const training = new DinoTraining(network(), network());
    await expect(training.step(batch().slice(0, 1), { step: 0, ...rates })).rejects.toThrow(/crops is/);
    training.dispose();
  });
});

describe('cosineSchedule', () => {
  it('refuses a warm-up longer than the run', () => {
    const given = { base: 1, final: 0, epochs: 2, stepsPerEpoch: 3, warmupEpochs: 3 };
    expect(() => cosineSchedule(given)).toThrow(/warmupEpochs is 3/);
  });
});

describe('CollapseAlarm', () => {
  const outDim = 64;
  const nothing = Math.log(outDim);
  const states = {
    uniform: { loss: nothing, teacherEntropy: nothing, teacherSpread: 1e-4 },
    one: { loss: 0.01, teacherEntropy: 0.001, teacherSpread: 0.001 },
    same: { loss: 2, teacherEntropy: 2, teacherSpread: 0.001 },
  };
  it.each([
    ['uniform', /the loss is ln\(out\), 4\.1589.*lower teacher temperature/],
    ['one', /one output to every image.*lower centre momentum/],
    ['same', /the same for every image.*lower learning rate/],
  ] as const)('says of %s outputs what to change, once they last', (state, message) => {
    const alarm = new CollapseAlarm({ outDim, patience: 3 });
    expect(alarm.watch(states[state])).toBeUndefined();
    expect(alarm.watch(states[state])).toBeUndefined();
    expect(alarm.watch(states[state])).toMatch(message);
    expect(alarm.watch({ loss: 3, teacherEntropy: 2, teacherSpread: 0.5 })).toBeUndefined();
    expect(alarm.steps).toBe(0);
  });

  it('is silent where sharp outputs differ from image to image', () => {
    const alarm = new CollapseAlarm({ outDim, patience: 1 });
    expect(alarm.watch({ loss: 3, teacherEntropy: 0.001, teacherSpread: 0.9 })).toBeUndefined();
  });

  it('tells what a collapsed teacher is from one that is not', async () => {
    const training = new DinoTraining(network(), network());
    const healthy = await training.step(batch(), { step: 0, ...rates });
    expect(healthy.teacherSpread).toBeGreaterThan(1e-3);
    const { variable } = training.parameters.find(({ name }) => name === 'teacher.backbone.norm.weight')!;
    variable.assign(tf.zeros(variable.shape));
    const collapsed = await training.step(batch(), { step: 1, ...rates });
    expect(collapsed.teacherSpread).toBeLessThan(1e-5);
    training.dispose();
  });
});
