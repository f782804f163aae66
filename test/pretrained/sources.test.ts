import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import { openTensors } from '../../src/interop/openTensors.js';
import type { StoredTensor } from '../../src/interop/safetensorsTypes.js';
import { saveTensors } from '../../src/interop/saveTensors.js';
import { browserFiles } from '../../src/pretrained/browserFiles.js';
import { httpFiles } from '../../src/pretrained/httpFiles.js';
import { MemoryFiles } from '../support/MemoryFiles.js';

const SIZE = 3 * 2 ** 18;
const tensors = new Map(
  ['a', 'b', 'c', 'd'].map((name, k): [string, StoredTensor] => [
    name,
    { dtype: 'F32', shape: [SIZE], read: () => new Float32Array(SIZE).fill(k + 0.5) },
  ]),
);

type Answer = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => void;
let server: Server | undefined;
const requests: string[] = [];

/** Serves files under /models/x, as `answer` does. */
async function serve(files: Map<string, Uint8Array>, answer: Answer): Promise<string> {
  requests.length = 0;
  server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://x');
    const name = decodeURIComponent(pathname.replace('/models/x/', ''));
    requests.push(`${name}${search} ${request.headers.range ?? ''}`.trim());
    const bytes = files.get(name);
    if (bytes) answer(request, response, Buffer.from(bytes));
    else response.writeHead(404).end('no such file');
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/x`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const whole: Answer = (_, response, bytes) => {
  response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' }).end(bytes);
};
const ranges: Answer = (request, response, bytes) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
  if (from < 0) return whole(request, response, bytes);
  if (from >= bytes.length) return void response.writeHead(416).end();
  const headers = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`, etag: '"1"' };
  response.writeHead(206, { ...headers, 'content-length': bytes.length - from }).end(bytes.subarray(from));
};
const withoutLength: Answer = (_, response, bytes) => {
  response.writeHead(200).write(bytes.subarray(0, 100));
  response.end(bytes.subarray(100));
};

async function filesOf(maxShardBytes = 1e9): Promise<Map<string, Uint8Array>> {
  const files = new MemoryFiles();
  await saveTensors(files, 'model.safetensors', tensors, { maxShardBytes });
  return files.files;
}

async function readAll(base: string, names = ['a', 'b', 'c', 'd']): Promise<void> {
  const opened = await openTensors(httpFiles(base), 'model.safetensors');
  for (const name of names) {
    const data = (await opened.tensors.get(name)!.read()) as Float32Array;
    expect(data.length).toBe(SIZE);
    expect(new Set(data)).toEqual(new Set(['abcd'.indexOf(name) + 0.5]));
  }
  await opened.close();
}

