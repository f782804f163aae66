import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { buildTrainer, type Trainer } from '../../../test/support/trainer.js';
import { finetune } from '../src/commands/finetune.js';
import { predict } from '../src/commands/predict.js';
import { rateAt } from '../src/tuning/rateAt.js';
import { isOver, type TuneState } from '../src/tuning/TuneState.js';
import { CLASSES, planted, SIDE, saveSmallModel, transformOf, writeLabelledChips } from './labelledChips.js';

const folder = mkdtempSync(path.join(tmpdir(), 'finetune-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
let catalog: string;
let trainer: Trainer;

beforeAll(async () => {
  for (const name of ['log', 'error', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  }
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(100);
  await startTestBackend();
  catalog = writeLabelledChips(at('chips'), { train: 8, validate: 4, test: 2 });
  // Blocks of one convolution have no dropout.
  await saveSmallModel(at('pretrained'), 0, [2, 1, 1, 1, 1, 1]);
  await saveSmallModel(at('sure'));
  const { data } = planted(96, 64, 2);
  const place = { width: 96, height: 64, bands: 2, epsg: 32633, transform: transformOf(0) };
  writeFileSync(at('scene.tif'), encodeGeoTiff({ ...place, data }));
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  trainer?.close();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), 'utf8'));
const run = (out: string, ...more: string[]) => [
  ...[at('pretrained'), '--catalog', catalog, '--out', at(out), '--classes', CLASSES.join('|')],
  ...['--batch', '4', '--ema', '0.8', '--lr', '0.01', '--rate', '1', ...more],
];

describe('finetune', () => {
  it('learns planted classes, and leaves a model that knows them by name and colour', async () => {
    const colours = ['--colours', '#102030|#00ff00|#ffffff'];
    await finetune(run('plain', '--steps', '60', '--check-every', '20', ...colours));
    expect(process.exitCode).toBeUndefined();
    const { validate, test } = json('plain', 'metrics.json');
    expect(validate.accuracy).toBeGreaterThan(0.85);
    expect(test.meanIou).toBeGreaterThan(0.7);
    expect(json('plain', 'model', 'diffusion_ssl.json').classes).toEqual([
      { name: 'low', colour: '#102030' },
      { name: 'middle', colour: '#00ff00' },
      { name: 'high', colour: '#ffffff' },
    ]);
    expect(readFileSync(at('plain/model/README.md'), 'utf8')).toMatch(/\| 1 \| middle \| `#00ff00` \|/);
    const table = readFileSync(at('plain/log.csv'), 'utf8').trimEnd().split('\n');
    expect(table[0]).toBe('step,trainLoss,validationLoss,score');
    expect(table.slice(1).map((line) => Number(line.split(',')[0]))).toEqual([20, 40, 60]);
    // What the folder's model says is what the run had at its best look.
    const best = Math.max(...table.slice(1).map((line) => Number(line.split(',')[3])));
    expect(validate.meanIou).toBeCloseTo(best, 6);
    for (const name of ['loss.png', 'loss.svg', 'predictions.png', 'confusion-test.png']) {
      expect(statSync(at('plain', name)).size, name).toBeGreaterThan(1000);
    }

    await predict([
      at('plain'),
      at('scene.tif'),
      '--out',
      at('scene-map.tif'),
      '--uncertainty',
      '--passes',
      '3',
    ]);
    expect(process.exitCode).toBeUndefined();
    const { labels } = planted(96, 64, 2);
    const map = await decodeGeoTiff(readFileSync(at('scene-map.tif')));
    expect(map.data.filter((label, i) => label === labels[i]).length / labels.length).toBeGreaterThan(0.8);
    const { data } = await decodeGeoTiff(readFileSync(at('scene-map-uncertainty.tif')));
    expect(Math.max(...data)).toBeGreaterThan(1e-4);

    await finetune([at('sure'), ...run('surely').slice(1), '--steps', '1']);
    await predict([at('surely'), at('scene.tif'), '--out', at('never.tif'), '--passes', '2']);
    expect(said.at(-1)).toMatch(/--passes asks for dropout, but the network drops nothing/);
    process.exitCode = undefined;
  }, 60_000);

  it('killed, or stopped by a signal, and resumed ends with the same bytes', async () => {
    trainer = buildTrainer();
    const start = (...args: string[]) =>
      trainer.start(['finetune', ...args], { script: 'trainer/src/main.ts' });
    const flags = ['--head', 'fpn', '--width', '8', '--loss', 'ce+dice', '--class-weights', 'balanced'];
    const more = ['--head-first', '3', '--layer-decay', '0.8', '--steps', '16', '--check-every', '4'];
    const whole = await start(...run('whole', ...flags, ...more)).ended;
    expect(
      `${whole.code} ${whole.stderr.replaceAll(/^(step|.*looks like|=+|.*does not say).*\n?/gm, '').trim()}`,
    ).toBe('0 ');

    for (const [name, signal] of [
      ['killed', 'SIGKILL'],
      ['stopped', 'SIGINT'],
    ] as const) {
      const { child, ended } = start(...run(name, ...flags, ...more));
      await new Promise<void>((resolve) => {
        child.stderr!.on('data', (text: string) => /step 8: /.test(String(text)) && resolve());
        child.on('close', () => resolve());
      });
      child.kill(signal);
      const { code, stdout } = await ended;
      expect(readdirSync(at(name))).not.toContain('metrics.json');
      if (signal === 'SIGINT') {
        expect(code).toBe(130);
        expect(stdout).toMatch(
          /stopped at step \d+; go on with: npx diffusion-ssl finetune --out .*stopped --resume/,
        );
      }
      const resumed = await start('--out', at(name), '--resume').ended;
      expect(resumed.stdout).toMatch(/resuming .* at step (8|9|1\d)/);
      expect(resumed.code).toBe(0);
      const files = [
        ...['latest.safetensors', 'log.jsonl', 'log.csv', 'metrics.json', 'predictions.png', 'loss.svg'],
        ...readdirSync(at('whole/model')).map((file) => `model/${file}`),
      ];
      expect(files).toContain('model/head.safetensors');
      for (const file of files) {
        expect(readFileSync(at(name, file)).equals(readFileSync(at('whole', file))), `${name} ${file}`).toBe(
          true,
        );
      }
    }
    const steps = readFileSync(at('killed/log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(steps.filter(({ loss }) => loss !== undefined).map(({ step }) => step)).toEqual(
      Array.from({ length: 16 }, (_, i) => i + 1),
    );

    await finetune(['--out', at('killed'), '--resume', '--lr', '0.5']);
    expect(said.at(-1)).toMatch(
      /^error: A resumed run keeps its configuration; leave out --lr \(the run has 0\.01\)/,
    );
    const other = writeLabelledChips(at('others'), { train: 7, validate: 4 });
    await finetune(['--out', at('killed'), '--resume', '--catalog', other, '--data', at('others')]);
    expect(said.at(-1)).toMatch(/The chips or labels are not those that .*killed began with/);
    await finetune(run('killed'));
    expect(said.at(-1)).toMatch(/killed holds a run already: go on with it by --resume/);
  }, 120_000);

  it('asks about whole chips, one class or several, of a frozen network', async () => {
    for (const [task, labels] of [
      ['scenes', 'group'],
      ['groups', 'groups'],
    ]) {
      const flags = ['--task', task, '--labels', labels, '--layers', 'encoder_1,conv5', '--frozen'];
      await finetune(run(task, ...flags, '--steps', '40', '--check-every', '20'));
      expect(process.exitCode).toBeUndefined();
      const score = task === 'scenes' ? 'accuracy' : 'averagePrecision';
      expect(json(task, 'metrics.json').validate[score]).toBeGreaterThan(0.45);
      // The network stays as it was, bit for bit.
      const weights = (...names: string[]) => readFileSync(at(...names, 'model.safetensors'));
      const tail = 10_000;
      expect(weights(task, 'model').subarray(-tail).equals(weights('pretrained').subarray(-tail))).toBe(true);
      await predict([at(task), at('chips/images'), '--out', at(`${task}.csv`)]);
      const lines = readFileSync(at(`${task}.csv`), 'utf8')
        .trimEnd()
        .split('\n');
      expect(lines).toHaveLength(15);
      expect(lines[0]).toBe(`image,${task === 'scenes' ? 'class' : 'classes'},low,middle,high`);
    }
  }, 60_000);

  it('finds change between two dates, whichever is first', async () => {
    mkdirSync(at('pairs'));
    const lines = ['before,after,label,usage'];
    const chip = { width: SIDE, height: SIDE };
    for (let i = 0; i < 12; i++) {
      const [before, after] = [planted(SIDE, SIDE, i).data, planted(SIDE, SIDE, i).data];
      const labels = new Uint8Array(SIDE ** 2);
      const [top, left] = [(5 * i) % 16, (7 * i) % 16];
      for (let y = top; y < top + 14; y++) {
        for (let x = left; x < left + 14; x++) {
          labels[y * SIDE + x] = 1;
          after[2 * (y * SIDE + x)] += 4;
        }
      }
      writeFileSync(at(`pairs/a${i}.tif`), encodeGeoTiff({ ...chip, bands: 2, data: before }));
      writeFileSync(at(`pairs/b${i}.tif`), encodeGeoTiff({ ...chip, bands: 2, data: after }));
      writeFileSync(at(`pairs/l${i}.tif`), encodeGeoTiff({ ...chip, bands: 1, data: labels }));
      lines.push(`a${i}.tif,b${i}.tif,l${i}.tif,${i < 8 ? 'train' : 'validate'}`);
    }
    writeFileSync(at('pairs/catalog.csv'), `${lines.join('\n')}\n`);
    const flags = [
      '--catalog',
      at('pairs/catalog.csv'),
      '--task',
      'change',
      '--out',
      at('change'),
      '--width',
      '8',
    ];
    const layers = ['--image-columns', 'before,after', '--layers', 'encoder_1,conv5', '--steps', '50'];
    const training = ['--check-every', '25', '--batch', '4', '--lr', '0.01', '--ema', '0.8'];
    await finetune([at('pretrained'), ...flags, ...layers, ...training]);
    expect(process.exitCode).toBeUndefined();
    const { classes } = json('change', 'metrics.json').validate;
    expect(classes.changed.f1).toBeGreaterThan(0.7);
    expect(statSync(at('change/predictions.png')).size).toBeGreaterThan(5000);
    for (const [one, other, out] of [
      ['a9', 'b9', 'there'],
      ['b9', 'a9', 'back'],
    ]) {
      await predict([
        at('change'),
        at(`pairs/${one}.tif`),
        '--after',
        at(`pairs/${other}.tif`),
        '--out',
        at(`${out}.tif`),
      ]);
    }
    const [there, back, labels] = await Promise.all(
      ['there.tif', 'back.tif', 'pairs/l9.tif'].map(
        async (file) => (await decodeGeoTiff(readFileSync(at(file)))).data,
      ),
    );
    expect(back).toEqual(there);
    expect(there.filter((label, i) => label === labels[i]).length / labels.length).toBeGreaterThan(0.85);
    await predict([at('change'), at('pairs/a9.tif'), '--out', at('never.tif')]);
    expect(said.at(-1)).toMatch(/change tells change: give the second date by --after/);
    await predict([at('change'), at('pairs/a9.tif'), '--after', at('scene.tif'), '--out', at('never.tif')]);
    expect(said.at(-1)).toMatch(/do not have the same pixels/);
  }, 60_000);

  it('says what does not go together', async () => {
    const cases: [string[], RegExp][] = [
      [
        ['--task', 'groups', '--labels', 'groups', '--loss', 'dice'],
        /--loss dice is of one class a pixel or chip/,
      ],
      [['--class-weights', '1,2'], /--class-weights has 2 numbers; there are 3 classes/],
      [['--layers', 'conv9'], /--layers names 'conv9', which the network has not/],
      [['--task', 'change'], /--task change needs two --image-columns/],
      [['--colours', '#000000'], /--colours has 1 colours; there are 3 classes/],
    ];
    for (const [more, message] of cases) {
      await finetune(run('refused', ...more));
      expect(said.at(-1)).toMatch(message);
      expect(process.exitCode).toBe(1);
    }
    await finetune(['--out', at('nothing'), '--resume']);
    expect(said.at(-1)).toMatch(/there is nothing to resume in .*nothing/);
    expect(readdirSync(folder)).not.toContain('nothing');
  });
});

describe('the rate and the end of fine-tuning', () => {
  it('rises in a line and falls along half a cosine', () => {
    const config = { lr: 2, schedule: 'cosine', warmup: 3, steps: 13 } as const;
    const rates = [0, 1, 2, 3, 8, 13].map((step) => rateAt(step, config));
    for (const [i, expected] of [0.5, 1, 1.5, 2, 1, 0].entries()) expect(rates[i]).toBeCloseTo(expected, 12);
    expect(rateAt(9, { ...config, schedule: 'constant' })).toBe(2);
  });

  it('comes after so many looks without a better score', () => {
    const checks = [0.3, 0.5, 0.4, 0.5].map((score, i) => ({
      step: i,
      trainLoss: 1,
      validationLoss: 1,
      score,
    }));
    const state = (patience: number) =>
      ({ step: 4, checks, config: { steps: 9, patience } }) as unknown as TuneState;
    expect([0, 1, 2, 3].map((patience) => isOver(state(patience)))).toEqual([false, true, true, false]);
  });
});
