import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { attentionMaps } from 'diffusion-ssl/models';
import { fromPretrained } from 'diffusion-ssl/pretrained';
import { cosineSchedule } from 'diffusion-ssl/ssl/dino';
import { folderFiles } from 'diffusion-ssl/training/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { buildTrainer, type Trainer } from '../../../test/support/trainer.js';
import { dino } from '../src/commands/dino.js';
import { parseDinoOptions } from '../src/dino/dinoOptions.js';
import { transformOf } from './labelledChips.js';
import { refusalOf } from './refusalOf.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dino-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
let trainer: Trainer | undefined;

/** Chips of stripes, across or along, in two bands: what a class is, no single pixel tells. */
function writeChips(): string {
  mkdirSync(at('chips'));
  const rows = ['image,usage,kind'];
  for (let i = 0; i < 36; i++) {
    const isAlong = i % 2 === 1;
    const values = Float32Array.from({ length: 2 * 32 * 32 }, (_, k) => {
      const pixel = k >> 1;
      const place = isAlong ? pixel >> 5 : pixel % 32;
      return ((place + i) % 8 < 4 ? 1 : 0) * (1 + (k % 2)) + ((k * 7919 + i * 104729) % 97) / 97;
    });
    const info = { width: 32, height: 32, bands: 2, epsg: 32633, transform: transformOf(i) };
    writeFileSync(at('chips', `${i}.tif`), encodeGeoTiff({ ...info, data: values }));
    rows.push(`${i}.tif,${i < 24 ? 'train' : 'validate'},${isAlong ? 'along' : 'across'}`);
  }
  writeFileSync(at('chips', 'catalog.csv'), `${rows.join('\n')}\n`);
  return at('chips', 'catalog.csv');
}

