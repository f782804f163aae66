import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { attentionMaps, unetAttD, vit } from 'diffusion-ssl/models';
import { fromPretrained, savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import { decode } from 'fast-png';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { HeadCorrelations } from '../src/attention/HeadCorrelations.js';
import { attention } from '../src/commands/attention.js';

const folder = mkdtempSync(path.join(tmpdir(), 'attention-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
const [WIDTH, HEIGHT, PATCH] = [72, 40, 8];
const config = { imgSize: 32, patchSize: PATCH, inChans: 2, embedDim: 12, depth: 2, numHeads: 3, seed: 4 };
const transform: [number, number, number, number, number, number] = [10, 0, 500_000, 0, -10, 4_600_000];
/** Bright in the west, where the class is 1; a column has no value, and a row no label. */
const image = Float32Array.from({ length: WIDTH * HEIGHT * 2 }, (_, i) => {
  const [row, column] = [Math.floor(i / 2 / WIDTH), Math.floor(i / 2) % WIDTH];
  if (column === 70) return Number.NaN;
  return (column < 30 ? 3 : 0) + Math.sin(row / 4 + (i % 2)) + Math.cos(column / 3);
});
const labels = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
  i < WIDTH ? 255 : Number(i % WIDTH < 30) + 2 * Number(i > WIDTH * 30),
);

async function saveVit() {
  const model = vit(config);
  for (const weight of model.weights) {
    if (/qkv.weight|cls_token/.test(weight.name)) weight.write(tf.mul(weight.read(), 12));
  }
  await savePretrained(model, folderFiles(at('vit')), {
    factory: 'vit',
    config,
    bands: [{ name: 'VV' }, { name: 'VH' }],
    normalization: { strategy: 'z_value', procedure: 'gpb', globalStats: { mean: [1, 1], std: [2, 2] } },
    size: [32, 32],
  });
  model.dispose();
}

beforeAll(async () => {
  for (const name of ['log', 'error', 'warn'] as const)
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await startTestBackend();
  const place = { epsg: 32633, transform, width: WIDTH, height: HEIGHT };
  const bandNames = ['VV', 'VH'];
  writeFileSync(
    at('scene.tif'),
    encodeGeoTiff({ ...place, bands: 2, bandNames, data: image, nodata: Number.NaN }),
  );
  writeFileSync(at('labels.tif'), encodeGeoTiff({ ...place, bands: 1, data: labels, nodata: 255 }));
  // Height, of pixels twice as large.
  const height = Float32Array.from({ length: 36 * 20 }, (_, i) => i % 36);
  const coarse = {
    ...place,
    width: 36,
    height: 20,
    transform: [20, 0, 500_000, 0, -20, 4_600_000] as typeof transform,
  };
  writeFileSync(at('height.tif'), encodeGeoTiff({ ...coarse, bands: 1, data: height }));
  // Another raster of the same name, which is not to be taken for the same.
  mkdirSync(at('other'));
  const falling = height.map((value) => -value);
  writeFileSync(at('other', 'height.tif'), encodeGeoTiff({ ...coarse, bands: 1, data: falling }));
  await saveVit();
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** Pearson's coefficient as the books have it, of pairs that both have. */
function pearson(a: number[], b: number[]): number {
  const kept = a.map((value, i) => [value, b[i]]).filter((pair) => pair.every(Number.isFinite));
  const mean = (k: number) => kept.reduce((sum, pair) => sum + pair[k], 0) / kept.length;
  const [ma, mb] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number) =>
    kept.reduce((all, [x, y]) => all + of(x - ma, y - mb), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

describe('attention', () => {
  it('writes heads at full size, over the scene, and what they go with', async () => {
    const labelled = [
      '--labels',
      at('labels.tif'),
      '--classes',
      'sea|land|ice|rock',
      '--rasters',
      at('height.tif'),
      at('other', 'height.tif'),
    ];
    await attention([at('vit'), at('scene.tif'), '--out', at('map.tif'), ...labelled]);
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    const map = await decodeGeoTiff(readFileSync(at('map.tif')));
    expect([map.width, map.height, map.bandNames, map.transform]).toEqual([
      ...[WIDTH, HEIGHT],
      ...[['head 1', 'head 2', 'head 3', 'mean'], transform],
    ]);
    const of = (k: number) => Array.from({ length: WIDTH * HEIGHT }, (_, i) => map.data[i * 4 + k]);
    expect(of(0).filter(Number.isNaN)).toHaveLength(HEIGHT);
    expect(Math.max(...of(1).filter(Number.isFinite))).toBeGreaterThan(1.2);
    const [header, ...lines] = readFileSync(at('map-correlations.csv'), 'utf8').trimEnd().split('\n');
    expect(header).toBe('head,of,correlation,pixels');
    const table = new Map(
      lines.map((line) => line.split(',')).map(([head, what, value]) => [`${head} ${what}`, Number(value)]),
    );
    expect(table.size).toBe(4 * (2 + 4 + 2));
    const isLand = [...labels].map((label) => (label === 255 ? Number.NaN : Number(label === 1)));
    const east = Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
      const column = Math.min(Math.max(((i % WIDTH) - 0.5) / 2, 0), 35);
      return column;
    });
    const vh = Array.from({ length: WIDTH * HEIGHT }, (_, i) => image[2 * i + 1]);
    for (const [k, head] of ['head 1', 'head 2', 'head 3', 'mean'].entries()) {
      expect(table.get(`${head} land`)).toBeCloseTo(pearson(of(k), isLand), 3);
      expect(table.get(`${head} VH`)).toBeCloseTo(pearson(of(k), vh), 3);
      expect(table.get(`${head} ${at('height.tif')}`)).toBeCloseTo(pearson(of(k), east), 3);
      expect(table.get(`${head} ${at('other', 'height.tif')}`)).toBeCloseTo(-pearson(of(k), east), 3);
    }
    expect(Math.abs(table.get('mean VH')!)).toBeGreaterThan(0.05);
    expect(said.join('\n')).toMatch(/head 1 goes with: .* -?0\.\d\d/);
    const picture = decode(readFileSync(at('map-overlay.png')));
    expect(picture.width).toBeGreaterThan(3 * WIDTH);
    expect(new Set(picture.data).size).toBeGreaterThan(50);
  });

  it('is that of the whole scene where it fits into a window, of any block', async () => {
    await attention([at('vit'), at('scene.tif'), '--out', at('one.tif'), '--window', '72', '--block', '-2']);
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    const { data } = await decodeGeoTiff(readFileSync(at('one.tif')));
    // Missing is the mean.
    await startTestBackend();
    const { model } = await fromPretrained(folderFiles(at('vit')));
    const scaled = image.map((value) => (Number.isNaN(value) ? 0 : (value - 1) / 2));
    const maps = await attentionMaps(model, tf.tensor4d(scaled, [1, HEIGHT, WIDTH, 2]), { block: 0 }).array();
    // Between four centres of patches.
    const expected = [2, 3].flatMap((row) => [4, 5].map((column) => maps[0][row][column][1] * 45));
    const mean = expected.reduce((sum, value) => sum + value / 4, 0);
    const corners = [23, 24].flatMap((row) => [39, 40].map((column) => data[(row * WIDTH + column) * 4 + 1]));
    expect(corners.reduce((sum, value) => sum + value / 4, 0)).toBeCloseTo(mean, 3);
    model.dispose();
  });

  it('refuses other networks, windows that are none, and rasters that it cannot place', async () => {
    const failure = async (...args: string[]) => {
      await attention([...args, '--out', at('none.tif')]);
      expect(process.exitCode).toBe(1);
      expect(existsSync(at('none.tif'))).toBe(false);
      return said.at(-1);
    };
    await startTestBackend();
    const filterConfig = [4, 4, 4, 4, 4, 4];
    const unet = unetAttD({ inChannels: 2, filterConfig });
    await savePretrained(unet, folderFiles(at('unet')), {
      ...{ factory: 'unetAttD', config: { inChannels: 2, filterConfig }, bands: [{}, {}] },
    });
    unet.dispose();
    expect(await failure(at('unet'), at('scene.tif'))).toMatch(/holds a network of unetAttD/);
    expect(await failure(at('vit'), at('scene.tif'), '--window', '20')).toMatch(
      /--window is 20; .* patches' side, 8/,
    );
    expect(await failure(at('vit'), at('labels.tif'))).toMatch(
      /the network takes 2 bands \(VV, VH\); .* have 1/,
    );
    expect(await failure(at('vit'), at('scene.tif'), '--block', '2')).toMatch(/block/);
  });
});

it('correlates nothing with what does not vary', () => {
  const found = new HeadCorrelations(['one']);
  found.add('flat', [1, 2, 3], [5, 5, 5]);
  found.add('falling', [1, 2, 3, Number.NaN], [3, 2, 1, 100]);
  found.addClasses([1, 2, 3], Int32Array.of(0, 0, 1));
  const results = found.results((label) => `class ${label}`);
  expect(results.map(({ of, correlation, pixels }) => [of, correlation, pixels])).toEqual([
    ['flat', Number.NaN, 3],
    ['falling', expect.closeTo(-1, 12), 3],
    ['class 0', expect.closeTo(-Math.sqrt(3) / 2, 12), 3],
    ['class 1', expect.closeTo(Math.sqrt(3) / 2, 12), 3],
  ]);
});
