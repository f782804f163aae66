import * as tf from '@tensorflow/tfjs-core';
import type { BlobRaster } from 'diffusion-ssl/data';
import { encodeGeoTiff, openRasterBlob } from 'diffusion-ssl/data';
import { stackFeatures } from 'diffusion-ssl/features';
import { inferenceModel, unet2d, unetAttD } from 'diffusion-ssl/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { LabelHistory } from '../../examples/browser/page/map/LabelHistory.js';
import { MapState } from '../../examples/browser/page/map/MapState.js';
import { chooseLayers } from '../../examples/browser/worker/map/chooseLayers.js';
import { chooseLayout } from '../../examples/browser/worker/map/chooseLayout.js';
import { KeptFeatures, planOf } from '../../examples/browser/worker/map/KeptFeatures.js';
import { layOut } from '../../examples/browser/worker/map/layOut.js';
import type { MapNetwork } from '../../examples/browser/worker/map/openNetwork.js';
import { openScene } from '../../examples/browser/worker/map/openScene.js';
import { placesOf } from '../../examples/browser/worker/map/places.js';
import { readCoarser } from '../../examples/browser/worker/map/readCoarser.js';
import { rowAt } from '../../examples/browser/worker/map/rowAt.js';
import { startTestBackend } from '../support/backend.js';
import { smoothPixels } from '../support/chips.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const fileOf = (name: string, bands: number, [height, width]: [number, number]) => {
  const data = Uint16Array.from(smoothPixels(bands, 1, [height, width]));
  const bytes = encodeGeoTiff({ width, height, bands, data });
  return new File([bytes as Uint8Array<ArrayBuffer>], name);
};
const sceneOf = (files: File[]) => openScene({ choice: { kind: 'files', files }, onPlan: () => {} });
const ONE_EACH = [1, 1, 1, 1, 1, 1];

describe('a scene that is read coarser', () => {
  it('has the means of the valid pixels, also where blocks end with the image', async () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, Number.NaN, 7, 8, 9, 10, Number.NaN, Number.NaN, 13, 14, 15);
    const bytes = encodeGeoTiff({ width: 5, height: 3, bands: 1, data });
    const file = await openRasterBlob(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    const { width, height, data: means } = await readCoarser('x.tif', file, 2);
    expect([width, height]).toEqual([3, 2]);
    expect([...means]).toEqual([Math.fround(10 / 3), (3 + 4 + 8 + 9) / 4, 7.5, Number.NaN, 13.5, 15]);
  });

  it('is read in parts of few rows, whose means are those of the whole', async () => {
    const file = await openRasterBlob(fileOf('a.tif', 2, [31, 20]));
    const whole = await readCoarser('a.tif', file, 3);
    const parts: number[] = [];
    // An image so wide that no more rows than a few are held at once.
    const read: BlobRaster['read'] = async (part, options) => {
      parts.push((part as { height: number }).height);
      return file.read(part, options);
    };
    const wide = await readCoarser('a.tif', { info: { ...file.info, bands: 50_000 }, read }, 3);
    expect(Math.max(...parts)).toBeLessThan(31);
    expect(parts.reduce((sum, rows) => sum + rows)).toBe(31);
    expect(wide.height).toBe(whole.height);
  });
});

