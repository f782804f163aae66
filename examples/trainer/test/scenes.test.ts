import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { smoothPixels, writeRaster } from '../../../test/support/chips.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'train-scenes-'));
const at = (...names: string[]) => path.join(folder, ...names);
const said: string[] = [];
const NODATA = 0;

/** A scene of two bands, without data from column `missingFrom` on. */
function writeScene(name: string, size: [number, number], seed: number, missingFrom = size[1]): void {
  const pixels = Uint16Array.from(smoothPixels(2, seed, size), (value, i) =>
    Math.floor(i / 2) % size[1] < missingFrom ? value : NODATA,
  );
  writeRaster(at('scenes', name), 2, pixels, { size, nodata: NODATA });
}

/** Trains within this process; without workers, whose file a fresh clone does not have yet. */
const train = (args: string[], hooks?: PretrainHooks) =>
  pretrain(parsePretrainOptions(['--workers', '0', '--threads', '1', ...args]), hooks);
const data = ['--data', at('scenes'), '--catalog', at('scenes', 'catalog.csv')];
const flags = [
  ...[...data, '--size', '32', '--filter-config', '4,4,8,8,8,8', '--epochs', '2', '--batch', '4'],
  ...['--timesteps', '20', '--beta-end', '0.3', '--seed', '4'],
];
const weightsOf = (out: string) => readFileSync(at(out, 'weights.safetensors')).toString('latin1');
const logOf = (out: string) => readFileSync(at(out, 'log.jsonl'), 'utf8');

beforeAll(async () => {
  await startTestBackend();
  for (const name of ['log', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  }
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  mkdirSync(at('scenes'));
  writeScene('a.tif', [100, 90], 1);
  writeScene('b.tif', [64, 70], 2, 40);
  writeScene('c.tif', [80, 64], 3);
  const rows = ['image,usage', 'a.tif,train', 'b.tif,train', 'c.tif,validate'];
  writeFileSync(at('scenes', 'catalog.csv'), `${rows.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run on windows of scenes', () => {
  it('that was stopped within an epoch ends as one that was not, bit for bit', async () => {
    const windows = [...flags, '--windows', 'random', '--max-missing', '0.2'];
    await train([...windows, '--out', at('whole')]);
    // 9000 and 4480 pixels in windows of 1024; on the grid of the third 2 × 2.
    expect(said).toContain('12 training and 4 validation windows of 32 × 32 × 2');
    expect(await train([...windows, '--out', at('stopped')], stopAfter(2))).toBe('interrupted');
    expect(await train(['--out', at('stopped'), '--resume', ...data])).toBe('finished');
    expect(weightsOf('stopped')).toBe(weightsOf('whole'));
    expect(logOf('stopped')).toBe(logOf('whole'));
    expect(said.filter((line) => /chang|accept/.test(line))).toEqual([]);
  });

  it('says how many windows were left out, and that a scene has changed', async () => {
    writeScene('d.tif', [128, 192], 4, 150);
    writeFileSync(at('scenes', 'one.csv'), 'image,usage\nd.tif,train\nc.tif,validate\n');
    const own = ['--data', at('scenes'), '--catalog', at('scenes', 'one.csv')];
    const grid = [
      ...flags,
      ...own,
      '--size',
      '64',
      '--windows',
      'grid',
      '--max-missing',
      '0.1',
      '--batch',
      '2',
    ];
    await train([...grid, '--out', at('grid')]);
    expect(said).toContain('2 of 6 windows were left out: too much of them is missing (--max-missing)');
    writeScene('d.tif', [128, 192], 4, 151);
    await expect(train(['--out', at('grid'), '--resume', '--epochs', '3', ...own])).rejects.toThrow(
      /^Chips hold other values .*: d\.tif\. .*--accept-changes/,
    );
  });

  it('needs the size of a window', () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('exit');
    });
    const lines: string[] = [];
    const write = vi
      .spyOn(process.stderr, 'write')
      .mockImplementation((line) => lines.push(String(line)) > 0);
    expect(() => parsePretrainOptions([...data, '--windows', 'random'])).toThrow('exit');
    expect(() => parsePretrainOptions([...data, '--size', '32', '--max-missing', '0'])).toThrow('exit');
    expect(lines.join('')).toMatch(/--windows needs --size.*--max-missing has no effect without --windows/s);
    write.mockRestore();
    exit.mockRestore();
  });
});
