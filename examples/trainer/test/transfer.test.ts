import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWeights } from '../../../src/interop/index.js';
import { unetAttD } from '../../../src/models/index.js';
import { savePretrained } from '../../../src/pretrained/index.js';
import { folderFiles } from '../../../src/training/node/index.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { buildTrainer, type Trainer } from '../../../test/support/trainer.js';

const folder = mkdtempSync(path.join(tmpdir(), 'transfer-'));
const at = (...names: string[]) => path.join(folder, ...names);
let trainer: Trainer;

/**
 * Chips in which the class is told by the bands, but for noise, at two dates, between which a part changed; a strip of
 * each split.
 */
function writeLabelledChips(): void {
  for (const name of ['chips/images', 'chips/labels', 'chips/later', 'chips/change'])
    mkdirSync(at(name), { recursive: true });
  const lines = ['image,label,usage,strip,group,groups,later,change'];
  let state = 1;
  const random = () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  for (const [usage, count] of Object.entries({ train: 8, validate: 5, test: 4 })) {
    for (let i = 0; i < count; i++) {
      const labels = Uint8Array.from({ length: 1024 }, (_, p) => (((p % 32) + 8 * i) % 48) >> 4);
      const data = new Float32Array(2048);
      for (const [p, label] of labels.entries()) {
        data[2 * p] = label + random();
        data[2 * p + 1] = (label === 1 ? 2 : 0) + 2 * random();
      }
      const chip = { width: 32, height: 32 };
      writeFileSync(at(`chips/images/${usage}${i}.tif`), encodeGeoTiff({ ...chip, bands: 2, data }));
      writeFileSync(at(`chips/labels/${usage}${i}.tif`), encodeGeoTiff({ ...chip, bands: 1, data: labels }));
      const changed = Uint8Array.from({ length: 1024 }, (_, p) =>
        p < 128 ? 255 : Number(((p % 32) + 7 * i) % 32 < 12),
      );
      const later = data.map((value, j) => value + (changed[j >> 1] === 1 ? 3 : 0) + random() / 4);
      writeFileSync(at(`chips/later/${usage}${i}.tif`), encodeGeoTiff({ ...chip, bands: 2, data: later }));
      writeFileSync(at(`chips/change/${usage}${i}.tif`), encodeGeoTiff({ ...chip, bands: 1, data: changed }));
      const counts = [0, 1, 2].map((k) => labels.filter((label) => label === k).length);
      const present = [0, 1, 2].filter((k) => counts[k] > 340).join(' ');
      const main = counts.indexOf(Math.max(...counts));
      const [image, label, second, change] = ['images', 'labels', 'later', 'change'].map(
        (name) => `${name}/${usage}${i}.tif`,
      );
      lines.push([image, label, usage, usage, main, present, second, change].join());
    }
  }
  writeFileSync(at('chips/catalog.csv'), `${lines.join('\n')}\n`);
}

beforeAll(async () => {
  await startTestBackend();
  writeLabelledChips();
  const config = { inChannels: 2, filterConfig: [4, 4, 8, 8, 8, 8], blockNum: [1, 1, 1, 1, 1, 1] };
  await savePretrained(unetAttD(config), folderFiles(at('model')), {
    config,
    bands: [{ name: 'a' }, { name: 'b' }],
    diffusion: { schedule: 'squaredcos_cap_v2', timesteps: 1000, predictionType: 'x0' },
    normalization: {
      strategy: 'z_value',
      procedure: 'gpb',
      globalStats: { mean: [1.5, 1.7], std: [0.9, 1.1] },
    },
  });
  trainer = buildTrainer();
});
afterAll(() => {
  trainer?.close();
  rmSync(folder, { recursive: true, force: true });
});

const evaluate = (out: string, flags: string[], model = 'model') =>
  trainer.start(
    [
      ...['evaluate-transfer', at(model), '--data', at('chips'), '--catalog', at('chips/catalog.csv')],
      ...[
        '--classes',
        'a|b|c',
        '--out',
        at(out),
        '--group',
        'strip',
        '--timesteps',
        '0',
        '--layers',
        'conv4;conv3',
        '--steps',
        '8',
        '--max-rows',
        '500',
      ],
      ...flags,
    ],
    { script: 'trainer/src/main.ts' },
  );