describe('the sheet', () => {
  it('lays images out without one over another', () => {
    const sizes = [
      [3, 2],
      [5, 4],
      [1, 1],
    ].map(([width, height]) => ({ width, height }));
    const { images, width, height } = layOut(sizes);
    expect([width, height]).toEqual([12, 10]);
    expect(images.map(({ top, left }) => [top, left])).toEqual([
      [0, 0],
      [0, 7],
      [6, 0],
    ]);
  });

  it('takes as many images as 1,024² pixels hold, and says how many are left out', async () => {
    const scene = await sceneOf([
      fileOf('a.tif', 1, [1024, 1000]),
      fileOf('b.tif', 1, [300, 300]),
      fileOf('c.tif', 1, [20, 20]),
    ]);
    expect(scene.info.images.map(({ name }) => name)).toEqual(['a.tif', 'c.tif']);
    expect(scene.info.problems).toEqual(['1 of 3 images are left out: a scene has 1,024 × 1,024 pixels.']);
  });

  it('knows how places are said', () => {
    const image = (epsg: number | null, transform = true) => ({
      coarser: 1,
      info: { epsg, transform: transform ? ([1, 0, 0, 0, -1, 0] as never) : null },
    });
    expect(placesOf([image(4326), image(32760), image(32601), image(3857)])).toBe('lonlat');
    expect(placesOf([image(2154)])).toBe('crs');
    expect([placesOf([image(32661)]), placesOf([image(32600)])]).toEqual(['crs', 'crs']);
    expect(placesOf([image(2154), image(32633)])).toBe('pixels');
    expect(placesOf([image(4326), image(4326, false)])).toBe('pixels');
    expect(placesOf([image(null)])).toBe('pixels');
  });
});

describe('features of a scene', () => {
  it('are those of the finest layers before the prediction, and of a clean image the prediction itself', () => {
    const cells = inferenceModel(
      unetAttD({ filterConfig: [4, 4, 4, 4, 4, 4], blockNum: ONE_EACH, patchSize: 2 }),
    ).denoiser;
    expect(chooseLayers(cells, [1, 64, 64, 4], true)).toEqual(['pixels', 'conv5']);
    expect(chooseLayers(cells, [1, 64, 64, 4], false)).toEqual(['conv5']);
    const plain = inferenceModel(unetAttD({ filterConfig: [4, 4, 4, 4, 4, 4], blockNum: ONE_EACH })).denoiser;
    expect(chooseLayers(plain, [1, 64, 64, 4], false)).toEqual(['conv5']);
    const diffusers = inferenceModel(
      unet2d({
        sampleSize: 32,
        blockOutChannels: [8, 8],
        normNumGroups: 4,
        layersPerBlock: 1,
        inChannels: 2,
        downBlockTypes: ['DownBlock2D', 'DownBlock2D'],
        upBlockTypes: ['UpBlock2D', 'UpBlock2D'],
      }),
    ).denoiser;
    const [layer] = chooseLayers(diffusers, [1, 32, 32, 2], false);
    const { shapes } = diffusers.planActivations([1, 32, 32, 2], [layer]);
    expect(shapes[0].slice(0, 3)).toEqual([1, 32, 32]);
    expect(layer).not.toBe(diffusers.layerNames.at(-1));
  });

  it('of a pixel are those of the stacked maps', async () => {
    const maps = [
      [1, 12, 20, 3],
      [1, 6, 10, 2],
      [1, 3, 5, 4],
    ].map((shape, i) => ({ name: String(i), timestep: 0, map: tf.randomNormal(shape, 0, 1, 'float32', i) }));
    const stacked = (await stackFeatures(maps).data()) as Float32Array;
    for (const [row, column] of [
      [0, 0],
      [11, 19],
      [5, 13],
    ]) {
      const own = await rowAt(maps, { size: [12, 20], row, column });
      const at = (row * 20 + column) * 9;
      expectClose(own, stacked.subarray(at, at + 9), { abs: 1e-5 });
    }
  });

  it('are taken of as many windows as was said, in the memory that was said, and given back', async () => {
    const scene = await sceneOf([fileOf('a.tif', 2, [150, 330]), fileOf('b.tif', 2, [40, 40])]);
    const { denoiser } = inferenceModel(
      unetAttD({ filterConfig: [4, 4, 4, 4, 4, 4], blockNum: ONE_EACH, inChannels: 2 }),
    );
    const plan = {
      network: { denoiser, bands: [{}, {}] } as unknown as MapNetwork,
      features: {
        ...{ timesteps: [0], layers: ['conv5', 'conv4'], noise: 'none' as const },
        normalization: { strategy: 'min_max' as const, procedure: 'lab' as const },
      },
      layout: { window: 128, overlap: 32, stride: 32, reach: 128 },
    };
    const said = planOf(scene, plan);
    expect(said).toMatchObject({ windows: 2 * 4 + 1, windowSize: [128, 128], channels: 8 });
    const before = tf.memory();
    const progress: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => {
      expect(total).toBe(said.windows);
      progress.push(done);
    };
    const kept = await KeptFeatures.take(scene, plan, { onProgress, signal: new AbortController().signal });
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const taken = tf.memory();
    expect(taken.numTensors - before.numTensors).toBe(2 * said.windows);
    expect(taken.numBytes - before.numBytes).toBe(said.keptBytes);
    kept.dispose();
    expect(tf.memory().numBytes).toBe(before.numBytes);

    const stop = new AbortController();
    const stopped = KeptFeatures.take(scene, plan, { onProgress: () => stop.abort(), signal: stop.signal });
    await expect(stopped).rejects.toThrow();
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });
});

