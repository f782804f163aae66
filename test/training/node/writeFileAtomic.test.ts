import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFileAtomic } from '../../../src/training/node/writeFileAtomic.js';

/** What the file system shall refuse next: the operation, and the error's code. */
const refusal = vi.hoisted(() => ({ operation: '', code: '' }));
const calls = vi.hoisted(() => [] as string[]);

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  const record = (operation: string, file: string) => {
    calls.push(`${operation} ${path.basename(file).replace(/\d+-\d+/, 'N')}`);
    if (refusal.operation !== operation) return;
    throw Object.assign(new Error(refusal.code), { code: refusal.code });
  };
  return {
    ...fs,
    open: async (file: string, flags: string) => {
      record('open', file);
      const handle = await fs.open(file, flags);
      const { writeFile: write, sync } = handle;
      handle.writeFile = async (data) => {
        await write.call(handle, data.slice(0, 1));
        record('write', file);
        await write.call(handle, data.slice(1));
      };
      handle.sync = async () => {
        record('sync', file);
        await sync.call(handle);
      };
      return handle;
    },
    rename: async (from: string, to: string) => {
      record('rename', to);
      await fs.rename(from, to);
    },
  };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'atomic-'));
  calls.length = 0;
  Object.assign(refusal, { operation: '', code: '' });
});
afterEach(() => rm(folder, { recursive: true }));

describe('writeFileAtomic', () => {
  it('writes bytes or text and replaces an existing file', async () => {
    const file = path.join(folder, 'a.bin');
    await writeFileAtomic(file, new Uint8Array([1, 2]));
    await writeFileAtomic(file, 'größer');
    expect(await readFile(file, 'utf8')).toBe('größer');
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  it('syncs the temporary file before the rename and the folder after it', async () => {
    await writeFileAtomic(path.join(folder, 'a.bin'), 'x');
    expect(calls).toEqual([
      'open .a.bin.N.tmp',
      'write .a.bin.N.tmp',
      'sync .a.bin.N.tmp',
      'rename a.bin',
      `open ${path.basename(folder)}`,
      `sync ${path.basename(folder)}`,
    ]);
  });

  it.each([
    ['write', 'ENOSPC', /disk is full: free space on it or choose another folder/],
    ['sync', 'EDQUOT', /quota/],
    ['open', 'EACCES', /permission denied: make the folder/],
    ['open', 'EROFS', /read-only: choose another folder/],
    ['rename', 'EIO', /EIO/],
  ])(
    'when %s fails with %s: old file kept, temporary removed, advice given',
    async (operation, code, advice) => {
      const file = path.join(folder, 'a.bin');
      await writeFile(file, 'old');
      Object.assign(refusal, { operation, code });
      const error = await writeFileAtomic(file, 'new content').catch((e: Error) => e);
      expect(error).toBeInstanceOf(Error);
      expect(error?.message).toMatch(advice);
      expect(error?.message).toContain(`writeFileAtomic: cannot write '${file}'`);
      expect(error?.cause).toMatchObject({ code });
      expect(await readdir(folder)).toEqual(['a.bin']);
      expect(await readFile(file, 'utf8')).toBe('old');
    },
  );

  it.each(['EINVAL', 'ENOTSUP', 'ENOSYS'])('does without fsync where a mount answers %s', async (code) => {
    Object.assign(refusal, { operation: 'sync', code });
    await writeFileAtomic(path.join(folder, 'a.bin'), 'x');
    expect(await readFile(path.join(folder, 'a.bin'), 'utf8')).toBe('x');
    expect(calls.filter((call) => call.startsWith('sync'))).toHaveLength(2);
    Object.assign(refusal, { code: 'EIO' });
    await expect(writeFileAtomic(path.join(folder, 'a.bin'), 'y')).rejects.toThrow(/EIO/);
  });

  it('says when the folder is missing, or the name is a folder', async () => {
    await expect(writeFileAtomic(path.join(folder, 'no', 'a'), 'x')).rejects.toThrow(
      /ENOENT.*create it first/,
    );
    await mkdir(path.join(folder, 'taken'));
    await expect(writeFileAtomic(path.join(folder, 'taken'), 'x')).rejects.toThrow(/taken' \(EISDIR/);
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('lets writes to one path at once end with one of them, whole', async () => {
    const file = path.join(folder, 'a.bin');
    const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
    await Promise.all(contents.map((content) => writeFileAtomic(file, content)));
    expect(contents).toContain(await readFile(file, 'utf8'));
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  it('removes what a dead process left for this path, and nothing else', async () => {
    // Linux gives no process a number above 2^22.
    const left = '.a.bin.99999999-0.tmp';
    const others = [`.a.bin.${process.pid}-9999.tmp`, '.b.bin.99999999-0.tmp', '.a.bin.notes'];
    for (const name of [left, ...others]) await writeFile(path.join(folder, name), 'x');
    await writeFileAtomic(path.join(folder, 'a.bin'), 'y');
    expect((await readdir(folder)).sort()).toEqual([...others, 'a.bin'].sort());
  });
});
