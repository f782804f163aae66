import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import { encodeGeoTiff } from '../../src/data/encodeGeoTiff.js';
import type { PixelWindow } from '../../src/data/geoTiffTypes.js';
import { attentionPredictor } from '../../src/maps/attentionPredictor.js';
import { MemorySink } from '../../src/maps/MemorySink.js';
import { mapScene } from '../../src/maps/mapScene.js';
import { attentionMaps } from '../../src/models/attentionMaps.js';
import { vit } from '../../src/models/vit.js';
import { startTestBackend } from '../support/backend.js';

const normalization = {
  strategy: 'z_value' as const,
  procedure: 'gpb' as const,
  globalStats: { mean: [1, 2], std: [2, 3] },
};
const PATCH = 8;

beforeAll(() => startTestBackend());

function raster(height: number, width: number) {
  const data = Float32Array.from({ length: height * width * 2 }, (_, i) => {
    const pixel = i >> 1;
    return Math.sin((pixel % width) / 5) + Math.cos(Math.floor(pixel / width) / 3 + (i % 2)) + (i % 7) / 7;
  });
  return { height, width, channels: 2, data };
}

/** A network whose attention is far from even, as a trained one's. */
function sharp() {
  const model = vit({
    imgSize: 32,
    patchSize: PATCH,
    inChans: 2,
    embedDim: 12,
    depth: 1,
    numHeads: 3,
    seed: 4,
  });
  for (const weight of model.weights) {
    if (/qkv.weight|patch_embed.*weight|cls_token/.test(weight.name)) weight.write(tf.mul(weight.read(), 12));
  }
  return model;
}

describe('attentionPredictor', () => {
  it('gives the maps of the heads over even attention, interpolated between patches, and their mean', async () => {
    const model = sharp();
    const window = { raster: raster(24, 40), top: 0, left: 0 };
    const before = tf.memory().numTensors;
    const { probabilities } = await attentionPredictor((x) => attentionMaps(model, x), { normalization })(
      window,
    );
    expect(tf.memory().numTensors).toBe(before);
    const scaled = window.raster.data.map((value, i) => (value - [1, 2][i % 2]) / [2, 3][i % 2]);
    const maps = await attentionMaps(model, tf.tensor4d(scaled, [1, 24, 40, 2])).array();
    expect(maps[0].length * maps[0][0].length).toBe(15);
    /** Half a patch from the border on there is something between two centres. */
    const between = (position: number, count: number) => {
      const at = Math.min(Math.max((position + 0.5) / PATCH - 0.5, 0), count - 1);
      const lower = Math.min(Math.floor(at), count - 2);
      return [lower, at - lower] as const;
    };
    let largest = 0;
    for (let row = 0; row < 24; row++) {
      for (let column = 0; column < 40; column++) {
        const [r, down] = between(row, 3);
        const [c, right] = between(column, 5);
        const heads = [0, 1, 2].map((head) => {
          const of = (i: number, j: number) => 15 * maps[0][i][j][head];
          const upper = of(r, c) * (1 - right) + of(r, c + 1) * right;
          return upper * (1 - down) + (of(r + 1, c) * (1 - right) + of(r + 1, c + 1) * right) * down;
        });
        const expected = [...heads, (heads[0] + heads[1] + heads[2]) / 3];
        for (const [k, value] of expected.entries()) {
          expect(probabilities[(row * 40 + column) * 4 + k]).toBeCloseTo(value, 4);
          largest = Math.max(largest, value);
        }
      }
    }
    // Were it even everywhere, there would be nothing to compare.
    expect(largest).toBeGreaterThan(1.5);
    model.dispose();
  });

  it('makes a map without a seam of windows that see different things', async () => {
    const model = sharp();
    const [height, width] = [56, 120];
    const whole = raster(height, width);
    const image = await decodeGeoTiff(encodeGeoTiff({ width, height, bands: 2, data: whole.data }));
    const read = async ({ top, left, height: high, width: wide }: PixelWindow) => {
      const data = new Float32Array(high * wide * 2);
      for (let row = 0; row < high; row++) {
        const from = ((top + row) * width + left) * 2;
        data.set(whole.data.subarray(from, from + wide * 2), row * wide * 2);
      }
      return { ...image, height: high, width: wide, data };
    };
    const predict = attentionPredictor((x) => attentionMaps(model, x), { normalization });
    const stepsOf = async (overlap: number) => {
      const probabilities = new MemorySink();
      await mapScene({ info: image, read }, predict, {
        ...{ classes: ['head 1', 'head 2', 'head 3', 'mean'], outputs: { probabilities } },
        ...{ window: 40, overlap, stride: PATCH },
      });
      const { data, bandNames } = await decodeGeoTiff(probabilities.bytes());
      expect(bandNames).toEqual(['head 1', 'head 2', 'head 3', 'mean']);
      /** The largest steps from one column to the next, beside borders of windows and elsewhere. */
      const steps = Array.from({ length: width - 1 }, (_, column) => {
        let most = 0;
        for (let row = 0; row < height; row++) {
          for (let k = 0; k < 4; k++) {
            const at = (row * width + column) * 4 + k;
            most = Math.max(most, Math.abs(data[at + 4] - data[at]));
          }
        }
        return most;
      });
      return Math.max(...steps);
    };
    const [cut, blended] = [await stepsOf(0), await stepsOf(16)];
    expect(blended).toBeLessThan(cut / 2);
    model.dispose();
  });

  it('refuses what is no function, and maps of another shape', async () => {
    expect(() => attentionPredictor({} as never, { normalization })).toThrow(/attentionPredictor: attend is/);
    const predict = attentionPredictor(() => tf.ones([1, 3, 3, 2]), { normalization });
    await expect(predict({ raster: raster(16, 16), top: 0, left: 0 })).rejects.toThrow(
      /attend gives \[1,3,3,2\] for an image \[1, 16, 16, channels\]/,
    );
  });
});