describe('the windows of a scene', () => {
  const layoutOf = async (filters: number[], size: [number, number]) => {
    const { denoiser } = inferenceModel(
      unetAttD({ filterConfig: filters as [], blockNum: ONE_EACH as [], inChannels: 1 }),
    );
    const scene = await sceneOf([fileOf('a.tif', 1, size)]);
    const network = { denoiser, stride: 32 } as unknown as MapNetwork;
    const features = { timesteps: [0], layers: ['conv5'], noise: 'none' as const, normalization: {} };
    return chooseLayout(scene, { network, features }).layout;
  };

  it('are one where the network has room for it, else those of the fewest pixels', async () => {
    const tiny = [4, 4, 4, 4, 4, 4];
    expect(await layoutOf(tiny, [300, 500])).toEqual({ window: 512, overlap: 64, stride: 32, reach: 512 });
    expect(await layoutOf(tiny, [20, 20])).toEqual({ window: 32, overlap: 0, stride: 32, reach: 32 });
    // One window of 1,024² would take 64 times 1,024² floats and more.
    const wide = [64, 8, 8, 8, 8, 8];
    expect((await layoutOf(wide, [1000, 1000])).window).toBe(256);
    expect((await layoutOf(wide, [100, 500])).window).toBe(512);
  });
});

describe('points and classes', () => {
  it('can be undone one by one, and what is undone is forgotten after another change', () => {
    const labels = (count: number) => ({ classes: [], points: Array(count).fill({ x: 0, y: 0, label: 0 }) });
    const history = new LabelHistory(labels(0));
    history.push(labels(1));
    history.push(labels(2));
    history.undo();
    expect([history.value.points.length, history.canUndo, history.canRedo]).toEqual([1, true, true]);
    history.push(labels(5));
    history.redo();
    expect([history.value.points.length, history.canRedo]).toEqual([5, false]);
    for (let i = 0; i < 5; i++) history.undo();
    expect([history.value.points.length, history.canUndo]).toEqual([0, false]);
  });

  it('are one at a place: a second one gives the place its class, one moved there takes it over', () => {
    const state = new MapState();
    state.place(1, 2);
    state.setActive(1);
    state.place(1, 2);
    expect(state.labels.points).toEqual([{ x: 1, y: 2, label: 1 }]);
    state.place(5, 5);
    state.move(0, 5, 5);
    expect(state.labels.points).toEqual([{ x: 5, y: 5, label: 1 }]);
    expect([state.chosen, state.unsaved]).toEqual([0, true]);
    state.markSaved();
    expect(state.unsaved).toBe(false);
    state.removeClass(0);
    expect(state.labels.points).toEqual([{ x: 5, y: 5, label: 0 }]);
  });
});
