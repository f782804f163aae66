import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { prepareFolder } from '../../../src/training/node/prepareFolder.js';

const statfs = vi.hoisted(() => vi.fn<(folder: string) => Promise<unknown>>());
vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  statfs.mockImplementation((folder) => fs.statfs(folder));
  return { ...fs, statfs };
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'folder-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('prepareFolder', () => {
  it('creates the folder and leaves nothing in it', async () => {
    await prepareFolder(path.join(root, 'a', 'b'), { neededBytes: 1 });
    expect(readdirSync(path.join(root, 'a', 'b'))).toEqual([]);
    await prepareFolder(path.join(root, 'a', 'b'));
  });

  it.each([
    ['answers with zeros', async () => ({ bavail: 0, bsize: 0 })],
    ['answers that no byte is free, though one was just written', async () => ({ bavail: 0, bsize: 4096 })],
    ['has no answer', () => Promise.reject(Object.assign(new Error('ENOSYS'), { code: 'ENOSYS' }))],
  ])('takes a mount whose statfs %s', async (_, answer) => {
    statfs.mockImplementationOnce(answer);
    await prepareFolder(path.join(root, 'mount'), { neededBytes: 1e18 });
    expect(statfs).toHaveBeenCalledWith(path.join(root, 'mount'));
  });

  it('removes temporary files for the sole writer, and nothing else', async () => {
    const left = ['.latest.safetensors.17-0.tmp', `.a.${process.pid}-3.tmp`, '.write-test-17'];
    const others = ['.notes.tmp', 'a.17-0.tmp', 'latest.safetensors'];
    for (const name of [...left, ...others]) writeFileSync(path.join(root, name), '');
    await prepareFolder(root);
    expect(readdirSync(root).sort()).toEqual([...left, ...others].sort());
    await prepareFolder(root, { soleWriter: true });
    expect(readdirSync(root).sort()).toEqual(others.sort());
  });

  it('says what is missing when the disk cannot hold the run', async () => {
    await expect(prepareFolder(root, { neededBytes: 1e18 })).rejects.toThrow(
      /has \d+ MB free and needs 1000000000000 MB: free space/,
    );
  });

  it('says when a file is in the way, or the size is no size', async () => {
    writeFileSync(path.join(root, 'file'), '');
    await expect(prepareFolder(path.join(root, 'file', 'run'))).rejects.toThrow(
      /prepareFolder.*ENOTDIR, a part of/,
    );
    await expect(prepareFolder(root, { neededBytes: Number.NaN })).rejects.toThrow(/neededBytes is NaN/);
  });
});