const table = (out: string, file: string) => readFileSync(at(out, file), 'utf8');

describe('evaluate-transfer', () => {
  const methods = 'raw-linear neighbourhood-forest random-features-linear features-windows-forest finetuned';
  const flags = ['--chips', '2', '--points', '5', '--seeds', '2', '--methods', methods];

  it('killed and started again, ends with the same table', async () => {
    const { code, stderr } = await evaluate('whole', flags).ended;
    expect(stderr.replaceAll(/.*does not say.*\n?/g, '')).toBe('');
    expect(code).toBe(0);

    const killed = evaluate('killed', flags);
    await new Promise<void>((resolve) => {
      killed.child.stdout!.on('data', (text: string) => /^4: /m.test(text) && resolve());
      killed.child.on('close', () => resolve());
    });
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(at('killed/segmentation.md'))).toBe(false);
    const before = table('killed', 'trials.jsonl');
    const resumed = await evaluate('killed', flags).ended;
    expect(resumed.code).toBe(0);
    const done = Number(/, (\d+) done before/.exec(resumed.stdout)?.[1]);
    expect(done).toBeGreaterThanOrEqual(3);
    expect(table('killed', 'trials.jsonl').startsWith(before.slice(0, before.lastIndexOf('\n') + 1))).toBe(
      true,
    );
    expect(table('killed', 'segmentation.csv')).toBe(table('whole', 'segmentation.csv'));
    const untimed = (out: string) => table(out, 'segmentation.md').replaceAll(/ [\d.]+ \|$/gm, '');
    expect(untimed('killed')).toBe(untimed('whole'));
    expect(existsSync(at('killed/segmentation-points.png'))).toBe(true);

    // The bands tell the classes but for noise, chance would give an IoU of some 0.2.
    const line = table('whole', 'segmentation.csv')
      .split('\n')
      .find((one) => one.includes('raw-linear'))!;
    expect(Number(line.split(',')[5])).toBeGreaterThan(0.5);
  }, 300_000);

  it('takes the checkpoint of the best probe, and shows another pretraining at the middle budget', async () => {
    const chips = ['--data', at('chips'), '--catalog', at('chips/catalog.csv')];
    const size = [
      '--filter-config',
      '4,4,8,8,8,8',
      '--epochs',
      '2',
      '--batch',
      '4',
      '--checkpoint-interval',
      '1',
    ];
    const run = trainer.start(['pretrain', ...chips, '--out', at('run'), ...size], {
      script: 'trainer/src/main.ts',
    });
    expect((await run.ended).code).toBe(0);
    const some = ['--methods', 'raw-linear features-linear', '--chips', '2,4,8', '--seeds', '1'];
    const more = ['--checkpoints', '--also', at('model'), ...some];
    const { code, stderr, stdout } = await evaluate('chosen', more, 'run').ended;
    expect(`${code} ${stderr.replaceAll(/.*does not say.*\n?/g, '')}`).toBe('0 ');

    const lines = table('chosen', 'checkpoints.md').split('\n');
    const scores = lines.flatMap((line) => {
      const [, name, epoch, probe] = /^\| (\S+) \| (\d) \| [\d.]+ \| (\**0\.\d+\**) \|$/.exec(line) ?? [];
      return name === undefined ? [] : [{ name, epoch, score: Number(probe.replaceAll('*', '')), probe }];
    });
    expect(scores.map(({ name }) => name)).toEqual([
      'best.safetensors',
      'epoch-1.safetensors',
      'epoch-2.safetensors',
    ]);
    const best = Math.max(...scores.map(({ score }) => score));
    const named = scores.find(({ probe }) => probe.startsWith('**'))!;
    expect(named.score).toBe(best);
    const weights = (file: string) => readWeights(readFileSync(at(file)));
    const [kept, wanted] = [weights('chosen/best-by-probe/model.safetensors'), weights(`run/${named.name}`)];
    const filter = [...kept.keys()].find((name) => name.endsWith('.weight'))!;
    expect(kept.get(filter)!.data).toEqual(wanted.get(filter)!.data);
    expect(stdout).toContain(`segmentation with ${at('chosen/best-by-probe')}: 8 training`);

    const report = table('chosen', 'segmentation.md');
    expect(report).toMatch(/use pretraining, which took \d+\.\d minutes/);
    const other = report.slice(report.indexOf('Another pretraining'));
    expect(other.split('\n').filter((line) => line.startsWith('| features-linear |'))).toHaveLength(1);
    expect(other).toMatch(/\| features-linear \| 4 chips \| 0\.\d+ \| 0\.\d+ \|/);
  }, 300_000);

  it('tries again what other options change, and that alone', async () => {
    const some = ['--methods', 'raw-linear features-linear', '--chips', '2', '--seeds', '1'];
    expect((await evaluate('again', some).ended).code).toBe(0);
    const { stdout } = await evaluate('again', [...some, '--timesteps', '10']).ended;
    expect(stdout).toContain('2 trials, 1 done before');
    expect(table('again', 'trials.jsonl').trim().split('\n')).toHaveLength(3);
    expect(table('again', 'segmentation.csv').trim().split('\n')).toHaveLength(3);
  }, 300_000);

  it('asks about whole chips too', async () => {
    for (const [task, column] of [
      ['scenes', 'group'],
      ['groups', 'groups'],
    ]) {
      const some = ['--methods', 'raw-linear features-mlp finetuned-frozen', '--chips', '6', '--seeds', '1'];
      const { code, stderr } = await evaluate(task, ['--task', task, '--label-column', column, ...some])
        .ended;
      expect(`${code} ${stderr.replaceAll(/.*does not say.*\n?/g, '')}`).toBe('0 ');
      expect(table(task, `${task}.csv`).split('\n')).toHaveLength(5);
    }
  }, 300_000);

  it('asks what changed between two dates', async () => {
    const columns = [
      '--image-columns',
      'image,later',
      '--label-column',
      'change',
      '--classes',
      'same|changed',
    ];
    const some = ['--methods', 'raw-linear features-linear finetuned', '--chips', '4', '--points', '8'];
    const flags = ['--task', 'change', ...columns, ...some, '--layers', 'conv5', '--seeds', '1'];
    const { code, stderr } = await evaluate('change', flags).ended;
    expect(`${code} ${stderr.replaceAll(/.*does not say.*\n?/g, '')}`).toBe('0 ');
    const lines = table('change', 'change.csv').trim().split('\n').slice(1);
    expect(lines).toHaveLength(6);
    const scoreOf = (method: string) =>
      Number(lines.find((line) => line.includes(`${method},`))!.split(',')[5]);
    // Bands that changed are three apart, others a quarter at most. Who says 'changed' everywhere has 0.55.
    expect(scoreOf('raw-linear')).toBeGreaterThan(0.95);
    expect(scoreOf('features-linear')).toBeGreaterThan(0.75);
    expect(scoreOf('finetuned')).toBeGreaterThan(0.85);
  }, 120_000);

  it('refuses groups that cross splits, and layers and methods that are none', async () => {
    const catalog = table('chips', 'catalog.csv').replace('train,train', 'train,test');
    writeFileSync(at('chips/crossing.csv'), catalog);
    const cases: [string[], RegExp][] = [
      [
        ['--catalog', at('chips/crossing.csv')],
        /'strip' test is in test and in train: neighbours would be in both/,
      ],
      [['--layers', 'conv9'], /--layers names 'conv9', which the network has not/],
      [['--methods', 'magic'], /'magic' is none of raw-linear/],
      [['--task', 'change'], /takes the columns of two dates by --image-columns, not 'image'/],
      [['--chips', '9'], /9 chips are asked for; there are 8/],
    ];
    for (const [more, message] of cases) {
      const { code, stderr } = await evaluate('refused', ['--chips', '2', '--seeds', '1', ...more]).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    }
  }, 300_000);
});
