import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRaster } from '../../../test/support/chips.js';
import { configOf } from '../../../test/support/configOf.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { openChipData } from '../src/data/chipData.js';
import { RunEvents } from '../src/run/RunEvents.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const folder = mkdtempSync(path.join(tmpdir(), 'config-windows-'));
const SIDE = 64;
const { run } = parsePretrainOptions(['--workers', '0']);
/** Scenes of one band whose every value is its place; of the third, 60 % of three of its four quarters is missing. */
const values = (scene: number) =>
  Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
    scene === 2 && i % 5 > 1 && (i % SIDE >= SIDE / 2 || i >= (SIDE * SIDE) / 2)
      ? Number.NaN
      : 10_000 * scene + i,
  );

/** Upper left values of the windows that an epoch holds, and how many windows there are said to be. */
async function windowsOf(usage: 'train' | 'validate', ...keys: string[]) {
  const config = configOf(
    ...[`data_path: ${folder}`, `train_csv_name: ${folder}/catalog.csv`, 'channels: 1', 'data_size: 32'],
    ...['train_batch: 1', 'validate_batch: 1', 'apply_normalization: false'],
    ...['rotation_degree: null', 'scale_factor: null', 'sigma_range: null', 'br_range: null'],
    ...['contrast_range: null', 'bshift_gamma_range: null', ...keys],
  );
  const data = await openChipData(config, run, {
    folder: path.join(folder, 'run'),
    teller: new RunEvents([]),
  });
  const corners: number[] = [];
  try {
    for await (const { images, shape } of data[usage].epoch(0)) {
      for (let i = 0; i < shape[0]; i++) corners.push(images[i * 32 * 32]);
    }
    return { corners, length: data[usage].length };
  } finally {
    await data.close();
  }
}

beforeAll(() => {
  [0, 1, 2].forEach((scene) => {
    writeRaster(path.join(folder, `${scene}.tif`), 1, values(scene), { size: [SIDE, SIDE] });
  });
  writeFileSync(
    path.join(folder, 'catalog.csv'),
    'image,usage\n0.tif,train\n1.tif,validate\n2.tif,validate\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('windows of scenes', () => {
  it('windows: lie on a grid or anywhere; without them there is one chip around the centre', async () => {
    const grid = await windowsOf('train', 'windows: grid');
    expect(grid.length).toBe(4);
    // In another order each epoch, and flipped: the corners of flipped windows are other ones of the same quarter.
    const quarter = (corner: number) =>
      [Math.floor(corner / SIDE / 32), Math.floor((corner % SIDE) / 32)].join();
    expect(new Set(grid.corners.map(quarter)).size).toBe(4);
    const center = await windowsOf('validate');
    expect(center).toEqual({ corners: [10_000 + 16 * SIDE + 16, 20_000 + 16 * SIDE + 16], length: 2 });
  });

  it('windows, windows_per_scene: are drawn at random, as many as asked for', async () => {
    const random = await windowsOf('train', 'windows: random', 'windows_per_scene: 7');
    expect(random.length).toBe(7);
    expect(random.corners.length).toBe(7);
    expect(new Set(random.corners).size).toBeGreaterThan(4);
  });

  it('max_missing: leaves out windows of which more is missing, more than half unless told', async () => {
    const of = (...keys: string[]) => windowsOf('validate', 'windows: grid', ...keys);
    const [all, most, half] = [await of('max_missing: 0.7'), await of('max_missing: 0.5'), await of()];
    const corners = [0, 32, 32 * SIDE, 32 * SIDE + 32].map((at) => 10_000 + at);
    expect(all.corners.length).toBe(8);
    expect(all.corners.slice(0, 5)).toEqual([...corners, 20_000]);
    expect(most.corners).toEqual([...corners, 20_000]);
    expect(half).toEqual(most);
    expect(most.length).toBe(8);
  });
});
