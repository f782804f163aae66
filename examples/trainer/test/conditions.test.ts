import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AffineTransform, decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { writeRaster } from '../../../test/support/chips.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { features } from '../src/commands/features.js';
import { sample } from '../src/commands/sample.js';
import { parseConditions } from '../src/conditions/ConditionSpec.js';
import { readConditions } from '../src/conditions/readConditions.js';
import { optionConflicts } from '../src/config/optionConflicts.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';
import type { ConditionReport } from '../src/run/reportConditions.js';

const folder = mkdtempSync(path.join(tmpdir(), 'conditions-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];

/** Dark and light chips, with a height that has nothing to do with them. */
function writeTones(): string {
  const lines = ['image,usage,tone,height'];
  for (let i = 0; i < 56; i++) {
    const tone = i % 2 === 0 ? 'dark' : 'light';
    const values = Float32Array.from(
      { length: 64 },
      (_, k) => (i % 2 === 0 ? 100 : 300) + ((k * 7 + i) % 13),
    );
    writeRaster(at('chips', `${i}.tif`), 1, values, { size: [8, 8] });
    const height = i === 5 ? '' : (i * 37) % 100;
    lines.push(`${i}.tif,${i < 40 ? 'train' : 'validate'},${tone},${height}`);
  }
  const catalog = at('chips', 'catalog.csv');
  writeFileSync(catalog, `${lines.join('\n')}\n`);
  return catalog;
}

const flags = (...more: string[]) => [
  ...['--data', at('chips'), '--catalog', at('chips', 'catalog.csv'), '--model', 'unet2d'],
  ...['--block-out-channels', '8,16', '--attention-levels', 'none', '--batch', '8', '--timesteps', '20'],
  ...['--noise-schedule', 'linear', '--beta-end', '0.5', '--learning-rate', '0.005', '--ema-decay', '0'],
  ...['--workers', '0', '--threads', '1', ...more],
];
const conditions = ['--conditions', 'tone:class,height:linear:0:100:m'];
const train = (args: string[], hooks?: PretrainHooks) => pretrain(parsePretrainOptions(args), hooks);
const weightsOf = (run: string) => readFileSync(at(run, 'weights.safetensors')).toString('latin1');
/** A command says why it ends, and ends with an error. */
function expectRefused(message: RegExp): void {
  expect(said.at(-1)).toMatch(message);
  expect(process.exitCode).toBe(1);
}
const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), 'utf8'));