let catalog: string;
beforeAll(async () => {
  for (const name of ['log', 'error', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  }
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(100);
  await startTestBackend();
  catalog = writeChips();
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  trainer?.close();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const run = (out: string, ...more: string[]) => [
  ...['--data', at('chips'), '--catalog', catalog, '--labels', 'kind', '--out', at(out)],
  ...['--batch', '6', '--epochs', '3', '--token-size', '4', '--embed-dim', '24', '--depth', '2'],
  ...['--out-dim', '32', '--hidden-dim', '32', '--bottleneck-dim', '16', '--neighbours', '3'],
  ...['--global-size', '24', '--local-size', '12', '--local-count', '2', '--warmup-epochs', '1', ...more],
];

/** In this process: without workers, whose file stands in the built package, which a fresh clone does not have yet. */
const here = ['--workers', '0'];

describe('dino', () => {
  it('leaves the teacher as a model folder, a table, and a picture of what it attends to', async () => {
    await dino(run('plain', ...here));
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    const [head, ...rows] = readFileSync(at('plain/log.csv'), 'utf8').trimEnd().split('\n');
    expect(head).toBe('epoch,step,loss,teacherEntropy,teacherSpread,featureSpread,accuracy');
    const table = rows.map((row) => row.split(',').map(Number));
    expect(table.map(([epoch, step]) => [epoch, step])).toEqual([
      [0, 0],
      [1, 4],
      [2, 8],
      [3, 12],
    ]);
    for (const [, , loss, entropy, , spread, accuracy] of table.slice(1)) {
      expect(loss).toBeGreaterThan(0);
      expect(entropy).toBeGreaterThan(0);
      expect(entropy).toBeLessThan(1);
      expect(spread).toBeGreaterThan(0);
      expect(accuracy * 12).toBeCloseTo(Math.round(accuracy * 12), 6);
    }
    expect(statSync(at('plain/attention.png')).size).toBeGreaterThan(1000);
    // The command has ended its backend.
    await startTestBackend();
    const { model, factory, bands, normalization, size } = await fromPretrained(
      folderFiles(at('plain/model')),
    );
    expect([factory, bands.length, size]).toEqual(['vit', 2, [32, 32]]);
    expect(normalization).toMatchObject({ strategy: 'z_value' });
    expect(attentionMaps(model, tf.zeros([1, 32, 32, 2])).shape).toEqual([1, 8, 8, 3]);
    model.dispose();
  }, 120_000);

  it('killed, or stopped by a signal, and resumed ends with the same bytes', async () => {
    trainer = buildTrainer();
    const start = (...args: string[]) => trainer!.start(['dino', ...args], { script: 'trainer/src/main.ts' });
    const more = ['--checkpoint-steps', '1', '--drop-path', '0.2'];
    const whole = await start(...run('whole', ...more)).ended;
    expect(whole.code, whole.stderr).toBe(0);
    const bytes = (name: string, file: string) => readFileSync(at(name, file));
    for (const [name, signal] of [
      ['killed', 'SIGKILL'],
      ['stopped', 'SIGINT'],
    ] as const) {
      const begun = start(...run(name, ...more));
      await vi.waitFor(() => expect(statSync(at(name, 'log.jsonl')).size).toBeGreaterThan(600), {
        timeout: 60_000,
        interval: 20,
      });
      begun.child.kill(signal);
      expect((await begun.ended).code).not.toBe(0);
      if (signal === 'SIGKILL') cpSync(at(name), at('fewer'), { recursive: true });
      const again = await start('--out', at(name), '--resume', '--checkpoint-steps', '1').ended;
      expect(again.code, again.stderr).toBe(0);
      expect(again.stdout).toMatch(/resuming .* at step \d+/);
      expect(bytes(name, 'latest.safetensors').equals(bytes('whole', 'latest.safetensors'))).toBe(true);
      expect(bytes(name, 'log.csv')).toEqual(bytes('whole', 'log.csv'));
      expect(bytes(name, 'log.jsonl')).toEqual(bytes('whole', 'log.jsonl'));
      expect(bytes(name, 'model/model.safetensors')).toEqual(bytes('whole', 'model/model.safetensors'));
    }
  }, 240_000);

  it('refuses another configuration on resuming, a folder that holds a run, and other chips', async () => {
    const failed = async (...args: string[]) => {
      await dino(args);
      expect(process.exitCode).toBe(1);
      process.exitCode = undefined;
      return said.at(-1);
    };
    expect(await failed(...run('plain'))).toMatch(/holds a run already: go on with it by --resume/);
    expect(await failed('--out', at('plain'), '--resume', '--lr', '1')).toMatch(
      /leave out --lr \(the run has 0\.004\), or start a new run/,
    );
    expect(await failed('--out', at('none'), '--resume')).toMatch(/there is nothing to resume/);
    const other = at('chips', 'other.csv');
    writeFileSync(other, readFileSync(catalog, 'utf8').replace('0.tif,train', '0.tif,validate'));
    const elsewhere = ['--data', at('chips'), '--catalog', other];
    expect(await failed('--out', at('plain'), '--resume', ...elsewhere, ...here)).toMatch(
      /depends on what has changed since/,
    );
    const kinds = at('chips', 'kinds.csv');
    writeFileSync(kinds, readFileSync(catalog, 'utf8').replace('0.tif,train,across', '0.tif,train,along'));
    const renamed = ['--data', at('chips'), '--catalog', kinds];
    expect(await failed('--out', at('plain'), '--resume', ...renamed, ...here)).toMatch(
      /depends on what has changed since: the labels.* --resume --accept-changes\.$/,
    );
  });

  it('goes on with fewer chips where that is accepted, at the rates of where it is in the run', async () => {
    const some = at('chips', 'some.csv');
    const lines = readFileSync(catalog, 'utf8').split('\n');
    writeFileSync(some, lines.filter((line) => !/^[0-7]\.tif/.test(line)).join('\n'));
    const elsewhere = ['--data', at('chips'), '--catalog', some];
    await dino(['--out', at('fewer'), '--resume', '--accept-changes', ...elsewhere, ...here]);
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    expect(said.join('\n')).toMatch(/depends on what has changed since: .* It is accepted\./);
    const records = readFileSync(at('fewer/log.jsonl'), 'utf8').trimEnd().split('\n');
    const rates = records.flatMap((record) => JSON.parse(record).learningRate ?? []);
    const last = cosineSchedule({
      base: (0.004 * 6) / 256,
      final: 1e-6,
      epochs: 3,
      stepsPerEpoch: 2,
      warmupEpochs: 1,
    });
    expect(rates.slice(-2)).toEqual([...last.slice(-2)]);
  }, 60_000);

  it('ends where the teacher says the same of every chip, and says what to change', async () => {
    // The centre is the batch's own mean and nothing is sharp: every output is uniform.
    const flat = ['--centre-momentum', '0', '--warmup-teacher-temp', '1000', '--teacher-temp', '1000'];
    // A warm-up as long as the run ends an epoch before it does, and then it is watched.
    await dino(run('flat', ...flat, '--warmup-epochs', '3', '--patience', '2', ...here));
    expect(process.exitCode).toBe(1);
    expect(said.at(-1)).toMatch(
      /outputs are the same for every image\. Begin again with a lower learning rate/,
    );
  }, 60_000);

  it.each([
    ['crops labelled chips too', 'large', ['--size', '32']],
    ['leaves labelled chips out that cannot be read', 'broken', ['--on-bad-chip', 'skip']],
  ])(
    '%s',
    async (_, name, flags) => {
      const side = 40;
      const info = { width: side, height: side, bands: 2, epsg: 32633, transform: transformOf(99) };
      writeFileSync(
        at('chips/large.tif'),
        encodeGeoTiff({ ...info, data: new Float32Array(2 * side * side) }),
      );
      writeFileSync(at('chips/broken.tif'), 'no image');
      const [head, ...rows] = readFileSync(catalog, 'utf8').split('\n');
      const own = at('chips', `${name}.csv`);
      writeFileSync(own, [head, `${name}.tif,train,along`, ...rows].join('\n'));
      await dino(run(name, '--catalog', own, '--epochs', '1', ...flags, ...here));
      expect(process.exitCode, said.join('\n')).toBeUndefined();
      expect(readFileSync(at(name, 'log.csv'), 'utf8')).toMatch(/\n1,4,.*,[\d.]+\n$/);
    },
    60_000,
  );

  it('does not raise a learning rate below the last one', async () => {
    await dino(run('held', '--lr', '0.000001', '--warmup-epochs', '0', '--epochs', '1', ...here));
    const lines = readFileSync(at('held/log.jsonl'), 'utf8').trimEnd().split('\n');
    const rates = lines.map((line) => JSON.parse(line).learningRate).filter((rate) => rate !== undefined);
    expect(rates).toEqual(new Array(4).fill(6e-6 / 256));
  }, 60_000);
});

describe('its options', () => {
  it('take a preset, over which flags go', () => {
    const { config } = parseDinoOptions(['--preset', 'sar', '--teacher-temp', '0.002', '--size', '448']);
    expect(config).toMatchObject({
      ...{ studentTemp: 0.03, warmupTeacherTemp: 0.01, teacherTemp: 0.002, warmupTeacherTempEpochs: 5 },
      ...{ centreMomentum: 0.99, lr: 1e-6, globalSize: 224, localSize: 96, localCount: 8, tokenSize: 16 },
      dropPath: 0.1,
    });
    expect(config.chips).toMatchObject({ size: 448, augmentation: 'none' });
    expect(parseDinoOptions([]).config).toMatchObject({
      tokenSize: 8,
      globalSize: 48,
      outDim: 1024,
      dropPath: 0,
    });
    expect(parseDinoOptions(['--preset', 'dino', '--drop-path', '0.2']).config.dropPath).toBe(0.2);
  });

  it.each([
    [['--global-size', '20'], /--global-size is 20; it must be a multiple of --token-size, 8/],
    [['--embed-dim', '20'], /--embed-dim is 20; it must be a multiple of --num-heads, 3/],
    [['--labels', 'kind', '--windows', 'random', '--size', '32'], /--labels are .* with --windows/],
    [['--data', 'x'], /--data and --catalog go together/],
  ])('%j is refused', (args, message) => {
    expect(refusalOf(() => parseDinoOptions(args))).toMatch(message);
  });
});
