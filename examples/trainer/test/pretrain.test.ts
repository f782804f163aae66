import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSafetensors } from '../../../src/interop/readSafetensors.js';
import { countParameters } from '../../../src/models/countParameters.js';
import { namedParameters } from '../../../src/models/namedParameters.js';
import { unetAttD } from '../../../src/models/unetAttD.js';
import { readCheckpointState } from '../../../src/training/readCheckpointState.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { writeChips } from '../../../test/support/chips.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { buildTrainer, type Trainer } from '../../../test/support/trainer.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'pretrain-'));
const EPOCHS = 2;
const STEPS = EPOCHS * 4;
const filterConfig = [4, 4, 8, 8, 8, 8];
let trainer: Trainer;
let flags: string[];
const out = (name: string) => path.join(folder, name);
const read = (run: string, file: string) => readFileSync(path.join(out(run), file));
const text = (run: string, file: string) => read(run, file).toString();

/** The records of a run's log. */
function records(run: string): Record<string, number>[] {
  return text(run, 'log.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
}

/** Trains inside this process. */
function train(args: string[], hooks?: PretrainHooks) {
  return pretrain(parsePretrainOptions([...flags, '--workers', '0', ...args]), hooks);
}

/** Asserts that two runs left the same weights and log. */
function expectSameRun(actual: string, expected: string): void {
  expect(text(actual, 'log.jsonl')).toBe(text(expected, 'log.jsonl'));
  expect(read(actual, 'weights.safetensors').equals(read(expected, 'weights.safetensors'))).toBe(true);
  for (const name of ['best.safetensors', 'latest.safetensors']) {
    const [a, b] = [actual, expected].map((run) => readSafetensors(read(run, name)).tensors);
    expect([...a.keys()]).toEqual([...b.keys()]);
    for (const [key, { data }] of a) expect(data, `${name}: ${key}`).toEqual(b.get(key)!.data);
  }
}

beforeAll(async () => {
  await startTestBackend();
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  trainer = buildTrainer();
  const catalog = writeChips(folder);
  flags = [
    ...['--data', folder, '--catalog', catalog, '--image-columns', 'optical,radar', '--size', '32'],
    ...['--filter-config', filterConfig.join(), '--block-num', '2,2,2,2,2,2', '--dropout-rate', '0.1'],
    ...['--augmentation', 'flips+rotation', '--epochs', String(EPOCHS), '--batch', '4'],
    ...['--timesteps', '20', '--beta-end', '0.3', '--threads', '1'],
    ...['--upmode', 'deconv_2', '--time-embedding-dim', '128', '--ema-decay', '0.9', '--clip-norm', '1'],
  ];
});
afterAll(() => {
  trainer.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a run on six bands of two rasters', () => {
  let stdout: string;

  beforeAll(async () => {
    const run = await trainer.start([...flags, '--workers', '2', '--out', out('whole')]).ended;
    expect(run.code, run.stderr).toBe(0);
    stdout = run.stdout;
  });

  it('says what it works on, what it needs and what it reached', () => {
    expect(stdout).toContain('16 training and 4 validation chips of 32 × 32 × 6');
    const { trainable } = countParameters({ inChannels: 6, filterConfig });
    expect(stdout).toContain(`${trainable.toLocaleString('en')} parameters; memory: weights `);
    for (const part of ['gradients', 'moments', 'activations'])
      expect(stdout).toMatch(RegExp(`${part} \\d+`));
    expect(stdout).toMatch(/baseline: .* 0\.\d+/);
    expect(stdout).toMatch(/validation loss \d+\.\d+, baseline 0\.\d+/);
    expect(stdout.indexOf('memory:')).toBeLessThan(stdout.indexOf('baseline'));
  });

  it('logs every step and epoch as JSON lines', () => {
    const all = records('whole');
    const steps = all.filter((record) => 'loss' in record);
    expect(steps.map((record) => record.step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    for (const { loss, gradientNorm, learningRate, images } of steps) {
      expect(loss).toBeGreaterThan(0.01);
      expect(loss).toBeLessThan(3);
      expect(gradientNorm).toBeGreaterThan(0);
      expect(learningRate).toBeGreaterThan(0);
      expect(images).toBe(4);
    }
    const epochs = all.filter((record) => 'validationLoss' in record);
    expect(epochs.map(({ step, epoch }) => [step, epoch])).toEqual([
      [4, 1],
      [8, 2],
    ]);
    const mean = (part: typeof steps) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(epochs[1].trainLoss).toBeCloseTo(mean(steps.slice(4)), 12);
  });

  it("writes the tutorial's columns, a row an epoch", () => {
    const [header, ...rows] = text('whole', 'training_log.csv').trimEnd().split('\n');
    expect(header).toBe('epoch,train_loss,val_loss,learning_rate,best_epoch_so_far,epoch_time_sec');
    const epochs = records('whole').filter((record) => 'validationLoss' in record);
    expect(rows.length).toBe(EPOCHS);
    rows.forEach((row, i) => {
      const [epoch, trainLoss, valLoss, learningRate, best, seconds] = row.split(',').map(Number);
      const { trainLoss: expected, validationLoss, learningRate: rate } = epochs[i];
      expect([epoch, trainLoss, valLoss, learningRate]).toEqual([i + 1, expected, validationLoss, rate]);
      const losses = epochs.slice(0, i + 1).map((record) => record.validationLoss);
      expect(best).toBe(losses.indexOf(Math.min(...losses)) + 1);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(120);
    });
  });

  it('writes TensorBoard events', () => {
    const files = readdirSync(path.join(out('whole'), 'tensorboard'));
    expect(files).toHaveLength(1);
    expect(files[0]).toMatch(/^events\.out\.tfevents\./);
    const events = read('whole', `tensorboard/${files[0]}`).toString('latin1');
    expect(events.split('loss/train').length - 1).toBe(STEPS);
    expect(events.split('loss/validation').length - 1).toBe(EPOCHS);
  });

  it.each([
    ['loss.png', 1000, 600],
    ['best.png', 4 * 144, 4 * 144],
    ['samples.png', 7 * 112, 6 * 112],
  ])('draws %s', (name, minWidth, minHeight) => {
    const { width, height, channels, data } = decode(read('whole', name));
    expect(width).toBeGreaterThanOrEqual(minWidth);
    expect(height).toBeGreaterThanOrEqual(minHeight);
    expect(Math.max(width, height)).toBeLessThan(4000);
    const colours = new Set<number>();
    for (let i = 0; i < data.length; i += channels) {
      colours.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
    }
    // Lines and text are blends of a few colours; pictures have many more.
    expect(colours.size).toBeGreaterThan(name === 'loss.png' ? 50 : 1000);
  });

  it('draws loss.svg', () => {
    const svg = text('whole', 'loss.svg');
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.trimEnd()).toMatch(/<\/svg>$/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).toContain('validation');
  });

  it('leaves checkpoints with optimizer, average and position, and weights under their torch names', () => {
    const names = namedParameters(unetAttD({ inChannels: 6, filterConfig })).map(({ name }) => name);
    const trained = namedParameters(unetAttD({ inChannels: 6, filterConfig })).filter(
      ({ spec }) => spec.trainable,
    );
    const weights = readSafetensors(read('whole', 'weights.safetensors')).tensors;
    expect([...weights.keys()].sort()).toEqual([...names].sort());
    const finite = (value: number | bigint) => Number.isFinite(Number(value));
    for (const [name, { data }] of weights) expect(Array.from(data, finite).every(Boolean), name).toBe(true);
    for (const [file, epoch] of [
      ['best.safetensors', undefined],
      ['latest.safetensors', EPOCHS],
    ] as const) {
      const bytes = read('whole', file);
      const { tensors } = readSafetensors(bytes);
      for (const name of names) expect(tensors.has(name), name).toBe(true);
      const slots = [...tensors.keys()].filter((key) => key.startsWith('optimizer.'));
      expect(slots.length).toBe(2 * trained.length);
      expect([...tensors.keys()].some((key) => key.startsWith('ema.'))).toBe(true);
      const state = readCheckpointState(bytes) as Record<string, unknown>;
      if (epoch) expect(state).toMatchObject({ epoch, step: STEPS, nextBatch: 0 });
      expect(state).toMatchObject({ config: { batch: 4, seed: 0, imageColumns: ['optical', 'radar'] } });
      expect(state).toHaveProperty('schedule');
      const statistics = JSON.parse(text('whole', 'statistics.json'));
      expect(statistics.mean).toHaveLength(6);
      expect(state.chips).toEqual({ shape: [32, 32, 6], statistics, shownBands: [0, 1, 2] });
    }
  });

  it('sums the run up', () => {
    const summary = JSON.parse(text('whole', 'summary.json')) as Record<string, number>;
    expect(Object.keys(summary)).toEqual([
      ...['backend', 'parameters', 'images', 'skippedChips', 'epochs', 'trainLoss', 'validationLoss'],
      ...['baselineLoss', 'imagesPerSecond', 'waitShare', 'seconds', 'peakMemoryBytes'],
      'samplesAgainstChips',
    ]);
    const last = records('whole').at(-1)!;
    expect(summary).toMatchObject({
      backend: 'wasm',
      parameters: countParameters({ inChannels: 6, filterConfig }).trainable,
      images: 16,
      skippedChips: 0,
      epochs: EPOCHS,
      trainLoss: last.trainLoss,
      validationLoss: last.validationLoss,
    });
    expect(summary.baselineLoss).toBeGreaterThan(0.01);
    expect(summary.baselineLoss).toBeLessThan(1);
    const epochTime = Number(text('whole', 'training_log.csv').trimEnd().split(',').at(-1));
    expect(summary.imagesPerSecond).toBeCloseTo(16 / epochTime, 6);
    expect(summary.waitShare).toBeGreaterThan(0);
    expect(summary.waitShare).toBeLessThan(1);
    expect(summary.seconds).toBeGreaterThan(epochTime);
    expect(summary.seconds).toBeLessThan(300);
    expect(summary.peakMemoryBytes).toBeGreaterThan(50 * 2 ** 20);
    expect(summary.peakMemoryBytes).toBeLessThan(2 * 2 ** 30);
  });

  it('is repeated bit for bit by the same seed, without worker threads too', async () => {
    expect(await train(['--out', out('again')])).toBe('finished');
    expectSameRun('again', 'whole');
  });

  it('is another one by another seed', async () => {
    await train(['--out', out('other'), '--seed', '1', '--epochs', '1']);
    expect(text('other', 'log.jsonl')).not.toBe(
      text('whole', 'log.jsonl').split('\n').slice(0, 5).join('\n'),
    );
    expect(records('other')[0].loss).not.toBe(records('whole')[0].loss);
    expect(records('other')[0].images).toBe(4);
  });

  it('ends the same after Ctrl-C and kill -9', async () => {
    const args = [...flags, '--out', out('killed'), '--workers', '0', '--checkpoint-steps', '1'];
    const log = path.join(out('killed'), 'log.jsonl');
    const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0);
    const stop = async (signal: 'SIGINT' | 'SIGKILL', atLine: number, extra: string[]) => {
      const run = trainer.start([...args, ...extra]);
      while (lines() < atLine && run.child.exitCode === null)
        await new Promise((next) => setTimeout(next, 5));
      run.child.kill(signal);
      return run.ended;
    };
    const interrupted = await stop('SIGINT', 2, []);
    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(interrupted.stderr).toContain('press Ctrl-C again to stop at once');
    expect(interrupted.stdout).toMatch(
      /stopped at step \d+; go on with: npx diffusion-ssl pretrain --out .*killed --resume/,
    );
    expect(lines()).toBeLessThan(STEPS);

    const killed = await stop('SIGKILL', lines() + 2, ['--resume']);
    expect(killed.code).toBe(null);
    expect(existsSync(path.join(out('killed'), 'weights.safetensors'))).toBe(false);

    const resumed = await trainer.start([
      '--out',
      out('killed'),
      '--workers',
      '0',
      '--resume',
      '--threads',
      '1',
    ]).ended;
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stdout).toMatch(/resuming .*killed at step \d+/);
    expectSameRun('killed', 'whole');
    expect(text('killed', 'training_log.csv').split('\n').length).toBe(EPOCHS + 2);
  });
});

describe('a run stopped after any step', () => {
  it('ends like one left alone', async () => {
    for (let stop = 1; stop <= STEPS; stop++) {
      const args = ['--out', out('stopped'), ...(stop > 1 ? ['--resume'] : [])];
      expect(await train(args, stopAfter(1))).toBe('interrupted');
      expect(existsSync(path.join(out('stopped'), 'summary.json'))).toBe(false);
    }
    expect(await train(['--out', out('stopped'), '--resume'])).toBe('finished');
    expectSameRun('stopped', 'whole');
  });
});