beforeAll(async () => {
  await startTestBackend();
  for (const name of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  writeTones();
  await train([...flags(...conditions), '--epochs', '16', '--out', at('run')]);
});
beforeEach(() => {
  process.exitCode = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run that is told columns of its catalog', () => {
  it('says which of them act', () => {
    const { conditions: report } = json('run', 'summary.json') as { conditions: ConditionReport };
    expect(report.chips).toBe(16);
    const { tone, height } = report.conditions;
    expect(tone.acts).toBe(true);
    expect(tone.shuffled).toBeGreaterThan(0.05);
    expect(tone.dropped).toBeGreaterThan(0);
    expect(height.acts).toBe(false);
    expect(Math.abs(height.shuffled)).toBeLessThan(tone.shuffled / 5);
    const lines = said.filter((line) => /^ {2}(tone|height): [+−]/.test(line));
    expect(lines.map((line) => line.split('; ')[1])).toEqual(['acts', 'does not act']);
  });

  it('ends without a report where no batch of validation has two chips', async () => {
    await train([...flags(...conditions), '--epochs', '1', '--validate-batch', '1', '--out', at('single')]);
    expect(process.exitCode).toBeUndefined();
    expect(json('single', 'summary.json').conditions).toBeUndefined();
  });

  it('leaves a model that says what it is told, and no pipeline of diffusers', () => {
    expect(json('run', 'model', 'diffusion_ssl.json').conditions).toEqual([
      { kind: 'class', name: 'tone', classes: ['dark', 'light'] },
      { kind: 'number', name: 'height', encoding: 'linear', range: [0, 100], unit: 'm' },
    ]);
    const config = json('run', 'model', 'config.json');
    expect(config).toMatchObject({ num_class_embeds: 3, use_metadata: true, num_metadata: 1 });
    const card = readFileSync(at('run', 'model', 'README.md'), 'utf8');
    expect(card).toContain('- tone (2 classes)\n- height (linear, 0 to 100 m)');
  });

  it('goes on to the same weights, bit for bit, and not with other values', async () => {
    await train([...flags(...conditions), '--epochs', '2', '--out', at('whole')]);
    await train([...flags(...conditions), '--epochs', '2', '--out', at('part')], stopAfter(3));
    cpSync(at('part'), at('other'), { recursive: true });
    const resume = (run: string) => ['--out', at(run), '--resume', '--workers', '0', '--threads', '1'];
    expect(await train(resume('part'))).toBe('finished');
    expect(weightsOf('part')).toBe(weightsOf('whole'));
    const catalog = readFileSync(at('chips', 'catalog.csv'), 'utf8');
    writeFileSync(
      at('chips', 'catalog.csv'),
      catalog.replace('dark,37', 'dark,38').replace('light,37', 'light,38'),
    );
    await expect(train(resume('other'))).rejects.toThrow(/the values of the conditions/);
    writeFileSync(at('chips', 'catalog.csv'), catalog);
  });

  it('is another one than without, and than with others', async () => {
    const weights = [];
    for (const [i, more] of [[], ['--conditions', 'tone'], conditions].entries()) {
      await train([...flags(...more), '--epochs', '1', '--out', at(`own-${i}`)]);
      weights.push(weightsOf(`own-${i}`));
    }
    expect(new Set(weights).size).toBe(3);
    expect(json('own-0', 'model', 'diffusion_ssl.json').conditions).toBeUndefined();
  });
});

describe('sample', () => {
  const draw = (out: string, ...args: string[]) =>
    sample([at('run'), '--out', at(out), '--steps', '10', '--threads', '1', ...args]);
  const means = async (out: string, count: number) => {
    const images = Array.from({ length: count }, (_, i) => readFileSync(at(out, `${i}.tif`)));
    const decoded = await Promise.all(images.map((image) => decodeGeoTiff(image)));
    return decoded.map(({ data }) => Array.from(data).reduce((a, b) => a + b, 0) / data.length);
  };

  it('follows a condition of all', async () => {
    await draw('light', '--count', '3', '--condition', 'tone=light', 'height=50');
    await draw('dark', '--count', '3', '--condition', 'tone=dark');
    expect(Math.min(...(await means('light', 3)))).toBeGreaterThan(250);
    expect(Math.max(...(await means('dark', 3)))).toBeLessThan(150);
    expect(readFileSync(at('dark', 'catalog.csv'), 'utf8').split('\n').slice(0, 2)).toEqual([
      'image,usage,tone,height',
      '0.tif,predict,dark,',
    ]);
  });

  it('follows a catalog row by row, and guidance goes further', async () => {
    await draw('like', '--like', at('chips', 'catalog.csv'), '--count', '4');
    const [dark, light, darkToo, lightToo] = await means('like', 4);
    expect(Math.max(dark, darkToo)).toBeLessThan(Math.min(light, lightToo) - 100);
    await draw('alike', '--like', at('chips', 'catalog.csv'), '--count', '4', '--batch', '3');
    expect(await means('alike', 4)).toEqual(await means('like', 4));
    await draw('guided', '--like', at('chips', 'catalog.csv'), '--count', '4', '--guidance', '3');
    const apart = ([dark, light]: number[]) => light - dark;
    expect(apart(await means('guided', 4))).toBeGreaterThan(apart(await means('like', 4)));
    const rescaled = ['--guidance', '3', '--guidance-rescale', '0.7'];
    await draw('rescaled', '--like', at('chips', 'catalog.csv'), '--count', '4', ...rescaled);
    expect(await means('rescaled', 4)).not.toEqual(await means('guided', 4));
  });

  it.each([
    [
      ['--condition', 'tone=grey'],
      /--condition tone: 'grey' is no class of the training rows; those are dark, light/,
    ],
    [['--condition', 'height=200'], /--condition height: '200' is outside 0 to 100 m: correct it/],
    [['--condition', 'colour=red'], /must be NAME=VALUE of one of the model's conditions, tone, height/],
    [['--condition', 'tone'], /must be NAME=VALUE/],
    [['--like', at('chips', 'catalog.csv'), '--usage', 'test'], /no row with usage 'test' \(--usage\)/],
  ])('refuses %j', async (args, message) => {
    await draw('refused', ...args);
    expectRefused(message);
  });

  it('is the only command that takes such a network', async () => {
    await features([at('run'), '--catalog', at('chips', 'catalog.csv')]);
    expectRefused(/is told tone, height of an image; diffusion-ssl sample takes it/);
  });
});

describe('an image that the network is told', () => {
  const place = { epsg: 32633, transform: [30, 0, 500000, 0, -30, 4600000] as AffineTransform };
  const pixels = (level: number, i: number) =>
    Float32Array.from({ length: 64 }, (_, k) => level + ((k * 5 + i) % 9));
  const pair = ['--conditions', 'before:image', '--condition-dropout', '0.1', '--image-columns', 'after'];
  const pairs = (...more: string[]) => {
    const args = flags(...pair, ...more);
    args[args.indexOf('--catalog') + 1] = at('chips', 'pairs.csv');
    return args;
  };

  beforeAll(async () => {
    const lines = ['before,after,usage'];
    for (let i = 0; i < 56; i++) {
      const level = (i * 53) % 200;
      const write = (name: string, data: Float32Array) =>
        writeFileSync(at('chips', name), encodeGeoTiff({ width: 8, height: 8, bands: 1, data, ...place }));
      write(`before-${i}.tif`, pixels(level, i));
      write(`after-${i}.tif`, pixels(1000 - 4 * level, i));
      lines.push(`before-${i}.tif,after-${i}.tif,${i < 40 ? 'train' : 'validate'}`);
    }
    writeFileSync(at('chips', 'pairs.csv'), `${lines.join('\n')}\n`);
    await train([...pairs('--epochs', '16', '--out', at('pairs'))]);
  });

  it('is read beside the chip, scaled apart from it, and acts', () => {
    const description = json('pairs', 'model', 'diffusion_ssl.json');
    expect(description.bands).toHaveLength(1);
    expect(description.normalization.globalStats.mean).toHaveLength(1);
    const [{ normalization, ...told }] = description.conditions;
    expect(told).toEqual({ kind: 'image', name: 'before', bands: 1 });
    const [own] = description.normalization.globalStats.mean;
    expect(normalization.globalStats.mean[0]).toBeGreaterThan(80);
    expect(normalization.globalStats.mean[0]).toBeLessThan(120);
    expect(Math.abs(own - (1004 - 4 * (normalization.globalStats.mean[0] - 4)))).toBeLessThan(2);
    expect(json('pairs', 'model', 'config.json')).toMatchObject({ in_channels: 2, out_channels: 1 });
    expect(json('pairs', 'statistics.json').mean).toHaveLength(2);
    expect(json('pairs', 'summary.json').conditions.conditions.before.acts).toBe(true);
  });

  it('goes on bit for bit', async () => {
    await train([...pairs('--epochs', '2', '--out', at('whole-pairs'))]);
    await train([...pairs('--epochs', '2', '--out', at('part-pairs'))], stopAfter(3));
    await train(['--out', at('part-pairs'), '--resume', '--workers', '0', '--threads', '1']);
    expect(weightsOf('part-pairs')).toBe(weightsOf('whole-pairs'));
  });

  it('is what samples follow, and where they lie', async () => {
    const draw = (out: string, ...args: string[]) =>
      sample([at('pairs'), '--out', at(out), '--steps', '10', '--threads', '1', ...args]);
    await draw('after', '--like', at('chips', 'pairs.csv'), '--count', '6', '--guidance', '1.5');
    for (let i = 0; i < 6; i++) {
      const drawn = await decodeGeoTiff(readFileSync(at('after', `${i}.tif`)));
      const mean = Array.from(drawn.data).reduce((a, b) => a + b, 0) / 64;
      const level = ((40 + i) * 53) % 200;
      expect(Math.abs(mean - (1004 - 4 * level)), `${i}`).toBeLessThan(150);
      expect(drawn).toMatchObject(place);
    }
    const [, line] = readFileSync(at('after', 'catalog.csv'), 'utf8').split('\n');
    expect(line).toMatch(/^0.tif,predict,\.\.\/chips\/before-/);
    await draw('one', '--count', '1', '--condition', `before=${at('chips', 'before-3.tif')}`);
    await draw('none', '--count', '1');
    writeFileSync(
      at('large.tif'),
      encodeGeoTiff({ width: 16, height: 8, bands: 1, data: new Float32Array(128), ...place }),
    );
    writeFileSync(
      at('mixed.csv'),
      'image,usage,before\na.tif,test,chips/before-0.tif\nb.tif,test,large.tif\n',
    );
    await draw('mixed', '--like', at('mixed.csv'), '--usage', 'test');
    expectRefused(/large\.tif has 8 × 16 pixels, the samples 8 × 8; give all one size/);
  });

  it('is scaled apart from the chip, or refused', () => {
    const { config } = parsePretrainOptions(pairs());
    const conflicts = (changes: object) => optionConflicts({ ...config, ...changes }, (field) => field);
    expect(conflicts({})).toEqual([]);
    for (const changes of [{ statistics: 'lab' }, { statistics: 'gab' }, { normalization: 'whiten' }])
      expect(conflicts(changes)[0].message).toMatch(/an image needs statistics gpb or lpb/);
  });
});

describe('a catalog', () => {
  const rows = [
    'image,usage,tone,height',
    'a.tif,train,dark,1',
    'b.tif,train,light,2',
    'c.tif,validate,dark,3',
  ];
  const read = (lines: string[], ...texts: string[]) => {
    writeFileSync(at('other.csv'), lines.join('\n'));
    return readConditions(at('other.csv'), ['image'], parseConditions(texts));
  };

  it('gives classes by name or number, and values row by row', async () => {
    const lines = rows.map((line, i) => `${line},${['code', '10', '9', ''][i]}`);
    const { conditions, train, validate, hash } = await read(lines, 'code:class', 'height:linear:0:10');
    expect(conditions[0]).toEqual({ kind: 'class', name: 'code', classes: ['9', '10'] });
    expect([train.at(0), train.at(1), validate.at(0)]).toEqual([
      [1, 1],
      [0, 2],
      [2, 3],
    ]);
    const other = await read(
      [...lines.slice(0, 3), 'c.tif,validate,dark,4,'],
      'code:class',
      'height:linear:0:10',
    );
    expect(other.hash).not.toBe(hash);
  });

  it.each([
    [
      rows,
      ['colour'],
      /other\.csv: there is no column 'colour' for the condition .* the columns are image, usage, tone/,
    ],
    [rows, ['tone:linear:0:1'], /other\.csv, line 2, column 'tone': 'dark' is no number\. Leave it empty/],
    [
      rows,
      ['height:linear:0:1'],
      /line 3, column 'height': '2' is outside 0 to 1: correct it, leave it empty/,
    ],
    [
      [...rows, 'd.tif,validate,grey,1'],
      ['tone:class'],
      /line 5, column 'tone': 'grey' is no class of the training/,
    ],
    [
      ['image,usage,tone', 'a.tif,train,', 'b.tif,train,'],
      ['tone'],
      /column 'tone': it is empty in all training rows/,
    ],
    [
      ['image,usage,depth', ...Array.from({ length: 12 }, (_, i) => `${i}.tif,train,${i}.5`)],
      ['depth:class'],
      /12 different values in 12 training rows are no classes; say depth:linear:FROM:TO/,
    ],
  ])('is refused: %j with %j', async (lines, texts, message) => {
    await expect(read(lines, ...texts)).rejects.toThrow(message);
  });
});

describe('a condition', () => {
  it('is known by its name, or says what it is', () => {
    expect(
      parseConditions([
        'lat',
        'month',
        'gsd',
        'group',
        'cloud:linear:0:1',
        'gaps:fill',
        'kinds:given:a=1-3+6:b=4+5',
      ]),
    ).toEqual([
      { kind: 'number', name: 'lat', encoding: 'linear', range: [-90, 90], unit: 'degrees' },
      { kind: 'number', name: 'month', encoding: 'cyclic', range: [1, 13] },
      { kind: 'number', name: 'gsd', encoding: 'log', range: [0.05, 1000], unit: 'm' },
      { kind: 'class', name: 'group' },
      { kind: 'number', name: 'cloud', encoding: 'linear', range: [0, 1] },
      { kind: 'fill', name: 'gaps' },
      {
        kind: 'given',
        name: 'kinds',
        modalities: [
          { name: 'a', bands: [0, 1, 2, 5] },
          { name: 'b', bands: [3, 4] },
        ],
      },
    ]);
  });

  it.each([
    [['a:colour'], /'a:colour' is no class, number, image, fill or given; it must be COLUMN:class/],
    [['a:linear:1'], /'a:linear:1' has no two ascending numbers/],
    [['a:linear:2:1'], /'a:linear:2:1' has no two ascending numbers/],
    [['k:given:a=1'], /names no two modalities/],
    [['k:given:a=1:b=x'], /has 'b=x', which is no modality such as optical=1-3/],
    [['k:given:a=1-2:b=2'], /has a band twice/],
    [['k:given:a=1:a=2'], /names a modality twice/],
    [['a:log:0:1'], /'a:log:0:1' has a logarithm of what is not above 0/],
    [[':class'], /':class' names no column/],
    [['mask'], /'mask' cannot be a condition's name/],
    [['a', 'a:log:1:2'], /names the column a twice/],
    [['a', 'b:class'], /a and b are classes; it must be one/],
  ])('is refused: %j', (texts, message) => {
    expect(() => parseConditions(texts)).toThrow(message);
  });
});
