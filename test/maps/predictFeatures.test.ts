import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { stackFeatures } from '../../src/features/stackFeatures.js';
import { kNearestNeighbours } from '../../src/heads/kNearestNeighbours.js';
import { linearProbe } from '../../src/heads/linearProbe.js';
import { pixelMlpEnsemble } from '../../src/heads/pixelMlpEnsemble.js';
import { headPredictor } from '../../src/maps/headPredictor.js';
import { predictFeatures } from '../../src/maps/predictFeatures.js';
import { windowFeatures } from '../../src/maps/windowFeatures.js';
import { inferenceModel } from '../../src/models/inferenceModel.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { randomNormal } from '../../src/ops/random.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

/** Maps of three sizes: one of the window's own, one coarser, and one of another shape. */
function mapsOf(batch = 1) {
  const shapes = [
    [batch, 16, 24, 3],
    [batch, 8, 12, 5],
    [batch, 2, 3, 4],
  ] as const;
  return shapes.map((shape, i) => ({
    name: `layer ${i}`,
    timestep: 10,
    map: randomNormal<tf.Rank.R4>([...shape], { seed: 1, stream: 5, step: i }),
  }));
}

describe('predictFeatures', () => {
  it('says of a linear probe what it says of the stacked maps, and of other heads as well', async () => {
    const maps = mapsOf();
    const stacked = stackFeatures(maps);
    const rows = (await stacked.data()) as Float32Array;
    const labels = Int32Array.from({ length: rows.length / 12 }, (_, i) => (rows[i * 12] > 0 ? 1 : i % 3));
    const linear = await linearProbe(rows, labels);
    const { probabilities, uncertainty } = await expectTensorsKept(0, () =>
      predictFeatures(maps, linear, [16, 24]),
    );
    expect(uncertainty).toBeUndefined();
    const expected = await linear.predict(rows);
    expectClose(probabilities, expected, { abs: 1e-5 });
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.5);

    const nearest = await kNearestNeighbours(rows, labels, { k: 3 });
    const ofNearest = await predictFeatures(maps, nearest, [16, 24]);
    expect(ofNearest.probabilities).toEqual(await nearest.predict(rows));
    const ensemble = await pixelMlpEnsemble(rows, labels, { members: 2, maxEpochs: 2 });
    const vote = await ensemble.vote(rows);
    expect((await predictFeatures(maps, ensemble, [16, 24])).uncertainty).toEqual(vote.disagreement);
    const both = await expectTensorsKept(0, () => predictFeatures(maps, [linear, nearest], [16, 24]));
    expect(Math.max(...both.uncertainty!)).toBeGreaterThan(0.01);
    tf.dispose([stacked, ...maps.map(({ map }) => map)]);
  });

  it('upsamples to a size of its own, and each image of a batch by itself', async () => {
    const maps = mapsOf(2);
    const rows = (await stackFeatures(maps, [32, 48]).data()) as Float32Array;
    const head = await linearProbe(
      rows.slice(0, 12 * 600),
      Int32Array.from({ length: 600 }, (_, i) => i % 2),
    );
    const { probabilities } = await predictFeatures(maps, head, [32, 48]);
    expectClose(probabilities, await head.predict(rows), { abs: 1e-5 });
  });

  it('refuses maps of other channels, and no head', async () => {
    const maps = mapsOf();
    const head = await linearProbe(new Float32Array([0, 1]), new Int32Array([0, 1]));
    await expect(predictFeatures(maps, head, [16, 24])).rejects.toThrow(
      /LinearHead.predictMaps: channels of the maps is 12; it must be 1 dims/,
    );
    await expect(predictFeatures(maps, [], [16, 24])).rejects.toThrow(
      /predictFeatures: classes of the heads/,
    );
  });
});

describe('windowFeatures', () => {
  it('gives what a predictor predicts from, with the noise of its place', async () => {
    const { denoiser } = inferenceModel(
      unetAttD({ filterConfig: [4, 4, 4, 4, 4, 4], inChannels: 2, seed: 3 }),
    );
    const data = Float32Array.from({ length: 32 * 32 * 2 }, (_, i) => Math.sin(i / 9));
    const window = { raster: { height: 32, width: 32, channels: 2, data }, top: 32, left: 64 };
    const options = {
      normalization: { procedure: 'lab' },
      ...{
        timesteps: [0, 40],
        layers: ['conv5', 'conv4'],
        alphaBars: Float64Array.from({ length: 100 }, (_, t) => 0.9 - t / 200),
      },
    } as const;
    const maps = await expectTensorsKept(4, () => windowFeatures(denoiser, window, options));
    expect(maps.map(({ name, timestep }) => `${name} ${timestep}`)).toEqual([
      ...['conv5 0', 'conv4 0', 'conv5 40', 'conv4 40'],
    ]);
    const rows = (await stackFeatures(maps, [32, 32]).data()) as Float32Array;
    const head = await linearProbe(
      rows,
      Int32Array.from({ length: 1024 }, (_, i) => (data[2 * i] > 0 ? 1 : 0)),
    );
    const predict = headPredictor(denoiser, head, options);
    const { probabilities } = await predictFeatures(maps, head, [32, 32]);
    expect((await predict(window)).probabilities).toEqual(probabilities);
    const elsewhere = await predict({ ...window, top: 0 });
    expect(elsewhere.probabilities).not.toEqual(probabilities);
  });
});
