import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { readSafetensors } from 'diffusion-ssl/interop';
import proj4 from 'proj4';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { features } from '../src/commands/features.js';
import { probe } from '../src/commands/probe.js';
import { principalComponents } from '../src/features/principalComponents.js';
import { type ProbeFile, readHeadFile } from '../src/heads/HeadFile.js';
import { CLASSES, planted, SIDE, saveSmallModel, transformOf, writeLabelledChips } from './labelledChips.js';

const folder = mkdtempSync(path.join(tmpdir(), 'probe-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
let catalog: string;

beforeAll(async () => {
  for (const name of ['log', 'error', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  }
  // Each command listens to signals.
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(100);
  await startTestBackend();
  catalog = writeLabelledChips(at('chips'), { train: 8, validate: 4, test: 3 });
  await saveSmallModel(at('model'));
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const filesOf = (name: string) =>
  readdirSync(at(name), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.safetensors'),
  );
const metricsOf = (name: string) => JSON.parse(readFileSync(at(name, 'metrics.json'), 'utf8'));

describe('features', () => {
  const flags = ['--timesteps', '0,50', '--layers', 'conv4,conv5', '--batch', '4'];

  it('keeps those of each chip as float16, and computes none twice', async () => {
    await features([at('model'), '--catalog', catalog, '--out', at('kept'), ...flags]);
    expect(process.exitCode).toBeUndefined();
    expect(said.join('\n')).toMatch(
      /15 chips of 32 × 32: a pass of 4 takes \d+ MiB .* all features \d+ MiB on disk/,
    );
    expect(said.at(-1)).toContain('features of 15 chips, 0 of them there before');
    const table = readFileSync(at('kept/index.csv'), 'utf8').trimEnd().split('\n');
    expect(table).toHaveLength(16);
    expect(new Set(table).size).toBe(16);
    const [image, usage, file] = table[9].split(',');
    expect([image, usage]).toEqual(['images/validate0.tif', 'validate']);
    const { tensors } = readSafetensors(readFileSync(at('kept', file)));
    expect(tensors.get('50.conv4')).toMatchObject({ shape: [16, 16, 4], dtype: 'F16' });
    expect(statSync(at('kept/features.png')).size).toBeGreaterThan(5000);

    const gone = at('kept', file);
    rmSync(gone);
    const before = filesOf('kept').map((name) => statSync(at('kept', name)).mtimeMs);
    await features([at('model'), '--catalog', catalog, '--out', at('kept'), ...flags]);
    expect(said.at(-1)).toContain('features of 15 chips, 14 of them there before');
    const after = filesOf('kept').filter((name) => at('kept', name) !== gone);
    expect(after.map((name) => statSync(at('kept', name)).mtimeMs)).toEqual(before);
    expect(readFileSync(at('kept/index.csv'), 'utf8').trimEnd().split('\n')).toEqual(table);
  });

  it('of a scene become components where the scene lies', async () => {
    const { data } = planted(80, 70, 3);
    const scene = { width: 80, height: 70, bands: 2, epsg: 32633, transform: transformOf(0) };
    writeFileSync(at('scene.tif'), encodeGeoTiff({ ...scene, data }));
    const some = ['--timesteps', '0', '--noise', 'none', '--components', '3', '--window', '64'];
    await features([at('model'), at('scene.tif'), '--out', at('scene-features.tif'), ...some]);
    expect(process.exitCode).toBeUndefined();
    const map = await decodeGeoTiff(readFileSync(at('scene-features.tif')));
    expect(map).toMatchObject({ width: 80, height: 70, bands: 3, epsg: 32633, transform: transformOf(0) });
    expect(map.bandNames![0]).toMatch(/^component 1, \d+\.\d %$/);
    const deviation = (band: number) => {
      const own = [...map.data].filter((_, i) => i % 3 === band);
      const mean = own.reduce((a, b) => a + b) / own.length;
      return Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length);
    };
    expect(deviation(0)).toBeGreaterThan(deviation(2));
    expect(deviation(2)).toBeGreaterThan(0);
    expect(statSync(at('scene-features.png')).size).toBeGreaterThan(2000);
  });

  it('are refused where layers or bands are not the network s', async () => {
    await features([at('model'), '--catalog', catalog, '--out', at('never'), '--layers', 'conv9']);
    expect(said.at(-1)).toMatch(/^error: --layers names 'conv9', which the network has not. It has .*conv5/);
    expect(process.exitCode).toBe(1);
    writeFileSync(
      at('three.tif'),
      encodeGeoTiff({ width: 32, height: 32, bands: 3, data: new Uint8Array(3072) }),
    );
    await features([at('model'), at('three.tif'), '--out', at('never.tif')]);
    expect(said.at(-1)).toMatch(/^error: the network takes 2 bands \(a, b\); .*three\.tif have 3/);
  });
});

describe('principalComponents', () => {
  it('are the directions of most variance, each feature in units of its deviation', () => {
    // The second feature follows the first, a hundred times as large, but for a little; the third goes its own way.
    const rows = Float32Array.from({ length: 900 }, (_, i) => {
      const at = i - (i % 3);
      const [own, other, third] = [Math.sin(at), Math.cos(2.3 * at), Math.sin(0.71 * at + 1)].map(
        (value) => value * Math.SQRT2,
      );
      return [own + 5, 100 * own + 10 * other, third][i % 3];
    });
    const { project, shares } = principalComponents(rows, 3, 2);
    expect(shares[0]).toBeCloseTo(2 / 3, 1);
    expect(shares[1]).toBeCloseTo(1 / 3, 1);
    const [a, b, c] = [
      [5, 0, 0],
      [6, 100, 0],
      [5, 0, 1],
    ].map((vector) => project(Float32Array.from(vector)));
    expect(b[0] - a[0]).toBeCloseTo(Math.SQRT2, 1);
    expect(Math.abs(b[1] - a[1])).toBeLessThan(0.2);
    expect(Math.abs(c[1] - a[1])).toBeCloseTo(1, 1);
  });
});

describe('probe', () => {
  const model = () => [at('model'), '--catalog', catalog];
  const flags = ['--timesteps', '0', '--layers', 'conv5; conv4', '--max-rows', '2000'];

  it('finds planted classes, and says how well on chips that it has not seen', async () => {
    const names = ['--classes', CLASSES.join('|'), '--colours', '#000000|#00ff00|#ffffff'];
    await probe([...model(), '--out', at('linear'), ...flags, ...names]);
    expect(process.exitCode).toBeUndefined();
    const { validate, test } = metricsOf('linear');
    // A third by chance; the network is a random one.
    expect(validate.accuracy).toBeGreaterThan(0.8);
    expect(test.meanIou).toBeGreaterThan(0.6);
    expect(Object.keys(test.classes)).toEqual(CLASSES);
    const head = (await readHeadFile(at('linear/head.json'))) as ProbeFile;
    expect(head).toMatchObject({
      task: 'segmentation',
      model: '../model',
      classes: [{ name: 'low', colour: '#000000' }, { name: 'middle' }, { name: 'high' }],
      features: { timestep: 0, noise: 'none' },
    });
    expect(head.features.layers).toEqual(['conv5']);
    const matrix = readFileSync(at('linear/confusion-test.csv'), 'utf8').split('\n').slice(1, 4);
    const counts = matrix.flatMap((line) => line.split(',').slice(1).map(Number));
    expect(counts.reduce((a, b) => a + b)).toBe(3 * SIDE ** 2);
    expect((counts[0] + counts[4] + counts[8]) / (3 * SIDE ** 2)).toBeCloseTo(test.accuracy, 6);
    for (const name of ['confusion-validate.svg', 'confusion-validate.png', 'predictions.png', 'tried.csv']) {
      expect(statSync(at('linear', name)).size, name).toBeGreaterThan(100);
    }
    // Features are there: no pass is made again.
    const before = filesOf('linear').map((name) => statSync(at('linear', name)).mtimeMs);
    await probe([...model(), '--out', at('linear'), ...flags, ...names]);
    expect(filesOf('linear').map((name) => statSync(at('linear', name)).mtimeMs)).toEqual(before);
  });

  it('takes points, areas and a raster as labels, in another system than the chips', async () => {
    const points: string[] = ['lon,lat,label'];
    const areas: unknown[] = [];
    for (let i = 0; i < 12; i++) {
      const { labels } = planted(SIDE, SIDE, i);
      const toDegrees = (column: number, row: number) => {
        const [a, , x, , e, y] = transformOf(i);
        return proj4('EPSG:32633', 'EPSG:4326').forward([x + a * column, y + e * row]);
      };
      for (let k = 0; k < 20; k++) {
        const [column, row] = [(7 * k) % 32, (11 * k) % 32];
        points.push([...toDegrees(column + 0.5, row + 0.5), CLASSES[labels[row * SIDE + column]]].join(','));
      }
      const begin = (48 - ((8 * i) % 48)) % 48;
      if (begin + 16 > 32) continue;
      const ring = [
        [begin, 4],
        [begin + 16, 4],
        [begin + 16, 12],
        [begin, 12],
        [begin, 4],
      ];
      const coordinates = [ring.map(([column, row]) => toDegrees(column, row))];
      areas.push({ type: 'Feature', properties: { cover: 0 }, geometry: { type: 'Polygon', coordinates } });
    }
    writeFileSync(at('points.csv'), `${points.join('\n')}\n`);
    await probe([...model(), '--labels', at('points.csv'), '--out', at('points'), ...flags]);
    expect(said.join('\n')).toContain(
      '8 training, 4 validation and 0 test chips with labels of 3 classes: high, low, middle',
    );
    const { validate } = metricsOf('points');
    expect(validate.accuracy).toBeGreaterThan(0.8);
    const matrix = readFileSync(at('points/confusion-validate.csv'), 'utf8');
    expect(
      matrix
        .match(/\d+/g)!
        .map(Number)
        .reduce((a, b) => a + b),
    ).toBe(80);

    writeFileSync(at('areas.geojson'), JSON.stringify({ type: 'FeatureCollection', features: areas }));
    const named = ['--property', 'cover', '--classes', 'low|other', '--out', at('areas')];
    await probe([...model(), '--labels', at('areas.geojson'), ...named, ...flags, '--head', 'knn']);
    expect(said.at(-1)).toMatch(/^chosen: .*k 1/);
    // One class alone was labelled: all is of it.
    expect(metricsOf('areas').validate.accuracy).toBe(1);

    const wide = { width: SIDE * 15, height: SIDE, bands: 1, epsg: 32633, transform: transformOf(0) };
    const whole = new Uint8Array(wide.width * SIDE);
    for (let i = 0; i < 15; i++) {
      const { labels } = planted(SIDE, SIDE, i);
      for (let row = 0; row < SIDE; row++) {
        whole.set(labels.subarray(row * SIDE, (row + 1) * SIDE), row * wide.width + i * SIDE);
      }
    }
    writeFileSync(at('map.tif'), encodeGeoTiff({ ...wide, data: whole }));
    await probe([...model(), '--labels', at('map.tif'), '--out', at('raster'), ...flags, '--head', 'forest']);
    expect(metricsOf('raster').test.accuracy).toBeGreaterThan(0.75);
  });

  it('asks about whole chips, one class or several', async () => {
    const one = ['--labels', 'group', '--task', 'scenes', '--out', at('scenes')];
    await probe([...model(), ...one, ...flags]);
    expect(process.exitCode).toBeUndefined();
    expect(Object.keys(metricsOf('scenes').validate.classes)).toContain('low');
    const several = ['--labels', 'groups', '--task', 'groups', '--out', at('groups'), '--head', 'forest'];
    await probe([...model(), ...several, ...flags]);
    expect(metricsOf('groups').test).toHaveProperty('averagePrecision');
    const head = (await readHeadFile(at('groups/head.json'))) as ProbeFile;
    expect(head.heads).toHaveLength(3);
  });

  it('says what is wrong with labels', async () => {
    const cases: [string[], RegExp][] = [
      [['--labels', 'cover'], /catalog\.csv has no column 'cover' \(it has image, label, usage/],
      [['--labels', at('none.geojson')], /There is no file of labels .*none\.geojson/],
      [['--labels', at('map.tif'), '--task', 'scenes'], /map\.tif labels pixels; the task scenes/],
      [['--classes', 'a|b'], /the label 2 of .*train\d\.tif is none of the 2 classes/],
      [['--labels', 'group', '--task', 'scenes', '--classes', 'low|high'], /'middle' is none of the classes/],
    ];
    for (const [more, message] of cases) {
      await probe([...model(), '--out', at('refused'), ...flags, ...more]);
      expect(said.at(-1)).toMatch(message);
      expect(process.exitCode).toBe(1);
    }
  });
});
