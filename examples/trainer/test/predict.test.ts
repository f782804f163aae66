import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeGeoTiff, encodeGeoTiff, type GeoTiff } from 'diffusion-ssl/data';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startChipServer } from '../../../test/data/chipServer.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { predict } from '../src/commands/predict.js';
import { probe } from '../src/commands/probe.js';
import { openPredictor } from '../src/predicting/openPredictor.js';
import { CLASSES, planted, SIDE, saveSmallModel, transformOf, writeLabelledChips } from './labelledChips.js';

const folder = mkdtempSync(path.join(tmpdir(), 'predict-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
const read = async (file: string) => decodeGeoTiff(readFileSync(at(file)));
const [width, height] = [150, 117];
let scene: ReturnType<typeof planted>;

beforeAll(async () => {
  for (const name of ['log', 'error', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  }
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(100);
  await startTestBackend();
  const catalog = writeLabelledChips(at('chips'), { train: 6, validate: 3 });
  await saveSmallModel(at('model'));
  await saveSmallModel(at('other'), 5);
  const fit = async (model: string, out: string, more: string[]) => {
    await probe([
      at(model),
      '--catalog',
      catalog,
      '--out',
      at(out),
      '--timesteps',
      '0',
      '--max-rows',
      '1000',
      ...more,
    ]);
  };
  const colours = ['--classes', CLASSES.join('|'), '--colours', '#102030|#00ff00|#ffffff'];
  // The first block of the encoder looks no farther than some pixels.
  await fit('model', 'near', ['--layers', 'encoder_1', ...colours]);
  await fit('model', 'deep', ['--layers', 'conv5', ...colours]);
  await fit('other', 'another', ['--layers', 'conv5', ...colours]);
  await fit('model', 'groups', ['--layers', 'conv5', '--labels', 'groups', '--task', 'groups']);
  scene = planted(width, height, 2);
  const place = { width, height, bands: 2, epsg: 32633, transform: transformOf(0), bandNames: ['a', 'b'] };
  writeFileSync(at('scene.tif'), encodeGeoTiff({ ...place, data: scene.data }));
  const swapped = scene.data.map((_, i) => scene.data[i ^ 1]);
  writeFileSync(at('swapped.tif'), encodeGeoTiff({ ...place, data: swapped, bandNames: ['b', 'a'] }));
  writeFileSync(
    at('unnamed.tif'),
    encodeGeoTiff({ ...place, data: scene.data.map((v) => 1000 * v), bandNames: null }),
  );
  writeFileSync(at('wrong.tif'), encodeGeoTiff({ ...place, data: scene.data, bandNames: ['b', 'c'] }));
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** The largest difference of two maps of probabilities. */
const apart = (a: GeoTiff, b: ArrayLike<number>) =>
  Math.max(...a.data.map((value, i) => Math.abs(value - b[i])));

describe('predict', () => {
  const windows = ['--window', '64', '--overlap', '32'];

  it('maps a scene as in one piece where the layers look no farther than the overlap', async () => {
    const wide = ['--window', '128', '--overlap', '64'];
    await predict([at('near'), at('scene.tif'), '--out', at('tiled.tif'), '--probabilities', ...wide]);
    expect(process.exitCode).toBeUndefined();
    expect(said.at(-2)).toMatch(/^150 × 117 pixels in 2 windows, as in one piece/);
    const tiled = await read('tiled-probabilities.tif');
    expect(tiled).toMatchObject({ bandNames: CLASSES, epsg: 32633, transform: transformOf(0) });
    // One window of the whole scene, its last pixels mirrored to 160 × 128.
    await startTestBackend();
    const predictor = await openPredictor(at('near'), 1);
    const [across, down] = [160, 128];
    const data = new Float32Array(2 * across * down);
    const mirrored = (i: number, length: number) => (i < length ? i : 2 * length - 1 - i);
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        const from = 2 * (mirrored(y, height) * width + mirrored(x, width));
        data.set(scene.data.subarray(from, from + 2), 2 * (y * across + x));
      }
    }
    const whole = await predictor.window({
      raster: { width: across, height: down, channels: 2, data },
      top: 0,
      left: 0,
    });
    predictor.dispose();
    const expected = Float32Array.from(
      { length: 3 * width * height },
      (_, i) =>
        whole.probabilities[3 * (Math.floor(i / 3 / width) * across + (Math.floor(i / 3) % width)) + (i % 3)],
    );
    expect(apart(tiled, expected)).toBeLessThan(1e-4);
    const map = await read('tiled.tif');
    const right = map.data.filter((label, i) => label === scene.labels[i]).length / map.data.length;
    expect(right).toBeGreaterThan(0.8);
  });

  it('colours and names the classes, and shows scene, map and uncertainty', async () => {
    await predict([at('deep'), at('scene.tif'), '--out', at('map.tif'), '--uncertainty', ...windows]);
    expect(said.at(-2)).toMatch(/which fade into each other/);
    expect(said.at(-1)).toContain('map-uncertainty.tif');
    const bytes = readFileSync(at('map.tif'));
    const tags = new Map<number, number>();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = 0; i < view.getUint16(8, true); i++) {
      const entry = 10 + 12 * i;
      tags.set(view.getUint16(entry, true), view.getUint32(entry + 8, true));
    }
    expect(tags.get(262)! & 0xffff).toBe(3);
    const colour = (k: number) =>
      [0, 1, 2].map((part) => view.getUint16(tags.get(320)! + 2 * (256 * part + k), true) >> 8);
    expect([0, 1, 2].map(colour)).toEqual([
      [16, 32, 48],
      [0, 255, 0],
      [255, 255, 255],
    ]);
    expect(readFileSync(at('map.tif.aux.xml'), 'utf8')).toMatch(
      /<Category>low<\/Category>\s*<Category>middle<\/Category>\s*<Category>high</,
    );
    const { data, nodata } = await read('map.tif');
    expect(nodata).toBe(255);
    expect(new Set(data)).toEqual(new Set([0, 1, 2]));
    const uncertainty = (await read('map-uncertainty.tif')).data;
    expect(Math.max(...uncertainty)).toBeGreaterThan(0.3);
    expect(statSync(at('map-preview.png')).size).toBeGreaterThan(3000);
    // What is between two classes is less sure than what is right by far.
    const mean = (wanted: boolean) => {
      const own = uncertainty.filter((_, i) => (data[i] === scene.labels[i]) === wanted);
      return [...own].reduce((a, b) => a + b) / own.length;
    };
    expect(mean(false)).toBeGreaterThan(1.3 * mean(true));
  });

  it('takes a scene from http, its bands by name, and several heads', async () => {
    const server = await startChipServer(new Map([['/scene.tif', readFileSync(at('scene.tif'))]]));
    await predict([at('deep'), server.urlOf('/scene.tif'), '--out', at('remote.tif'), ...windows]);
    await server.close();
    expect(process.exitCode).toBeUndefined();
    await predict([at('deep'), at('scene.tif'), '--out', at('local.tif'), ...windows]);
    await predict([at('deep'), at('swapped.tif'), '--out', at('swapped-map.tif'), ...windows]);
    const local = await read('local.tif');
    expect((await read('remote.tif')).data).toEqual(local.data);
    expect((await read('swapped-map.tif')).data).toEqual(local.data);

    const both = ['--with', at('another'), '--probabilities', '--uncertainty', ...windows];
    await predict([at('deep'), at('scene.tif'), '--out', at('both.tif'), ...both]);
    for (const [name, head] of [
      ['one', 'deep'],
      ['two', 'another'],
    ]) {
      await predict([at(head), at('scene.tif'), '--out', at(`${name}.tif`), '--probabilities', ...windows]);
    }
    const [one, two] = [await read('one-probabilities.tif'), await read('two-probabilities.tif')];
    const mean = Float32Array.from(one.data, (value, i) => (value + two.data[i]) / 2);
    expect(apart(await read('both-probabilities.tif'), mean)).toBeLessThan(1e-4);
    expect(apart(one, two.data)).toBeGreaterThan(0.05);
    const { data } = await read('both-uncertainty.tif');
    expect(Math.max(...data)).toBeGreaterThan(0.01);
  });

  it('maps a folder, leaves what is there if asked, and tells of whole images in a table', async () => {
    await predict([at('deep'), at('chips/images'), '--out', at('maps')]);
    expect(said.at(-1)).toBe(`9 maps in ${at('maps')}`);
    const map = await read('maps/train1.tif');
    expect(map).toMatchObject({ width: SIDE, height: SIDE, transform: transformOf(1) });
    rmSync(at('maps/train1.tif.aux.xml'));
    await predict([at('deep'), at('chips/images'), '--out', at('maps'), '--resume']);
    expect(said.at(-1)).toBe(`1 maps in ${at('maps')}, beside 8 that were there`);

    await predict([at('groups'), at('chips/images'), '--out', at('table.csv')]);
    const lines = readFileSync(at('table.csv'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('image,classes,high,low,middle');
    const right = lines.slice(1).map((line, i) => {
      const [, said] = line.split(',');
      const { labels } = planted(SIDE, SIDE, i);
      const present = CLASSES.filter((_, k) => labels.filter((one) => one === k).length > labels.length / 3);
      return said.split(' ').sort().join() === present.sort().join();
    });
    expect(right.filter(Boolean).length).toBeGreaterThan(5);
  });

  it('refuses other bands, says where units are others, and leaves nothing half written', async () => {
    await predict([at('deep'), at('wrong.tif'), '--out', at('refused.tif')]);
    expect(said.at(-1)).toMatch(/^error: .*wrong\.tif/);
    expect(process.exitCode).toBe(1);
    await predict([at('deep'), at('unnamed.tif'), '--out', at('far.tif'), ...windows]);
    expect(said.join('\n')).toMatch(
      /unnamed\.tif: band a is \d\d\d\d? on average in its middle; .* with 2 ± 1\.3\./,
    );
    await predict([at('deep'), at('scene.tif'), '--out', at('refused.tif'), '--window', '50']);
    expect(said.at(-1)).toMatch(/window is 50; it must be a multiple of the stride, 32/);
    await predict([at('deep'), at('scene.tif'), '--out', at('refused.tif'), '--after', at('scene.tif')]);
    expect(said.at(-1)).toBe('error: --after goes with change.');
    await predict([at('deep'), at('scene.tif'), '--out', at('refused.tif'), '--with', at('groups')]);
    expect(said.at(-1)).toMatch(/--with takes heads of the same task/);
    await predict([at('chips'), at('scene.tif'), '--out', at('refused.tif')]);
    expect(said.at(-1)).toMatch(/chips holds no head\.json/);
    // The network changed under the head.
    await startTestBackend();
    await saveSmallModel(at('changing'));
    writeFileSync(
      at('moved.json'),
      readFileSync(at('deep/head.json'), 'utf8').replace('../model', 'changing'),
    );
    await saveSmallModel(at('changing'), 9);
    await predict([at('moved.json'), at('scene.tif'), '--out', at('refused.tif')]);
    expect(said.at(-1)).toMatch(/changing is not the one that .*moved\.json was fitted to/);
    expect(existsSync(at('refused.tif'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
