import { spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../../src/errors/CheckpointError.js';
import { openTensors } from '../../../src/interop/openTensors.js';
import { folderFiles } from '../../../src/training/node/folderFiles.js';
import { saveValue } from './saveValue.js';

const folder = mkdtempSync(path.join(tmpdir(), 'folder-files-'));
const at = (...names: string[]) => path.join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('folderFiles', () => {
  it('writes pieces as a whole file into a folder that it makes, and reads any part of it', async () => {
    const files = folderFiles(at('a', 'b'));
    expect(await files.list()).toEqual([]);
    const pieces = [
      Uint8Array.of(1, 2),
      new Uint8Array(5 * 2 ** 20).fill(7),
      Uint8Array.of(),
      Uint8Array.of(3),
    ];
    await files.write('x.bin', pieces);
    expect(readFileSync(at('a', 'b', 'x.bin')).equals(Buffer.concat(pieces))).toBe(true);
    expect(await files.list()).toEqual(['x.bin']);
    const file = (await files.open('x.bin'))!;
    expect(file.size).toBe(5 * 2 ** 20 + 3);
    expect([...(await file.read(1, 2))]).toEqual([2, 7]);
    expect([...(await file.read(file.size! - 1, 5))]).toEqual([3]);
    await file.close?.();
    await files.remove('x.bin');
    await files.remove('x.bin');
    expect(await files.open('x.bin')).toBeUndefined();
  });

  it('leaves what was there where the pieces end in an error', async () => {
    const files = folderFiles(at('kept'));
    await files.write('x.bin', [Uint8Array.of(1)]);
    async function* broken() {
      yield Uint8Array.of(2);
      throw new Error('no more');
    }
    await expect(files.write('x.bin', broken())).rejects.toThrow(/no more/);
    expect([...readFileSync(at('kept', 'x.bin'))]).toEqual([1]);
    expect(await files.list()).toEqual(['x.bin']);
  });

  it.each(['../x', '/etc/passwd', 'a/b', 'a\\b', '..', '.', '', 'c:x', 'x\0'])(
    'touches nothing at %j',
    async (name) => {
      const files = folderFiles(at('own'));
      await expect(files.open(name)).rejects.toThrow(CheckpointError);
      await expect(files.write(name, [])).rejects.toThrow(/no name of a file in this folder/);
      await expect(async () => files.remove(name)).rejects.toThrow(CheckpointError);
    },
  );

  it("refuses a folder in a file's place", async () => {
    mkdirSync(at('place', 'x.safetensors'), { recursive: true });
    await expect(openTensors(folderFiles(at('place')), 'x.safetensors')).rejects.toThrow(
      /x\.safetensors is no file/,
    );
    writeFileSync(at('file'), '');
    expect(await folderFiles(at('file')).open('x')).toBeUndefined();
    await expect(folderFiles(at('file')).write('x', [])).rejects.toThrow(/folderFiles: cannot write/);
  });

  it('reads of a file of 5 GiB what is asked for', async () => {
    const bytes = 5 * 2 ** 30;
    const header = Buffer.from(
      JSON.stringify({
        a: { dtype: 'U8', shape: [bytes - 16], data_offsets: [0, bytes - 16] },
        z: { dtype: 'F32', shape: [4], data_offsets: [bytes - 16, bytes] },
      }),
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const file = openSync(at('large.safetensors'), 'w');
    writeFileSync(file, Buffer.concat([length, header]));
    ftruncateSync(file, 8 + header.length + bytes);
    closeSync(file);
    const before = process.memoryUsage.rss();
    const { tensors, close } = await openTensors(folderFiles(folder), 'large.safetensors');
    expect(await tensors.get('z')!.read()).toEqual(new Float32Array(4));
    await close();
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 28);
  });
});

const root = fileURLToPath(new URL('../../..', import.meta.url));
const preload = pathToFileURL(path.join(root, 'scripts/hostile/runs/crashAt.mjs')).href;
const program = path.join(root, 'test/training/node/saveShards.ts');

/** Saves a value in several files in a process of its own, which ends at the n-th change of a file. */
function save(out: string, value: number, env: Record<string, string>): Promise<number | null> {
  const args = ['--import', preload, '--import', 'tsx', program, out, String(value)];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, CRASH_FOLDER: out, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => child.on('close', resolve));
}

async function valueIn(out: string): Promise<number> {
  const { tensors, close } = await openTensors(folderFiles(out), 'latest.safetensors');
  const values = new Set<number>();
  for (const { read } of tensors.values())
    for (const value of (await read()) as Float32Array) values.add(value);
  await close();
  expect(tensors.size).toBe(4);
  expect(values.size).toBe(1);
  return [...values][0];
}

describe('a process that is killed while it saves shards', () => {
  it('leaves all of the save before or all of the new one, at whatever change of a file', async () => {
    const [first, counted] = [at('first'), at('changes')];
    await saveValue(first, 1);
    cpSync(first, at('counted'), { recursive: true });
    expect(await save(at('counted'), 2, { CRASH_COUNT: counted })).toBe(0);
    const changes = Number(readFileSync(counted, 'utf8'));
    expect(changes).toBeGreaterThan(15);
    const points = Array.from({ length: changes }, (_, i) => i + 1);
    const found = new Set<number>();
    const work = async () => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) {
        const out = at(`killed-${point}`);
        cpSync(first, out, { recursive: true });
        expect(await save(out, 2, { CRASH_AT: String(point) }), `change ${point}`).toBe(null);
        found.add(await valueIn(out));
        await saveValue(out, 3);
        expect(await valueIn(out)).toBe(3);
        // Nothing of the killed one is left.
        expect((await folderFiles(out).list()).length).toBe(3);
      }
    };
    await Promise.all([work(), work()]);
    expect([...found].sort()).toEqual([1, 2]);
  }, 300_000);
});
