import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSafetensors } from '../../../src/interop/readSafetensors.js';
import { writeSafetensors } from '../../../src/interop/writeSafetensors.js';
import { readCheckpointState } from '../../../src/training/readCheckpointState.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { smoothPixels, writeChips, writeRaster } from '../../../test/support/chips.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';
import type { RunListener } from '../src/run/RunListener.js';

const folder = mkdtempSync(path.join(tmpdir(), 'resuming-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
let count = 0;

/** Trains within this process; without workers, whose file a fresh clone does not have yet. */
const train = (args: string[], hooks?: PretrainHooks) =>
  pretrain(parsePretrainOptions(['--workers', '0', '--threads', '1', ...args]), hooks);

/** A copy of a run that was stopped after the second of its eight steps, with chips of its own. */
function copyOfRun(): { out: string; chips: string; resume: string[] } {
  const copy = at(`copy-${count++}`);
  cpSync(at('original'), copy, { recursive: true });
  const [out, chips] = ['run', 'chips'].map((name) => path.join(copy, name));
  const where = ['--data', chips, '--catalog', path.join(chips, 'catalog.csv')];
  return { out, chips, resume: ['--out', out, '--resume', ...where] };
}

const stateOf = (out: string) =>
  readCheckpointState(readFileSync(path.join(out, 'latest.safetensors'))) as Record<string, unknown>;
const logOf = (out: string) => readFileSync(path.join(out, 'log.jsonl'), 'utf8');
const weightsOf = (out: string) => readFileSync(path.join(out, 'weights.safetensors')).toString('latin1');

beforeAll(async () => {
  await startTestBackend();
  for (const name of ['log', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  }
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const chips = at('original', 'chips');
  const catalog = writeChips(chips);
  const flags = [
    ...['--data', chips, '--catalog', catalog, '--image-columns', 'optical,radar', '--size', '32'],
    ...[
      '--filter-config',
      '4,4,8,8,8,8',
      '--epochs',
      '2',
      '--batch',
      '4',
      '--timesteps',
      '20',
      '--beta-end',
      '0.3',
    ],
  ];
  await train([...flags, '--out', at('whole')]);
  const initial = at('original', 'initial.safetensors');
  copyFileSync(path.join(at('whole'), 'weights.safetensors'), initial);
  await train([...flags, '--out', at('original', 'run')], stopAfter(2));
  await train([...flags, '--out', at('original', 'pretrained'), '--params-init', initial], stopAfter(1));
});
beforeEach(() => {
  said.length = 0;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run goes on', () => {
  it('with its chips in another place, however old its files are', async () => {
    const { out, chips, resume } = copyOfRun();
    for (const name of ['optical/3.tif', 'radar/17.tif', 'catalog.csv'])
      utimesSync(path.join(chips, name), 1, 1);
    expect(await train(resume)).toBe('finished');
    expect(weightsOf(out)).toBe(weightsOf(at('whole')));
    expect(logOf(out)).toBe(logOf(at('whole')));
    expect(said.filter((line) => /chang|accept|check/.test(line))).toEqual([]);
    expect(stateOf(out).config).toMatchObject({ data: chips });
  });

  const repaint = (file: string, bands: number) =>
    writeRaster(file, bands, Uint16Array.from(smoothPixels(bands, 999)));
  /** What is changed, and what the error names. */
  const changes: Record<string, [change: (copy: ReturnType<typeof copyOfRun>) => void, named: RegExp]> = {
    'a training chip': [
      ({ chips }) => repaint(path.join(chips, 'optical/9.tif'), 4),
      /^Chips hold other values .*: optical\/9\.tif \+ radar\/9\.tif\. .*--accept-changes/,
    ],
    'a validation chip': [
      ({ chips }) => repaint(path.join(chips, 'optical/18.tif'), 4),
      /^Chips hold other values .*: optical\/18\.tif \+ radar\/18\.tif\./,
    ],
    'the nodata value of a chip': [
      ({ chips }) => {
        const file = path.join(chips, 'radar/4.tif');
        writeFileSync(
          file,
          Buffer.from(readFileSync(file).toString('latin1').replace('-9999', '-9998'), 'latin1'),
        );
      },
      /^Chips hold other values .*: optical\/4\.tif/,
    ],
    'the order of training rows': [
      ({ chips }) => {
        const file = path.join(chips, 'catalog.csv');
        const lines = readFileSync(file, 'utf8').split('\n');
        [lines[1], lines[2]] = [lines[2], lines[1]];
        writeFileSync(file, lines.join('\n'));
      },
      /^The run depends on what has changed since: the catalog's training rows\. /,
    ],
    'a validation row more': [
      ({ chips }) => {
        const file = path.join(chips, 'catalog.csv');
        writeFileSync(file, `${readFileSync(file, 'utf8')}21,optical/1.tif,radar/1.tif,validate\n`);
      },
      /^The run depends on what has changed since: the catalog's validation rows\. /,
    ],
    'the statistics': [
      ({ out }) => {
        const file = path.join(out, 'statistics.json');
        const statistics = JSON.parse(readFileSync(file, 'utf8')) as { mean: number[] };
        statistics.mean[0] += 1;
        writeFileSync(file, JSON.stringify(statistics));
      },
      /^The run depends on what has changed since: the statistics\. /,
    ],
  };

  it.each(Object.entries(changes))(
    'without a word only if it was not changed: %s',
    async (_, [change, named]) => {
      const copy = copyOfRun();
      change(copy);
      const before = readFileSync(path.join(copy.out, 'latest.safetensors'));
      await expect(train(copy.resume)).rejects.toThrow(named);
      expect(readFileSync(path.join(copy.out, 'latest.safetensors')).equals(before)).toBe(true);
      expect(await train([...copy.resume, '--accept-changes'])).toBe('finished');
      expect(said.some((line) => line.endsWith('It is accepted.'))).toBe(true);
      expect(logOf(copy.out)).not.toBe(logOf(at('whole')));
      // From then on it is what the run depends on.
      said.length = 0;
      expect(await train(copy.resume)).toBe('finished');
      expect(said.filter((line) => /chang|accept/.test(line))).toEqual([]);
    },
  );

  it('without a word only if its first weights are the same, where they are still there', async () => {
    const { out, chips, resume } = copyOfRun();
    const run = path.join(path.dirname(out), 'pretrained');
    const args = resume.map((arg) => (arg === out ? run : arg));
    const initial = path.join(path.dirname(chips), 'initial.safetensors');
    const bytes = readFileSync(initial);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(initial, bytes);
    await expect(train([...args, '--params-init', initial])).rejects.toThrow(
      /: the weights of --params-init\. /,
    );
    rmSync(initial);
    expect(await train([...args, '--params-init', initial], stopAfter(1))).toBe('interrupted');
  });

  it('that was begun before hashes were saved, and says that nothing is compared', async () => {
    const { out, chips, resume } = copyOfRun();
    const file = path.join(out, 'latest.safetensors');
    const { tensors, metadata } = readSafetensors(readFileSync(file));
    const header = JSON.parse(metadata['diffusion-ssl']) as { state: Record<string, unknown> };
    delete header.state.inputs;
    delete header.state.contents;
    writeFileSync(file, writeSafetensors(tensors, { ...metadata, 'diffusion-ssl': JSON.stringify(header) }));
    repaint(path.join(chips, 'optical/9.tif'), 4);
    expect(await train(resume, stopAfter(1))).toBe('interrupted');
    expect(said.some((line) => /is from before .* not checked\.$/.test(line))).toBe(true);
  });

  it('that was saved before there was a flag, as if it had been given what was done then', async () => {
    const { out, resume } = copyOfRun();
    const file = path.join(out, 'latest.safetensors');
    const { tensors, metadata } = readSafetensors(readFileSync(file));
    const header = JSON.parse(metadata['diffusion-ssl']) as { state: { config: Record<string, unknown> } };
    const { predictionType, patchSize, freezeBatchNorm, snrPower, ...earlier } = header.state.config;
    expect([predictionType, patchSize, freezeBatchNorm, snrPower]).not.toContain(undefined);
    header.state.config = earlier;
    writeFileSync(file, writeSafetensors(tensors, { ...metadata, 'diffusion-ssl': JSON.stringify(header) }));
    await expect(train([...resume, '--snr-power', '0.25'])).rejects.toThrow(/--snr-power \(the run has 0\)/);
    const then = ['--prediction-type', 'noise', '--patch-size', '1', '--freeze-batch-norm', '0'];
    expect(await train([...resume, ...then], stopAfter(1))).toBe('interrupted');
    expect(stateOf(out).config).toMatchObject({ predictionType: 'noise', snrPower: 0 });
    // What every run has said is missed, not filled in.
    delete earlier.learningRate;
    writeFileSync(file, writeSafetensors(tensors, { ...metadata, 'diffusion-ssl': JSON.stringify(header) }));
    await expect(train(resume)).rejects.toThrow(/config\.learningRate is missing/);
  });

  it('that stops where a chip changes meanwhile, saved as it stands', async () => {
    const { out, chips, resume } = copyOfRun();
    let step = 0;
    const stepped: RunListener['stepped'] = (_, record) => {
      step = record.step;
      for (let i = 0; i < 16; i++) repaint(path.join(chips, `optical/${i}.tif`), 4);
    };
    // Nothing is kept in memory: each epoch reads its chips again, but only their first reading is compared.
    const error = await train(resume, { listeners: [{ stepped }] }).catch((error: Error) => error);
    expect((error as Error).message).toMatch(/^Chips hold other values/);
    expect(stateOf(out)).toMatchObject({ step });
    expect(step).toBeGreaterThan(2);
  });
});

describe('--resume --epochs', () => {
  it('trains a finished run further, by the schedule of the new length', async () => {
    const { out, resume } = copyOfRun();
    expect(await train(resume)).toBe('finished');
    expect(await train([...resume, '--epochs', '3'])).toBe('finished');
    const line = said.find((text) => text.startsWith('3 epochs where there were 2'));
    const [, from, to] = /learning rate goes from (\S+) to (\S+) after step 8$/.exec(line!)!.map(Number);
    // Cosine annealing, stepped each epoch: of two epochs the last rate is half the first; of three, the third is a
    // quarter.
    const { learningRate } = stateOf(out).config as { learningRate: number };
    expect(to / learningRate).toBeCloseTo(0.25, 2);
    expect(from).toBeGreaterThan(0);
    expect(stateOf(out)).toMatchObject({ step: 12, epoch: 3, config: { epochs: 3 } });
    const summary = JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')) as object;
    expect(summary).toMatchObject({ epochs: 3 });
    expect(readFileSync(path.join(out, 'training_log.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(4);
    expect(weightsOf(out)).not.toBe(weightsOf(at('whole')));
  });

  it('refuses less than was begun', async () => {
    const { resume } = copyOfRun();
    expect(await train(resume)).toBe('finished');
    await expect(train([...resume, '--epochs', '1'])).rejects.toThrow(
      /--epochs is 1, but the run is in epoch 2/,
    );
  });
});

describe('a damaged checkpoint', () => {
  it('names the best one, from which the run can go on', async () => {
    const { out, resume } = copyOfRun();
    await train(resume, stopAfter(3));
    const latest = path.join(out, 'latest.safetensors');
    truncateSync(latest, 5000);
    await expect(train(resume)).rejects.toThrow(
      /latest\.safetensors: .*\nbest\.safetensors is whole, of step 4: copied over latest\.safetensors, it is where/,
    );
    copyFileSync(path.join(out, 'best.safetensors'), latest);
    expect(await train(resume)).toBe('finished');
    expect(weightsOf(out)).toBe(weightsOf(at('whole')));
  });

  it('that is missing is the best one, where that is there', async () => {
    const { out, resume } = copyOfRun();
    await train(resume, stopAfter(3));
    renameSync(path.join(out, 'latest.safetensors'), at('elsewhere'));
    expect(await train(resume)).toBe('finished');
    expect(weightsOf(out)).toBe(weightsOf(at('whole')));
    expect(existsSync(path.join(out, 'latest.safetensors'))).toBe(true);
  });
});
