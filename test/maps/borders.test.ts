import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import { encodeGeoTiff } from '../../src/data/encodeGeoTiff.js';
import type { PixelWindow } from '../../src/data/geoTiffTypes.js';
import { philox4x32 } from '../../src/internal/philox.js';
import { MemorySink } from '../../src/maps/MemorySink.js';
import { mapScene } from '../../src/maps/mapScene.js';
import { networkPredictor } from '../../src/maps/networkPredictor.js';
import type { SceneSource } from '../../src/maps/SceneWindow.js';
import { startTestBackend } from '../support/backend.js';

beforeAll(() => startTestBackend());

const [width, height] = [416, 224];

/** A scene of fine and coarse structure. */
async function makeScene(): Promise<SceneSource> {
  const words = new Uint32Array(4);
  const data = Float32Array.from({ length: width * height * 2 }, (_, i) => {
    const [x, y] = [Math.floor(i / 2) % width, Math.floor(i / 2 / width)];
    philox4x32([x, y, i % 2, 0], [1, 2], words);
    return Math.sin(x / (9 + (i % 2))) * Math.cos(y / 13) + words[0] / 2 ** 32 - 0.5;
  });
  const image = await decodeGeoTiff(encodeGeoTiff({ width, height, bands: 2, data }));
  const read = async ({ top, left, height: high, width: wide }: PixelWindow) => {
    const part = new Float32Array(high * wide * 2);
    for (let row = 0; row < high; row++) {
      const from = ((top + row) * width + left) * 2;
      part.set(data.subarray(from, from + 2 * wide), row * wide * 2);
    }
    return { ...image, height: high, width: wide, data: part };
  };
  return { info: image, read };
}

it('steps across borders of windows as inside them, where a prediction depends on more than they share', async () => {
  const scene = await makeScene();
  // Fine structure, what lies around as far as 32 pixels, and the mean of all that it sees.
  const logits = (x: tf.Tensor4D) => {
    const around = tf.avgPool(x, 65, 1, 'same');
    const all = tf.mean(x, [1, 2], true);
    const seen = tf.add(tf.add(tf.mul(x, 0.5), tf.mul(around, 4)), tf.mul(all, 4));
    return tf.concat([seen, tf.zerosLike(tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 1]))], 3);
  };
  const normalization = {
    strategy: 'z_value' as const,
    procedure: 'gpb' as const,
    globalStats: { mean: [0, 0], std: [0.6, 0.6] },
  };
  const probabilities = new MemorySink();
  const layout = { window: 128, overlap: 32, stride: 32 };
  const map = await mapScene(scene, networkPredictor(logits, { normalization }), {
    classes: 3,
    outputs: { probabilities },
    ...layout,
  });
  expect(map.seamless).toBe(false);
  const { data } = await decodeGeoTiff(probabilities.bytes());

  // Windows begin every 96 pixels, the last one where it ends with the scene.
  const starts = (length: number) =>
    [0, 96, 192, 288].filter((start) => start + 128 < length).concat(length - 128);
  // Where one begins, where the one before ends, and where their shares are equal.
  const borders = (length: number) =>
    new Set(
      starts(length).flatMap((start, i, all) => {
        if (i === 0) return [];
        const end = all[i - 1] + 128;
        return [start, end, (start + end) / 2];
      }),
    );
  const steps = { across: { sum: 0, count: 0 }, inside: { sum: 0, count: 0 } };
  const add = (isBorder: boolean, a: number, b: number) => {
    const kind = steps[isBorder ? 'across' : 'inside'];
    for (let k = 0; k < 3; k++) kind.sum += Math.abs(data[3 * a + k] - data[3 * b + k]);
    kind.count++;
  };
  const [columns, rows] = [borders(width), borders(height)];
  expect(columns.size).toBeGreaterThanOrEqual(9);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x > 0) add(columns.has(x), y * width + x, y * width + x - 1);
      if (y > 0) add(rows.has(y), y * width + x, (y - 1) * width + x);
    }
  }
  const [across, inside] = [steps.across, steps.inside].map(({ sum, count }) => sum / count);
  expect(inside).toBeGreaterThan(1e-3);
  expect(Math.abs(across / inside - 1)).toBeLessThan(0.05);
});
