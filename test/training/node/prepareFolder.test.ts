import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareFolder } from '../../../src/training/node/prepareFolder.js';

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