describe('httpFiles', () => {
  it.each<[string, Answer]>([
    ['with ranges', ranges],
    ['without ranges', whole],
    ['that says no length', withoutLength],
  ])('reads a server %s in one request a file', async (_, answer) => {
    await readAll(await serve(await filesOf(), answer));
    expect(requests).toEqual(['model.safetensors.index.json', 'model.safetensors']);
  });

  it.each<[string, Answer]>([
    ['with ranges', ranges],
    ['without ranges', whole],
  ])('reads shards of a server %s, and tensors in any order', async (_, answer) => {
    const base = await serve(await filesOf(SIZE * 8), answer);
    await readAll(base, ['c', 'a', 'd', 'b']);
  });

  it('takes up a connection that drops, where it was', async () => {
    let drops = 0;
    const base = await serve(await filesOf(), (request, response, bytes) => {
      if (drops++ >= 2) return ranges(request, response, bytes);
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      const headers = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`, etag: '"1"' };
      response.writeHead(from > 0 ? 206 : 200, { ...headers, 'content-length': bytes.length - from });
      response.write(bytes.subarray(from, from + 2 ** 21), () => response.destroy());
    });
    await readAll(base);
    expect(drops).toBeGreaterThan(2);
  });

  it('does not mix two versions of a file', async () => {
    let version = 0;
    const base = await serve(await filesOf(), (_, response, bytes) => {
      response.writeHead(200, { 'content-length': bytes.length, etag: `"${version++}"` });
      response.write(bytes.subarray(0, 2 ** 20), () => response.destroy());
    });
    await expect(readAll(base)).rejects.toThrow(
      /model\.safetensors has changed on the server while it was read/,
    );
  });

  it('gives up a server that keeps failing, or refuses, and says nothing of a query', async () => {
    let tries = 0;
    const base = await serve(await filesOf(), (_, response) => {
      tries++;
      response.writeHead(503).end();
    });
    const error = await readAll(`${base}?token=secret`).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(
      /\/models\/x\/\S+ cannot be fetched: gave up after 4 attempts: the server answers 503/,
    );
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('secret');
    expect(requests[0]).toBe('model.safetensors.index.json?token=secret');
    server?.close();
    const forbidden = await serve(await filesOf(), (_, response) => void response.writeHead(403).end());
    await expect(readAll(forbidden)).rejects.toThrow(/cannot be fetched: the server answers 403\.$/);
    expect(tries).toBe(4);
  });

  it('sends a user and password of the address as a header, and says neither', async () => {
    let isOpen = true;
    const given: (string | undefined)[] = [];
    const base = await serve(await filesOf(), ({ headers }, response, bytes) => {
      given.push(headers.authorization);
      if (!isOpen) response.writeHead(401).end();
      else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    });
    const locked = base.replace('//', '//an%C3%A9:p%40ss@');
    await readAll(locked);
    const header = `Basic ${Buffer.from('ané:p@ss').toString('base64')}`;
    // Of the index, which is not there, the server says so by itself.
    expect(given).toEqual([header]);
    isOpen = false;
    const message = await readAll(locked).catch((error: Error) => error.message);
    expect(message).toMatch(/cannot be fetched: the server answers 401\.$/);
    expect(message).not.toMatch(/an%C3|p%40ss|p@ss/);
  });

  it('names a file that is cut, or that is none', async () => {
    const base = await serve(await filesOf(), (_, response, bytes) => {
      response.writeHead(200, { 'content-length': bytes.length - 4 }).end(bytes.subarray(0, -4));
    });
    await expect(readAll(base)).rejects.toThrow(
      /model\.safetensors: readSafetensors: tensor .* but the file holds/,
    );
    await expect(readAll(base.replace('/x', '/y'))).rejects.toThrow(
      /\/models\/y\/model\.safetensors: there is no such file/,
    );
  });

  it.each(['ftp://x/y', 'file:///etc', 'models/x', ''])('refuses %j', (base) => {
    expect(() => httpFiles(base)).toThrow(/^httpFiles: base is .*; it must be an http\(s\) address/);
  });
});

describe('browserFiles', () => {
  const file = (path: string, content = 'x') => {
    const made = new File([content], path.split('/').at(-1)!);
    Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
    return made;
  };

  it('reads parts of what was chosen, by name', async () => {
    const files = browserFiles([file('a.txt', 'hello'), file('b.txt')]);
    const found = (await files.open('a.txt'))!;
    expect([found.size, Buffer.from(await found.read(1, 3)).toString()]).toEqual([5, 'ell']);
    expect(await files.open('c.txt')).toBeUndefined();
  });

  it('takes of a chosen folder what lies beside the model', async () => {
    const files = browserFiles([
      file('run/config.json', 'other'),
      file('run/model/diffusion_ssl.json'),
      file('run/model/config.json'),
    ]);
    expect((await files.open('config.json'))!.size).toBe(1);
    expect(files.place).toBe('run/model');
  });

  it('refuses several models', () => {
    expect(() => browserFiles([file('a/diffusion_ssl.json'), file('b/diffusion_ssl.json')])).toThrow(
      /several models among the files \(a, b\); choose one folder/,
    );
  });
});
