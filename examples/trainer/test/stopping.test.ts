import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readEvent } from '../../../src/training/node/readEvent.js';
import { readRecords } from '../../../src/training/node/readRecords.js';
import { readCheckpointState } from '../../../src/training/readCheckpointState.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { writeChips } from '../../../test/support/chips.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { resumeCommand } from '../src/checkpoint/resumeCommand.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';
import type { RunListener } from '../src/run/RunListener.js';

const folder = mkdtempSync(path.join(tmpdir(), 'stopping-'));
const out = (name: string) => path.join(folder, name);
const STEPS_PER_EPOCH = 4;
const said: string[] = [];
let flags: string[];

const train = (run: string, args: string[], hooks?: PretrainHooks) =>
  pretrain(parsePretrainOptions([...flags, '--out', out(run), ...args]), hooks);

/** What a run leaves that must not depend on how often it was stopped: all but times. */
function results(run: string) {
  const text = (name: string) => readFileSync(path.join(out(run), name), 'utf8');
  const bytes = (name: string) => readFileSync(path.join(out(run), name)).toString('latin1');
  return {
    files: readdirSync(out(run)).sort(),
    weights: bytes('weights.safetensors'),
    log: text('log.jsonl'),
    rows: text('training_log.csv').replaceAll(/,[^,]*$/gm, ''),
    points: readdirSync(path.join(out(run), 'tensorboard'))
      .flatMap((name) => readRecords(readFileSync(path.join(out(run), 'tensorboard', name))).map(readEvent))
      .flatMap(({ step, tag }) => (tag === undefined ? [] : [`${tag} ${step}`]))
      .sort(),
    pictures: ['best.png', 'samples.png', 'loss.png', 'loss.svg'].map(bytes),
  };
}

beforeAll(async () => {
  await startTestBackend();
  vi.spyOn(console, 'warn').mockReturnValue();
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const catalog = writeChips(folder);
  flags = [
    ...['--data', folder, '--catalog', catalog, '--image-columns', 'optical,radar', '--size', '32'],
    ...[
      '--filter-config',
      '4,4,8,8,8,8',
      '--epochs',
      '2',
      '--batch',
      '4',
      '--workers',
      '0',
      '--threads',
      '1',
    ],
  ];
  expect(await train('whole', [])).toBe('finished');
});
beforeEach(() => {
  said.length = 0;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Aborts once a condition holds, looked at whenever the event loop has its turn. */
function when(condition: () => boolean): AbortSignal {
  const controller = new AbortController();
  const look = () => {
    if (condition()) controller.abort(new Error('enough'));
    else setImmediate(look);
  };
  look();
  return controller.signal;
}

const hasSaid = (text: string) => () => said.some((line) => line.includes(text));

describe('a run that is asked to stop', () => {
  it.each([
    ['from the start', () => true],
    ['while chips are opened', hasSaid('backend ')],
    ['before the baseline', hasSaid('parameters; memory')],
    ['after the baseline', hasSaid('baseline: ')],
  ])('%s, before its first step, says so and leaves no half folder', async (_, condition) => {
    expect(await train('early', [], { signal: when(condition) })).toBe('interrupted');
    expect(said).toContain('stopped before the first step: there is nothing to save');
    expect(existsSync(out('early'))).toBe(false);
    mkdirSync(out('mine'), { recursive: true });
    expect(await train('mine', [], { signal: when(condition) })).toBe('interrupted');
    expect(readdirSync(out('mine'))).toEqual([]);
  });

  it('while it validates, goes on there', async () => {
    let step = 0;
    // Two turns behind the last step of the epoch.
    let turns = 0;
    const signal = when(() => step === STEPS_PER_EPOCH && ++turns > 1);
    const stepped: RunListener['stepped'] = (_, record) => {
      step = record.step;
    };
    expect(await train('validating', [], { signal, listeners: [{ stepped }] })).toBe('interrupted');
    expect(said.at(-1)).toMatch(
      /^stopped at step 4; go on with: npx diffusion-ssl pretrain --out .*validating --resume$/,
    );
    const state = readCheckpointState(readFileSync(path.join(out('validating'), 'latest.safetensors')));
    expect(state).toMatchObject({ step: 4, epoch: 0, nextBatch: STEPS_PER_EPOCH, history: [] });
    expect(await train('validating', ['--resume'])).toBe('finished');
    expect(results('validating')).toEqual(results('whole'));
  });

  it('while it writes what an epoch leaves, writes it all first', async () => {
    const best = path.join(out('writing'), 'best.png');
    expect(await train('writing', [], { signal: when(() => existsSync(best)) })).toBe('interrupted');
    for (const name of ['best.safetensors', 'loss.png'])
      expect(existsSync(path.join(out('writing'), name))).toBe(true);
    const state = readCheckpointState(readFileSync(path.join(out('writing'), 'latest.safetensors')));
    expect(state).toMatchObject({ step: 4, epoch: 1, nextBatch: 0 });
    expect(await train('writing', ['--resume'])).toBe('finished');
    expect(results('writing')).toEqual(results('whole'));
  });

  it('while it draws samples, draws them when it goes on', async () => {
    const signal = when(() => existsSync(path.join(out('sampling'), 'weights.safetensors')));
    expect(await train('sampling', [], { signal })).toBe('interrupted');
    expect(existsSync(path.join(out('sampling'), 'samples.png'))).toBe(false);
    expect(await train('sampling', ['--resume'])).toBe('finished');
    expect(results('sampling')).toEqual(results('whole'));
  });

  it('before it has gone on, stays where it was', async () => {
    await train('again', [], stopAfter(1));
    const before = readFileSync(path.join(out('again'), 'latest.safetensors'));
    expect(await train('again', ['--resume'], { signal: AbortSignal.abort() })).toBe('interrupted');
    expect(said.at(-1)).toMatch(/^stopped at step 1; go on with/);
    expect(readFileSync(path.join(out('again'), 'latest.safetensors')).equals(before)).toBe(true);
  });
});

it('a stopped run is gone on with by a line that a shell takes', () => {
  const command = (...args: string[]) => {
    const { run } = parsePretrainOptions(args);
    return resumeCommand(run.out!, run);
  };
  expect(command('--out', 'runs/a-2', '--threads', '2')).toBe(
    'npx diffusion-ssl pretrain --out runs/a-2 --resume',
  );
  expect(command('--out', "my run's", '--log-dir', 'logs', '--backend', 'webgpu', '--allow-software')).toBe(
    "npx diffusion-ssl pretrain --out 'my run'\\''s' --resume --log-dir logs --backend webgpu --allow-software",
  );
});
