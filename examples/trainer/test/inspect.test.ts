import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeChips, writeRaster } from '../../../test/support/chips.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { inspectCatalog } from '../src/inspect/inspectCatalog.js';
import { inspectChip } from '../src/inspect/inspectChip.js';
import { inspectModel } from '../src/inspect/inspectModel.js';
import { inspectWeights } from '../src/inspect/inspectWeights.js';
import { reportText } from '../src/inspect/Report.js';
import { pretrain } from '../src/run/pretrain.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'inspect-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('inspectChip', () => {
  it('gives the values of each band, without those that are missing', async () => {
    const file = path.join(folder, 'chip.tif');
    const data = new Int16Array(32 * 32 * 2).fill(7);
    data.set([-9999, 5, 3, 5, 11, 5]);
    const transform: [number, number, number, number, number, number] = [10, 0, 500000, 0, -10, 4600000];
    writeFileSync(
      file,
      encodeGeoTiff({ width: 32, height: 32, bands: 2, data, nodata: -9999, epsg: 32633, transform }),
    );
    const { title, facts, warnings } = await inspectChip(file);
    expect(title).toBe(`${file}: GeoTIFF of 32 × 32 pixels, 2 bands of int16`);
    expect(Object.fromEntries(facts)).toMatchObject({
      nodata: '-9999',
      alpha: 'none',
      system: 'EPSG:32633, projected',
      'upper left': '500000, 4600000',
      pixel: '10 × -10',
      'band 1': expect.stringMatching(/^3 to 11, mean 7, deviation 0\.17\d+; 99\.9 % valid$/),
    });
    expect(warnings).toEqual([]);
  });

  it('warns of bands that say nothing, and of a size that the network does not take', async () => {
    const file = path.join(folder, 'poor.tif');
    const data = Float32Array.from({ length: 40 * 48 * 2 }, (_, i) => (i % 2 === 0 ? Number.NaN : 1));
    writeRaster(file, 2, data);
    const { warnings } = await inspectChip(file);
    expect(warnings).toEqual([
      'Band 1 has no valid pixel.',
      'Band 2 has the same value everywhere.',
      expect.stringContaining('40 × 48 pixels are no multiple of 32'),
    ]);
  });

  it('names a file that is none', async () => {
    const file = path.join(folder, 'text.tif');
    writeFileSync(file, 'no picture');
    await expect(inspectChip(file)).rejects.toThrow(file);
  });
});

describe('inspectCatalog', () => {
  it('counts the chips, and finds those that differ, repeat or are not there', async () => {
    const catalog = writeChips(path.join(folder, 'chips'), { train: 4, validate: 2 });
    const imageColumns = ['optical', 'radar'];
    const good = await inspectCatalog(catalog, { imageColumns });
    expect(Object.fromEntries(good.facts)).toMatchObject({
      train: '4 chips',
      validate: '2 chips',
      test: '0 chips',
    });
    expect(good.facts.at(-1)).toEqual(['chips', expect.stringContaining('40 × 48 pixels, 6 bands')]);
    rmSync(path.join(folder, 'chips/optical/1.tif'));
    writeFileSync(
      path.join(folder, 'chips/poor.csv'),
      'optical,radar,usage\noptical/0.tif,radar/0.tif,train\noptical/1.tif,radar/1.tif,train\n' +
        'optical/0.tif,radar/0.tif,train\n',
    );
    const poor = await inspectCatalog(path.join(folder, 'chips/poor.csv'), { imageColumns });
    expect(reportText(poor)).toMatch(/! 1 of 3 training rows repeats an earlier one/);
    expect(reportText(poor)).toMatch(/! 1 of 3 train chips cannot be read, the first: .*1\.tif/);
    expect(reportText(poor)).toContain("! No row has usage 'validate'");
  });
});

describe('models and checkpoints', () => {
  it('say what they are, without being read whole', async () => {
    const chips = path.join(folder, 'model-chips');
    const catalog = writeChips(chips, { train: 4, validate: 2 });
    const out = path.join(folder, 'run');
    const data = [
      '--data',
      chips,
      '--catalog',
      catalog,
      '--image-columns',
      'optical',
      '--size',
      '32',
      '--out',
      out,
    ];
    const network = ['--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1', '--timesteps', '20'];
    for (const method of ['log', 'warn'] as const) vi.spyOn(console, method).mockReturnValue();
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await pretrain(
      parsePretrainOptions([...data, ...network, '--epochs', '1', '--batch', '2', '--workers', '0']),
    );
    vi.restoreAllMocks();
    const model = reportText(await inspectModel(out));
    expect(model).toMatch(/a model, unetAttD\n/);
    expect(model).toMatch(/parameters +[\d,]+ that train/);
    expect(model).toMatch(/trained on +chips of 32 × 32 pixels/);
    expect(model).toMatch(/diffusion +20 timesteps, .*; predicts/);
    const checkpoint = reportText(await inspectWeights(path.join(out, 'latest.safetensors')));
    expect(checkpoint).toMatch(/checkpoint of a run, \d+ tensors\n/);
    expect(checkpoint).toMatch(/stands at +step 2, 1 of 1 epochs/);
    const weights = reportText(await inspectWeights(path.join(out, 'weights.safetensors')));
    expect(weights).toMatch(/weights\.safetensors: \d+ tensors\n/);
    expect(weights).not.toContain('stands at');
    await expect(inspectModel(path.join(folder, 'nothing'))).rejects.toThrow(path.join(folder, 'nothing'));
    await expect(inspectWeights(path.join(folder, 'nothing.safetensors'))).rejects.toThrow(
      'nothing.safetensors',
    );
  });
});
