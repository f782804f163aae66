import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { claimFolder } from '../src/folder/claimFolder.js';

const home = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'claim-folder-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

const claim = (...args: string[]) => claimFolder(parsePretrainOptions(args));
const own = ['--data', 'somewhere/amazon/', '--catalog', 'c.csv'];

describe('claimFolder', () => {
  it('takes the first free name, after the data', async () => {
    mkdirSync('runs/amazon', { recursive: true });
    expect((await claim()).folder).toBe(path.join('runs', 'blue-marble'));
    expect((await claim(...own)).folder).toBe(path.join('runs', 'amazon-2'));
    expect((await claim(...own, '--out', 'runs/amazon')).folder).toBe('runs/amazon');
  });

  it('gives those who come at once a folder each', async () => {
    const claimed = await Promise.all(Array.from({ length: 8 }, () => claim()));
    const names = claimed.map((one) => one.folder).sort();
    expect(names).toEqual(
      readdirSync('runs')
        .map((name) => path.join('runs', name))
        .sort(),
    );
    expect(new Set(names).size).toBe(8);
    for (const one of claimed.reverse()) await one.release();
    expect(readdirSync('.')).toEqual([]);
  });

  it('refuses a folder, and one of logs, in which a process writes, and names it', async () => {
    const first = await claim('--out', 'a', '--log-dir', 'logs');
    const writes = (name: string) =>
      RegExp(`process ${process.pid} of .* writes in ${name} since \\d.*: wait until`);
    await expect(claim('--out', 'a')).rejects.toThrow(writes('a'));
    await expect(claim('--out', 'a/../a/')).rejects.toThrow(/another --out/);
    await expect(claim('--out', 'b', '--log-dir', 'logs')).rejects.toThrow(writes('logs'));
    // Neither the folder nor its lock stays of one that failed.
    expect(readdirSync('.').sort()).toEqual(['a', 'logs']);
    await first.release();
    expect(readdirSync('.')).toEqual([]);
  });

  it('leaves a folder that was there, or holds something', async () => {
    mkdirSync('mine');
    await (await claim('--out', 'mine')).release();
    const { release } = await claim('--out', 'new/deep');
    writeFileSync('new/deep/latest.safetensors', '');
    await release();
    expect(readdirSync('.').sort()).toEqual(['mine', 'new']);
    expect(readdirSync('new/deep')).toEqual(['latest.safetensors']);
  });

  it('takes that of another machine only by --take-over', async () => {
    const lock = JSON.stringify({
      host: 'elsewhere',
      pid: 7,
      started: '1',
      since: '2026-01-01T00:00:00.000Z',
    });
    mkdirSync('a');
    writeFileSync('a/run.lock', lock);
    await expect(claim('--out', 'a')).rejects.toThrow(
      /process 7 of elsewhere .* if it has ended, add --take-over/,
    );
    expect(readFileSync('a/run.lock', 'utf8')).toBe(lock);
    const { release } = await claim('--out', 'a', '--take-over');
    expect(readFileSync('a/run.lock', 'utf8')).toContain(`"pid":${process.pid}`);
    await release();
    expect(existsSync('a/run.lock')).toBe(false);
  });

  it.each(['latest', 'best'])('does not begin a run where there is one: %s', async (name) => {
    mkdirSync('a');
    writeFileSync(`a/${name}.safetensors`, '');
    await expect(claim('--out', 'a')).rejects.toThrow(/holds a run already/);
    expect(readdirSync('a')).toEqual([`${name}.safetensors`]);
    await (await claim('--out', 'a', '--resume')).release();
  });

  it('does not resume where there is none, and makes no folder', async () => {
    await expect(claim('--out', 'a', '--resume')).rejects.toThrow(/there is no run to resume in a/);
    expect(readdirSync('.')).toEqual([]);
  });
});
