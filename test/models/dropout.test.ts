import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConvBlock } from '../../src/layers/ConvBlock.js';
import { setDropoutStep } from '../../src/models/setDropoutStep.js';
import type { UnetAttDConfig } from '../../src/models/UnetAttDConfig.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { startTestBackend } from '../support/backend.js';
import { readFixture } from '../support/fixtures.js';
import { outputOf, smallBatch, smallConfig } from './smallModels.js';

beforeAll(startTestBackend);

const all = (count: number) => new Array<number>(6).fill(count);
const build = (config: UnetAttDConfig) => unetAttD({ ...smallConfig, dropoutRate: 0.5, seed: 11, ...config });
const layersWithDropout = (model: tfl.LayersModel) =>
  model.layers.filter((layer) => layer instanceof ConvBlock && layer.hasDropout).length;

describe('unet/cases.json dropout_layers', () => {
  const { dropout_layers: expected } = readFixture<{
    dropout_layers: { block_num_all_1: number; block_num_all_2: number };
  }>('unet/cases.json');

  it('one convolution a block: no dropout', async () => {
    const model = build({ blockNum: all(1) });
    expect(layersWithDropout(model)).toBe(expected.block_num_all_1);
    const first = await outputOf(model, smallBatch(), true);
    expect(await outputOf(model, smallBatch(), true)).toEqual(first);
  });

  it('two convolutions a block: dropout in each', () => {
    expect(layersWithDropout(build({ blockNum: all(2) }))).toBe(expected.block_num_all_2);
  });

  it('rate 0: none', () => {
    expect(layersWithDropout(build({ blockNum: all(2), dropoutRate: 0 }))).toBe(0);
  });
});

describe.each(['traditional', 'spatial'] as const)('%s', (dropoutType) => {
  it('draws another mask in each step, and the mask of a step again', async () => {
    const model = build({ dropoutType });
    const outputs = [];
    for (let step = 0; step < 3; step++) outputs.push(await outputOf(model, smallBatch(), true));
    expect(outputs[1]).not.toEqual(outputs[0]);
    expect(outputs[2]).not.toEqual(outputs[1]);
    setDropoutStep(model, 1);
    expect(await outputOf(model, smallBatch(), true)).toEqual(outputs[1]);
    expect(await outputOf(model, smallBatch(), true)).toEqual(outputs[2]);
    const resumed = build({ dropoutType });
    setDropoutStep(resumed, 2);
    expect(await outputOf(resumed, smallBatch(), true)).toEqual(outputs[2]);
  });

  it('follows the seed', async () => {
    // The weights of one seed in models of two: only the masks differ.
    const [first, second] = [build({ dropoutType }), build({ dropoutType, seed: 12 })];
    second.setWeights(first.getWeights());
    expect(await outputOf(second, smallBatch())).toEqual(await outputOf(first, smallBatch()));
    expect(await outputOf(second, smallBatch(), true)).not.toEqual(await outputOf(first, smallBatch(), true));
  });

  it('drops nothing in evaluation mode, and evaluation draws no mask', async () => {
    const [model, without] = [build({ dropoutType }), build({ dropoutType, dropoutRate: 0 })];
    const expected = await outputOf(without, smallBatch());
    expect(await outputOf(model, smallBatch())).toEqual(expected);
    const first = await outputOf(model, smallBatch(), true);
    setDropoutStep(model, 0);
    await outputOf(model, smallBatch());
    expect(await outputOf(model, smallBatch(), true)).toEqual(first);
  });
});

it.each([-1, 0.5, Number.NaN, 2 ** 32])('setDropoutStep refuses %d', (step) => {
  expect(() => setDropoutStep(build({}), step)).toThrow(/^setDropoutStep: step is .*; it must be an integer/);
});
