import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTensors } from '../../../src/interop/openTensors.js';
import { selectWeights } from '../../../src/interop/selectWeights.js';
import { toTorchStateDict } from '../../../src/interop/toTorchStateDict.js';
import { namedParameters } from '../../../src/models/namedParameters.js';
import { fromPretrained } from '../../../src/pretrained/fromPretrained.js';
import { folderFiles } from '../../../src/training/node/folderFiles.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { writeChips } from '../../../test/support/chips.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { readBands } from '../src/data/readBands.js';
import { pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'model-'));
const out = path.join(folder, 'run');
const at = (...names: string[]) => path.join(out, ...names);
const BANDS = [{ name: 'B04', unit: 'DN', wavelength: 0.665 }, { name: 'B08' }, {}, { unit: 'm' }];

const train = async (...flags: string[]) => {
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    return await pretrain(parsePretrainOptions(flags));
  } finally {
    vi.restoreAllMocks();
  }
};

beforeAll(async () => {
  const catalog = writeChips(folder, { train: 6, validate: 2 });
  writeFileSync(path.join(folder, 'bands.json'), JSON.stringify(BANDS));
  const flags = [
    ...['--data', folder, '--catalog', catalog, '--image-columns', 'optical', '--size', '32'],
    ...['--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1', '--epochs', '2', '--batch', '2'],
    ...['--timesteps', '20', '--beta-end', '0.3', '--ema-decay', '0.9', '--workers', '0', '--nodata', '-7'],
  ];
  await train(...flags, '--out', out);
  // The trainer lets its backend go.
  await startTestBackend();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The weights of the best checkpoint, their average. */
async function bestWeights() {
  const { tensors, close } = await openTensors(folderFiles(out), 'best.safetensors');
  const weights = new Map();
  for (const [name, { dtype, shape, read }] of selectWeights(tensors))
    weights.set(name, { dtype, shape, data: await read() });
  await close();
  return weights;
}

describe('the model folder of a run', () => {
  it('holds the average of the best weights, and what they were trained on', async () => {
    const pretrained = await fromPretrained(folderFiles(at('model')));
    const { model, bands, normalization, diffusion, size, remarks } = pretrained;
    expect(await toTorchStateDict(namedParameters(model))).toEqual(await bestWeights());
    expect(bands).toEqual(BANDS);
    expect(size).toEqual([32, 32]);
    expect(diffusion).toMatchObject({ schedule: 'squaredcos_cap_v2', timesteps: 20, predictionType: 'x0' });
    const statistics = JSON.parse(readFileSync(at('statistics.json'), 'utf8'));
    expect(normalization).toMatchObject({ strategy: 'z_value', procedure: 'gpb', nodata: [-7] });
    expect(normalization?.globalStats).toMatchObject({ mean: statistics.mean, std: statistics.std });
    expect(remarks).toEqual([`${at('model')}/diffusion_ssl.json does not say: the names of its bands.`]);
    model.dispose();
  });

  it('has a card that tells bands and figures, and leaves the licence to its reader', () => {
    const card = readFileSync(at('model', 'README.md'), 'utf8');
    const { validationLoss } = JSON.parse(readFileSync(at('summary.json'), 'utf8'));
    expect(card).toContain('| 1 | B04 | DN | 0.665 |');
    expect(card).toContain('6 training and 2 validation chips of 32 × 32 pixels');
    expect(card).toMatch(/validation loss \| \d\.\d{4}, after epoch [12] of 2 so far/);
    expect(validationLoss).toBeGreaterThan(0);
    expect(card).toMatch(/^# Say here under which licence/m);
    expect(card).not.toMatch(/undefined|NaN/);
  });

  it('is written again by the end of a run that has none; until then the checkpoint tells what it can', async () => {
    rmSync(at('model'), { recursive: true });
    const { model, bands, normalization, remarks } = await fromPretrained(folderFiles(out));
    expect(await toTorchStateDict(namedParameters(model))).toEqual(await bestWeights());
    expect(bands).toEqual([{}, {}, {}, {}]);
    expect(normalization).toMatchObject({ strategy: 'z_value', procedure: 'gpb', nodata: [-7] });
    expect(remarks[0]).toMatch(
      /best\.safetensors is a checkpoint of a run, no model folder; it does not say: the names and units/,
    );
    model.dispose();
    expect(await train('--out', out, '--resume', '--workers', '0')).toBe('finished');
    expect(existsSync(at('model', 'model.safetensors'))).toBe(true);
    await startTestBackend();
  });
});

describe('bands.json', () => {
  const file = path.join(folder, 'bands.json');
  it('is not needed, and the sample imagery has its own', async () => {
    expect(await readBands(path.join(folder, 'none'), 2)).toEqual([{}, {}]);
    expect((await readBands(undefined, 4)).map(({ name }) => name)).toEqual([
      'red',
      'green',
      'blue',
      'elevation',
    ]);
  });

  it.each<[string, RegExp]>([
    ['[', /bands\.json: it is not JSON/],
    ['{}', /bands\.json: it is an object; /],
    ['[{}, {}, {}]', /bands\.json has 3 bands; the chips have 4/],
    ['[{}, {"name": 4}, {}, {}]', /bands\.json: 1\.name is 4; /],
    ['[{}, {"wavelength": -1}, {}, {}]', /bands\.json: 1\.wavelength is -1; /],
    ['[{}, {"wavelenght": 1}, {}, {}]', /bands\.json: 1 is an object; unrecognized key: "wavelenght"/],
  ])('%s is refused by name', async (content, message) => {
    writeFileSync(file, content);
    await expect(readBands(folder, 4)).rejects.toThrow(message);
  });
});
