import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { fromArrayBuffer } from 'geotiff';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import { encodeGeoTiff, type GeoTiffInput } from '../../src/data/encodeGeoTiff.js';
import { geoTiffHeader } from '../../src/data/geoTiffHeader.js';
import type { PixelWindow } from '../../src/data/geoTiffTypes.js';
import { openRaster } from '../../src/data/node/openRaster.js';
import { computeAlphaSchedule } from '../../src/diffusion/computeAlphaSchedule.js';
import type { FeatureDenoiser } from '../../src/diffusion/FeatureDenoiser.js';
import { makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import { pixelNoise } from '../../src/features/pixelNoise.js';
import type { Head } from '../../src/heads/Head.js';
import { philox4x32 } from '../../src/internal/philox.js';
import { combineMembers } from '../../src/maps/combineMembers.js';
import { headPredictor } from '../../src/maps/headPredictor.js';
import { axisWeights, layAxis } from '../../src/maps/layAxis.js';
import { MemorySink } from '../../src/maps/MemorySink.js';
import { type MapSceneOptions, mapScene } from '../../src/maps/mapScene.js';
import { networkPredictor } from '../../src/maps/networkPredictor.js';
import { mapFile } from '../../src/maps/node/mapFile.js';
import type { PredictWindow, SceneSource } from '../../src/maps/SceneWindow.js';
import { randomNormal } from '../../src/ops/random.js';
import { startChipServer } from '../data/chipServer.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

let folder: string;
beforeAll(async () => {
  await startTestBackend();
  folder = await mkdtemp(path.join(tmpdir(), 'maps-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Smooth values between 0 and 1, with some fine structure. */
function sceneOf(width: number, height: number, bands = 2): GeoTiffInput & { data: Float32Array } {
  const words = new Uint32Array(4);
  const data = Float32Array.from({ length: width * height * bands }, (_, i) => {
    const [pixel, band] = [Math.floor(i / bands), i % bands];
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    philox4x32([x, y, band, 0], [1, 2], words);
    return 0.5 + 0.3 * Math.sin(x / (5 + band)) * Math.cos(y / 7) + (0.4 * words[0]) / 2 ** 32 - 0.2;
  });
  return { width, height, bands, data, epsg: 32633, transform: [10, 0, 500, 0, -10, 7000] };
}

async function sourceOf(scene: GeoTiffInput): Promise<SceneSource & { reads: PixelWindow[] }> {
  const image = await decodeGeoTiff(encodeGeoTiff(scene));
  const reads: PixelWindow[] = [];
  const read = async (part: PixelWindow) => {
    reads.push(part);
    const { top, left, height, width } = part;
    const data = new Float32Array(height * width * image.bands);
    const valid = image.valid && new Uint8Array(data.length);
    for (let row = 0; row < height; row++) {
      const from = ((top + row) * image.width + left) * image.bands;
      data.set(
        (image.data as Float32Array).subarray(from, from + width * image.bands),
        row * width * image.bands,
      );
      valid?.set(image.valid!.subarray(from, from + width * image.bands), row * width * image.bands);
    }
    return { ...image, height, width, data, valid };
  };
  return { info: image, read, reads };
}

/** Maps into memory. */
async function mapOf(source: SceneSource, predict: PredictWindow, options: Partial<MapSceneOptions> = {}) {
  const sinks = { classes: new MemorySink(), probabilities: new MemorySink(), uncertainty: new MemorySink() };
  const result = await mapScene(source, predict, { classes: 3, outputs: sinks, ...options });
  const [classes, probabilities, uncertainty] = await Promise.all(
    Object.values(sinks).map((sink) => decodeGeoTiff(sink.bytes())),
  );
  return { result, classes, probabilities, uncertainty };
}

/** Convolutions that reach so many pixels, half of them at half the resolution. */
function convolutions(bands: number) {
  const filter = (shape: [number, number, number, number], step: number) =>
    randomNormal<tf.Rank.R4>(shape, { seed: 4, stream: 0, step });
  const [first, second, last] = [
    filter([3, 3, bands, 6], 1),
    filter([3, 3, 6, 6], 2),
    filter([1, 1, 12, 3], 3),
  ];
  return (x: tf.Tensor4D) => {
    const skip = tf.relu(tf.conv2d(x, first, 1, 'same'));
    const deep = tf.relu(tf.conv2d(tf.maxPool(skip, 2, 2, 'valid'), second, 1, 'same'));
    const up = tf.image.resizeNearestNeighbor(deep, [x.shape[1], x.shape[2]]);
    return tf.conv2d(tf.concat([skip, up], 3), last, 1, 'same');
  };
}

const normalization = {
  strategy: 'z_value' as const,
  procedure: 'gpb' as const,
  globalStats: { mean: [0.5, 0.5], std: [0.3, 0.3], min: [0, 0], max: [1, 1] },
};

describe('windows along an axis', () => {
  it.each([
    [1000, 256, 64, 32],
    [1000, 256, 100, 32],
    [257, 256, 64, 1],
    [256, 256, 64, 32],
    [31, 256, 64, 32],
    [500, 64, 32, 32],
    [4096, 256, 64, 32],
  ])(
    'cover %i pixels by windows of %i that share %i, on multiples of %i',
    (length, window, overlap, stride) => {
      const axis = layAxis(length, { window, overlap, stride });
      const padded = Math.ceil(length / stride) * stride;
      expect(axis.starts.every((start) => start % stride === 0)).toBe(true);
      expect(axis.starts[axis.starts.length - 1] + axis.size).toBe(padded);
      for (const [i, start] of axis.starts.entries()) {
        if (i > 0) expect(axis.starts[i - 1] + axis.size - start).toBeGreaterThanOrEqual(overlap);
      }
      for (const margin of [0, Math.floor(axis.overlap / 4), Math.floor(axis.overlap / 2)]) {
        const sums = new Float64Array(padded);
        for (const [w, weights] of axisWeights(axis, margin).entries()) {
          for (const [i, weight] of weights.entries()) {
            sums[axis.starts[w] + i] += weight;
            const inside =
              (w === 0 || i >= margin) && (w === axis.starts.length - 1 || axis.size - i > margin);
            if (!inside) expect(weight).toBe(0);
          }
        }
        expectClose(sums, new Float64Array(padded).fill(1), { abs: 1e-6 });
      }
    },
  );
});

describe('mapScene', () => {
  it('is the same where windows are predicted together, and gives no more of them than it is told', async () => {
    const scene = sceneOf(150, 117);
    scene.data.fill(Number.NaN, 0, 2 * 60 * 150);
    scene.data.fill(Number.NaN, 2 * 90 * 150, 2 * 90 * 150 + 90);
    const source = await sourceOf(scene);
    const network = convolutions(2);
    const sizes: number[] = [];
    const seen = (x: tf.Tensor4D, pass: number) => {
      sizes.push(x.shape[0]);
      return tf.mul(network(x), 1 + pass);
    };
    const options = { window: 48, overlap: 14, stride: 2 };
    // Four windows in a row are two times two where three would fit.
    for (const { passes, batchPixels, most } of [
      { passes: 1, batchPixels: 3 * 48 * 48, most: 2 },
      { passes: 2, batchPixels: 5 * 48 * 48 - 1, most: 4 },
    ]) {
      const one = await mapOf(source, networkPredictor(seen, { normalization, passes }), options);
      expect(new Set(sizes)).toEqual(new Set([1]));
      sizes.length = 0;
      const predict = networkPredictor(seen, { normalization, passes, batchPixels });
      const done: number[] = [];
      const onProgress = (progress: { done: number }) => done.push(progress.done);
      const together = await mapOf(source, predict, { ...options, onProgress });
      expect(Math.max(...sizes)).toBe(most);
      sizes.length = 0;
      expect(done).toEqual(Array.from({ length: together.result.windows }, (_, i) => i + 1));
      expect(together.result).toEqual(one.result);
      expect(together.probabilities.valid).toEqual(one.probabilities.valid);
      expectClose(together.probabilities.data, one.probabilities.data, { abs: 1e-5 });
      expectClose(together.uncertainty.data, one.uncertainty.data, { abs: 1e-5 });
    }
  });

  it('is the prediction in one piece where the network reaches less than half the overlap', async () => {
    const scene = sceneOf(150, 117);
    const source = await sourceOf(scene);
    const network = convolutions(2);
    const predict = networkPredictor(network, { normalization });
    const { result, probabilities, classes, uncertainty } = await mapOf(source, predict, {
      ...{ window: 48, overlap: 14, stride: 2 },
    });
    expect(result.windows).toBeGreaterThan(8);
    // 1 pixel, then a pixel of half the resolution, and the one that the pooling adds.
    expect(result.reach).toBeGreaterThanOrEqual(2);
    expect(result.reach).toBeLessThanOrEqual(4);
    expect(result.seamless).toBe(true);
    const padded = await sourceOf(sceneOf(150, 118));
    const whole = await predict({
      raster: {
        ...(await padded.read({ top: 0, left: 0, height: 118, width: 150 })),
        channels: 2,
        data: mirroredRow(scene),
      },
      top: 0,
      left: 0,
    });
    const expected = whole.probabilities.subarray(0, 150 * 117 * 3);
    expectClose(probabilities.data, expected, { abs: 1e-4 });
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.9);
    const best = Array.from({ length: 150 * 117 }, (_, i) => {
      const values = [...expected.subarray(3 * i, 3 * i + 3)];
      return values.indexOf(Math.max(...values));
    });
    expect(classes.data.filter((value, i) => value !== best[i]).length).toBeLessThan(3);
    const entropies = best.map((_, i) =>
      [0, 1, 2].reduce((sum, c) => sum - expected[3 * i + c] * Math.log(expected[3 * i + c] + 1e-30), 0),
    );
    expectClose(
      uncertainty.data,
      entropies.map((value) => value / Math.log(3)),
      { abs: 1e-3 },
    );
    // Without the margin that the reach asks for it is another map.
    const blended = await mapOf(source, predict, { ...{ window: 48, overlap: 14, stride: 2 }, reach: 0 });
    expect(Math.max(...blended.probabilities.data.map((v, i) => Math.abs(v - expected[i])))).toBeGreaterThan(
      1e-3,
    );
  });

  /** The scene with one row more, the mirror of its last. */
  function mirroredRow({ data, width, bands }: { data: Float32Array; width: number; bands: number }) {
    const whole = new Float32Array(data.length + width * bands);
    whole.set(data);
    whole.set(data.subarray(data.length - width * bands), data.length);
    return whole;
  }

  it('has the noise of the scene s pixels, whatever the windows', async () => {
    const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
    // A denoiser whose features are what it sees, and a head that is a softmax of them.
    const denoiser: FeatureDenoiser<undefined> = Object.assign((x: tf.Tensor) => tf.clone(x), {
      layerNames: ['seen'],
      activations: (x: tf.Tensor) => [tf.clone(x)],
      planActivations: (shape: readonly number[]) => ({ shapes: [[...shape]], peakBytes: 0 }),
    });
    const head: Head = {
      classes: 2,
      dims: 2,
      predict: async (rows) => {
        const odds = Float32Array.from({ length: rows.length / 2 }, (_, i) =>
          Math.exp(rows[2 * i] - rows[2 * i + 1]),
        );
        return Float32Array.from(rows, (_, i) => (i % 2 === 0 ? odds[i >> 1] : 1) / (1 + odds[i >> 1]));
      },
      toJSON: () => ({ type: 'test', classes: 2, dims: 2 }),
    };
    const scene = sceneOf(90, 70);
    const source = await sourceOf(scene);
    const options = { normalization, timesteps: [300], layers: ['seen'], alphaBars, seed: 3 };
    const predict = headPredictor(denoiser, head, options);
    const { result, probabilities } = await expectTensorsKept(0, () =>
      mapOf(source, predict, { classes: 2, window: 32, overlap: 8, stride: 4 }),
    );
    expect(result).toMatchObject({ reach: 0, seamless: true });
    const noise = await pixelNoise([70, 90, 2], { seed: 3 }).data();
    const seen = scene.data.map(
      (value, i) =>
        Math.sqrt(alphaBars[300]) * ((value - 0.5) / 0.3) + Math.sqrt(1 - alphaBars[300]) * noise[i],
    );
    expectClose(probabilities.data, await head.predict(seen), { abs: 1e-4 });
    const even = headPredictor(
      denoiser,
      [head, { ...head, predict: async (rows) => new Float32Array(rows.length).fill(0.5) }],
      options,
    );
    const ensemble = await even({
      raster: { height: 70, width: 90, channels: 2, data: scene.data },
      top: 0,
      left: 0,
    });
    expect(Math.max(...ensemble.uncertainty!)).toBeGreaterThan(0.1);
    expect(() => headPredictor(denoiser, [], options)).toThrow(/classes of the heads is \[\]/);
  });

  it('names the classes of the map, and gives them colours', async () => {
    const source = await sourceOf(sceneOf(4, 3, 1));
    const predict: PredictWindow = ({ raster }) => ({
      probabilities: new Float32Array(raster.data.length * 2).fill(0.5),
    });
    const options = { classes: ['water', 'bare & dry'], stride: 1 };
    const named = await mapOf(source, predict, {
      ...options,
      colours: [
        [0, 0, 255],
        [200, 150, 0],
      ],
    });
    expect(named.classes).toMatchObject({ bandNames: ['0 water, 1 bare & dry'], nodata: 255 });
    expect(named.probabilities.bandNames).toEqual(['water', 'bare & dry']);
    const sink = new MemorySink();
    await mapScene(source, predict, {
      ...options,
      colours: [
        [0, 0, 255],
        [200, 150, 0],
      ],
      outputs: { classes: sink },
    });
    const image = await (await fromArrayBuffer(sink.bytes().buffer as ArrayBuffer)).getImage();
    const map = (await image.fileDirectory.loadValue('ColorMap')) as ArrayLike<number>;
    expect([map[0], map[512], map[1]]).toEqual([0, 65535, 200 * 257]);
    const plain = await mapOf(source, predict, { ...options, classes: 2 });
    expect(plain.classes.bandNames).toBeNull();
    await expect(mapOf(source, predict, { ...options, colours: [[0, 0, 255]] })).rejects.toThrow(
      'mapScene: colours.length is 1; it must be 2, one a class',
    );
  });

  it('fades windows into each other where a prediction depends on all of its window', async () => {
    const source = await sourceOf(sceneOf(200, 40, 1));
    // Each window has odds of its own, far from its neighbours'.
    const predict: PredictWindow = ({ raster, left }) => {
      const mean = raster.data.reduce((sum, value) => sum + value, 0) / raster.data.length;
      const p = (left / 32) % 2 === 0 ? 0.2 : 0.8;
      return {
        probabilities: Float32Array.from(
          { length: raster.data.length * 2 },
          (_, i) => (i % 2 ? 1 - p : p) + mean * 1e-3,
        ),
      };
    };
    const { result, probabilities } = await mapOf(source, predict, {
      classes: 2,
      window: 64,
      overlap: 32,
      stride: 32,
    });
    expect(result).toMatchObject({ reach: Number.POSITIVE_INFINITY, seamless: false });
    const row = Array.from({ length: 200 }, (_, x) => probabilities.data[2 * x]);
    const steps = row.slice(1).map((value, x) => Math.abs(value - row[x]));
    expect(Math.max(...row) - Math.min(...row)).toBeCloseTo(0.6, 1);
    // The margin takes an eighth of both ends: 0.6 over 24 pixels.
    expect(Math.max(...steps)).toBeLessThan(1.05 * (0.6 / 24));
  });

  it('holds the rows of one window, and writes strip by strip', async () => {
    const source = await sourceOf(sceneOf(64, 640, 1));
    const pieces: { rows: number; window: number }[] = [];
    let windows = 0;
    const sink = Object.assign(new MemorySink(), {
      write: async (bytes: Uint8Array) => {
        pieces.push({ rows: bytes.length / 64, window: windows });
      },
    });
    const predict: PredictWindow = ({ raster }) => {
      windows++;
      return { probabilities: new Float32Array(raster.data.length * 2).fill(0.5) };
    };
    await mapScene(source, predict, {
      classes: 2,
      outputs: { classes: sink },
      window: 64,
      overlap: 32,
      reach: 0,
    });
    expect(windows).toBe(19);
    expect(pieces.slice(1).map(({ rows }) => rows)).toEqual([...new Array(18).fill(32), 64]);
    expect(pieces.map(({ window }) => window)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    for (const { height, width } of source.reads) expect(height * width).toBe(64 * 64);
  });

  it('keeps georeference and missing pixels, and predicts no empty window', async () => {
    const scene = sceneOf(100, 70, 2);
    for (let y = 0; y < 70; y++) {
      for (let x = 0; x < 100; x++)
        if (x >= 40 || (x === 5 && y === 6)) scene.data[2 * (y * 100 + x) + (y % 2)] = -9;
    }
    const source = await sourceOf({ ...scene, nodata: -9 });
    let predicted = 0;
    const predict: PredictWindow = ({ raster: { data, height, width } }) => {
      predicted++;
      expect(Number.isNaN(data[2 * (6 * width + 5)]) || predicted > 1).toBe(true);
      return {
        probabilities: Float32Array.from({ length: height * width * 3 }, (_, i) => [0.1, 0.2, 0.7][i % 3]),
      };
    };
    const names = ['water', 'forest', 'ice & snow'];
    const map = await mapOf(source, predict, { classes: names, window: 32, overlap: 8, stride: 8, reach: 2 });
    expect(map.probabilities.bandNames).toEqual(names);
    expect(map.result.windows).toBe(12);
    expect(predicted).toBe(6);
    for (const image of [map.classes, map.probabilities, map.uncertainty]) {
      expect(image).toMatchObject({ width: 100, height: 70, epsg: 32633, transform: scene.transform });
    }
    expect([map.classes.dtype, map.classes.nodata, map.probabilities.bands]).toEqual(['uint8', 255, 3]);
    const isMissing = (pixel: number) => pixel % 100 >= 40 || pixel === 605;
    expect([...map.classes.data].every((value, i) => value === (isMissing(i) ? 255 : 2))).toBe(true);
    expect([...map.uncertainty.data].every((value, i) => Number.isNaN(value) === isMissing(i))).toBe(true);
    expect(map.probabilities.data[2]).toBeCloseTo(0.7, 5);
    expect(map.classes.valid?.[605]).toBe(0);
  });

  it('maps a small scene as one window, and one from http as one from disk', async () => {
    const scene = sceneOf(50, 20);
    const predict = networkPredictor(convolutions(2), { normalization });
    const options = { stride: 2, window: 64 };
    const small = await mapOf(await sourceOf(scene), predict, options);
    expect(small.result).toEqual({ windows: 1, reach: 0, seamless: true });

    const bytes = encodeGeoTiff(sceneOf(150, 117));
    const server = await startChipServer(new Map([['/scene.tif', bytes]]));
    const remote = await openRaster(server.urlOf('/scene.tif'));
    const tiled = { window: 48, overlap: 14, stride: 2 };
    const fromHttp = await mapOf(remote, predict, tiled);
    remote.close();
    await server.close();
    const fromMemory = await mapOf(await sourceOf(sceneOf(150, 117)), predict, tiled);
    expect(fromHttp.probabilities.data).toEqual(fromMemory.probabilities.data);
  });

  it('writes files that are whole or not there, and stops by its signal', async () => {
    const source = await sourceOf(sceneOf(100, 70, 2));
    const predict = networkPredictor(convolutions(2), { normalization });
    const files = ['classes', 'probabilities', 'uncertainty'].map((name) =>
      path.join(folder, `run/${name}.tif`),
    );
    const outputsOf = () => {
      const [classes, probabilities, uncertainty] = files.map((file) => mapFile(file));
      return { classes, probabilities, uncertainty };
    };
    const options = { classes: 3, window: 32, overlap: 8, stride: 2 };
    const abort = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done === 5) abort.abort();
    };
    await expectTensorsKept(0, () =>
      expect(
        mapScene(source, predict, { ...options, outputs: outputsOf(), onProgress, signal: abort.signal }),
      ).rejects.toThrow(/mapScene: stopped before window 6 of/),
    );
    expect(await readdir(path.join(folder, 'run'))).toEqual([]);
    await mapScene(source, predict, { ...options, outputs: outputsOf() });
    expect(files.every((file) => existsSync(file))).toBe(true);
    const inMemory = await mapOf(source, predict, options);
    const { data } = await decodeGeoTiff(await readFile(files[1]));
    expect(data).toEqual(inMemory.probabilities.data);
    await expect(
      mapScene(source, predict, { ...options, outputs: { classes: mapFile(path.join(files[0], 'x.tif')) } }),
    ).rejects.toThrow(/mapFile: cannot write/);
  });

  it('tells what is wrong with options and predictions', async () => {
    const source = await sourceOf(sceneOf(64, 64, 1));
    const even: PredictWindow = ({ raster }) => ({
      probabilities: new Float32Array(raster.data.length * 3).fill(1 / 3),
    });
    const call = (options: Partial<MapSceneOptions>, predict = even) => mapOf(source, predict, options);
    await expect(call({ window: 100 })).rejects.toThrow(
      /window is 100; it must be a multiple of the stride, 32/,
    );
    await expect(call({ overlap: 200 })).rejects.toThrow(/overlap is 200.*from 0 to 128/);
    await expect(call({ classes: 1 })).rejects.toThrow(/classes is 1/);
    await expect(call({ outputs: {} })).rejects.toThrow(/outputs is {}/);
    await expect(call({}, () => ({ probabilities: new Float32Array(5) }))).rejects.toThrow(
      /row 0, column 0 has 5 probabilities and no uncertainties; 4096 pixels of 3 classes have 12288/,
    );
    await expect(
      call({}, ({ raster }) => ({
        probabilities: new Float32Array(raster.data.length * 3).fill(Number.NaN),
      })),
    ).rejects.toThrow(/is NaN where the scene has a value/);
    await expect(
      call(
        {},
        networkPredictor((x) => tf.mean(x, [1, 2], true), { normalization: { procedure: 'lab' } }),
      ),
    ).rejects.toThrow(/networkPredictor: predict gives \[1,1,1,1\] for an image \[1, 64, 64, channels\]/);
  });
});

describe('geoTiffHeader', () => {
  it('is that of a BigTIFF above 4 GiB', async () => {
    const layout = {
      width: 40_000,
      height: 30_000,
      bands: 1,
      dtype: 'float32' as const,
      rowsPerStrip: 32,
      epsg: 4326,
    };
    const header = geoTiffHeader('test', layout);
    const file = path.join(folder, 'big.tif');
    const handle = await open(file, 'w');
    await handle.write(header);
    const last = Float32Array.of(7, 8);
    const size = header.length + 4 * layout.width * layout.height;
    await handle.write(new Uint8Array(last.buffer), 0, 8, size - 8);
    await handle.close();
    const raster = await openRaster(file);
    expect(raster.info).toMatchObject({ width: 40_000, height: 30_000, epsg: 4326, dtype: 'float32' });
    const { data } = await raster.read({ top: 29_999, left: 39_997, height: 1, width: 3 });
    expect([...data]).toEqual([0, 7, 8]);
    raster.close();
    await rm(file);
  });
});

describe('combineMembers', () => {
  it('has the mean and the disagreement', () => {
    const sure = combineMembers([Float32Array.of(1, 0, 0), Float32Array.of(1, 0, 0)], 3);
    expect([...sure.uncertainty]).toEqual([0]);
    const apart = combineMembers([Float32Array.of(1, 0, 0), Float32Array.of(0, 0, 1)], 3);
    expect([...apart.probabilities]).toEqual([0.5, 0, 0.5]);
    expect(apart.uncertainty[0]).toBeCloseTo(1, 6);
    // Both unsure, and of one mind.
    expect(
      combineMembers([Float32Array.of(0.5, 0.5), Float32Array.of(0.5, 0.5)], 2).uncertainty[0],
    ).toBeCloseTo(0, 6);
    expect(() => combineMembers([], 2)).toThrow(/members is \[\]/);
    expect(() => combineMembers([new Float32Array(4), new Float32Array(2)], 2)).toThrow(
      /members is \[4, 2\]/,
    );
  });
});
