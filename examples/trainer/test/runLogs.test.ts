import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEvent } from '../../../src/training/node/readEvent.js';
import { readRecords } from '../../../src/training/node/readRecords.js';
import type { RunState } from '../src/checkpoint/RunState.js';
import { baselineAdvice } from '../src/console/baselineAdvice.js';
import { createRunLogs } from '../src/logs/createRunLogs.js';
import type { EpochRecord } from '../src/run/epochRecords.js';

const STEPS = 4;
const losses = [0.5, 0.25, 0.375];
let root: string;
let warnings: string[];
const warn = (text: string) => void warnings.push(text);
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'run-logs-'));
  warnings = [];
});
afterEach(() => rmSync(root, { recursive: true }));

const folderOf = (run: string) => path.join(root, run);
const fileOf = (run: string, name: string) => path.join(root, run, name);

const epochOf = (epoch: number): EpochRecord => ({
  epoch,
  step: STEPS * epoch,
  trainLoss: 1 / epoch,
  validationLoss: losses[epoch - 1],
  learningRate: 0.1 / epoch,
  bestEpoch: epoch === 1 ? 1 : 2,
  imagesPerSecond: 1,
  seconds: epoch,
});

/** A run after so many steps and validated epochs. */
function stateAt(step: number, epochs: number): RunState {
  const history = Array.from({ length: epochs }, (_, i) => ({
    ...epochOf(i + 1),
    waitShare: 0,
  }));
  return { step, epoch: epochs, history, config: { epochs: 3 } } as unknown as RunState;
}

/** Opens the logs at a state, and goes on from there. */
async function write(
  run: string,
  from: { step: number; epochs: number },
  to: { step: number; epochs: number },
) {
  mkdirSync(folderOf(run), { recursive: true });
  const logs = await createRunLogs(folderOf(run), stateAt(from.step, from.epochs), warn);
  let epochs = from.epochs;
  for (let step = from.step; ; step++) {
    if (step > from.step) {
      const epoch = Math.ceil(step / STEPS);
      logs.step({ step, epoch, loss: 1 / step, gradientNorm: 1, learningRate: 0.1, images: 2 });
    }
    if (step === STEPS * (epochs + 1) && epochs < to.epochs) logs.epoch(epochOf(++epochs));
    if (step === to.step) break;
  }
}

/** All that the logs say, without times. */
function contents(run: string) {
  const board = readdirSync(fileOf(run, 'tensorboard'));
  const points = board
    .flatMap((name) => readRecords(readFileSync(fileOf(run, `tensorboard/${name}`))).map(readEvent))
    .flatMap(({ step, tag }) => (tag === undefined ? [] : [`${tag} ${step}`]));
  return {
    files: readdirSync(folderOf(run)).sort(),
    temporary: board.filter((name) => name.startsWith('.')),
    lines: readFileSync(fileOf(run, 'log.jsonl'), 'utf8'),
    rows: readFileSync(fileOf(run, 'training_log.csv'), 'utf8'),
    points: points.sort(),
  };
}

const start = { step: 0, epochs: 0 };
const middle = { step: 10, epochs: 2 };
const end = { step: 12, epochs: 3 };

describe('the logs of a run that goes on', () => {
  beforeEach(() => write('alone', start, end));

  it.each([
    ['after lines that the checkpoint does not know', middle, { step: 11, epochs: 2 }],
    ['after an epoch that was validated, but not saved', { step: 8, epochs: 1 }, { step: 9, epochs: 2 }],
    ['where the last step of an epoch is saved', { step: 8, epochs: 1 }, { step: 8, epochs: 1 }],
    ['after all', end, end],
  ])('are those of one left alone: %s', async (_, saved, killed) => {
    await write('killed', start, killed);
    appendFileSync(fileOf('killed', 'log.jsonl'), '{"step":12,"lo');
    appendFileSync(fileOf('killed', 'training_log.csv'), '3,0.');
    await write('killed', saved, end);
    expect(contents('killed')).toEqual(contents('alone'));
    expect(warnings).toEqual([]);
  });

  it('are those of one left alone where it starts anew, killed before its first checkpoint', async () => {
    await write('killed', start, { step: 6, epochs: 1 });
    await write('killed', start, end);
    expect(contents('killed')).toEqual(contents('alone'));
    expect(readdirSync(fileOf('killed', 'tensorboard'))).toHaveLength(1);
  });

  it('are written again where they were deleted, but for steps that nothing else knows', async () => {
    for (const name of ['training_log.csv', 'tensorboard']) {
      await write('killed', start, middle);
      rmSync(fileOf('killed', name), { recursive: true });
      await write('killed', middle, end);
      expect(contents('killed')).toEqual(contents('alone'));
      expect(warnings).toEqual([]);
      rmSync(folderOf('killed'), { recursive: true });
    }
    await write('killed', start, middle);
    rmSync(fileOf('killed', 'log.jsonl'));
    await write('killed', middle, end);
    expect(warnings).toEqual([expect.stringMatching(/^log\.jsonl lacks 10 of the 10 steps until now/)]);
    const { lines, ...others } = contents('killed');
    const kept = contents('alone')
      .lines.split('\n')
      .filter((line) => line.includes('validationLoss') || /"step":1[12]/.test(line));
    expect(lines).toBe(`${kept.join('\n')}\n`);
    expect(others).toEqual({ ...contents('alone'), lines: undefined });
  });

  it('go on by the lines that are there, from a checkpoint whose history does not hold them', async () => {
    await write('killed', start, { step: 11, epochs: 2 });
    const state = stateAt(middle.step, middle.epochs);
    for (const epoch of state.history) delete epoch.seconds;
    const before = contents('killed');
    await createRunLogs(folderOf('killed'), state, warn);
    const after = contents('killed');
    expect(after.rows).toBe(before.rows);
    expect(after.lines).toBe(before.lines.split('\n').slice(0, -2).concat('').join('\n'));
  });
});

describe('baselineAdvice', () => {
  const advice = (loss: string, baseline: number, epochs = 3) => {
    const config = { loss, epochs, learningRate: 1e-3 };
    return baselineAdvice({ config, state: stateAt(12, epochs), folder: 'runs/a', baseline } as never);
  };

  it('says what to try where the last validation loss is not below the baseline', () => {
    expect(advice('mse', 0.375)).toMatch(
      /^The run ends above its baseline.*after epoch 2: best\.safetensors.*--resume --epochs 12.*0\.001/,
    );
    expect(advice('mse', 0.2)).not.toContain('It was below');
    expect(advice('mse', 0.376)).toBeUndefined();
    expect(advice('l1', 0.1)).toBeUndefined();
  });
});
