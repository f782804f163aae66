import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchRange } from '../../src/data/fetchRange.js';
import type { RemoteOptions } from '../../src/data/index.js';
import { httpRange } from '../../src/data/node/httpRange.js';
import { openRemoteImage } from '../../src/data/openRemoteGeoTiff.js';
import { stripedTiff } from './stripedTiff.js';

const file = stripedTiff(600, 400, 16); // 240,000 pixels: more than is fetched at once.
const quick = { attempts: 2, retryDelay: 1, timeout: 2000 };
const close: (() => void)[] = [];
afterEach(() => {
  for (const one of close.splice(0)) one();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((ready) => {
    server.listen(0, '127.0.0.1', ready);
  });
  close.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers a range request from `bytes`. */
function answerPart(bytes: Uint8Array, headers: Record<string, string> = {}): RequestListener {
  return (request, response) => {
    const [from, to] = (/bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []).slice(1).map(Number);
    const part = bytes.subarray(from, to + 1);
    const range = `bytes ${from}-${from + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'Content-Range': range, ...headers }).end(part);
  };
}

describe.each(['fetch', 'Node'])('a remote GeoTIFF, by the client of %s', (client) => {
  const open = (url: string, options: RemoteOptions = quick) =>
    openRemoteImage(url, options, { ask: client === 'fetch' ? fetchRange : httpRange() });

  const failureOf = async (url: string) => {
    const failure = await open(url)
      .then(({ read }) => read({}))
      .catch((error: Error) => error);
    return (failure as Error).message;
  };

  it('follows redirections, without credentials to another server', async () => {
    const seen: (string | undefined)[] = [];
    const host = await serve((request, response) => {
      seen.push(request.headers.authorization);
      answerPart(file)(request, response);
    });
    const first = await serve((_, response) => {
      response.writeHead(302, { Location: `http://${host}/b.tif` }).end();
    });
    const { read } = await open(`http://me:hidden@${first}/a.tif`);
    const { data } = await read({});
    expect([data.length, data[601]]).toEqual([240_000, 8]);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it('reads what a server encodes all the same', async () => {
    const host = await serve((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(file));
    });
    expect((await (await open(`http://${host}/a.tif`)).read({})).data[601]).toBe(8);
  });

  it('never mixes two versions of a file', async () => {
    const other = file.slice();
    other.fill(0, 100_000);
    for (const header of ['ETag', 'Last-Modified']) {
      let count = 0;
      const host = await serve((request, response) => {
        const second = count++ > 0;
        answerPart(second ? other : file, { [header]: second ? '"b"' : '"a"' })(request, response);
      });
      expect(await failureOf(`http://${host}/a.tif`)).toBe(
        `http://${host}/a.tif: cannot be fetched: the file has changed on the server while it was read; read it again.`,
      );
      expect(count).toBeGreaterThan(1);
    }
  });

  it('sees by its length that a file has changed', async () => {
    let count = 0;
    const host = await serve((request, response) => {
      answerPart(count++ > 0 ? file.subarray(0, file.length - 1) : file)(request, response);
    });
    expect(await failureOf(`http://${host}/a.tif`)).toContain('the file has changed on the server');
  });

  it('sends credentials of the address as a header, and shows neither them nor the query', async () => {
    const seen: (string | undefined)[] = [];
    const host = await serve((request, response) => {
      seen.push(request.headers.authorization);
      answerPart(file)(request, response);
    });
    const { info } = await open(`http://an%C3%A9:p%40ss@${host}/a.tif?sig=secret`);
    expect(info.width).toBe(600);
    expect(seen[0]).toBe(`Basic ${Buffer.from('ané:p@ss').toString('base64')}`);

    const refusing = await serve((_, response) => response.writeHead(403).end());
    const message = await failureOf(`http://me:hidden@${refusing}/a.tif?X-Signature=secret&b=1`);
    expect(message).toContain(`http://${refusing}/a.tif?…: cannot be fetched: the server answers 403`);
    expect(message).not.toMatch(/me|hidden|secret|Signature/);
    const text = await serve((request, response) => answerPart(Buffer.from('no raster'))(request, response));
    expect(await failureOf(`http://me:hidden@${text}/a.tif?token=secret`)).not.toMatch(/hidden|secret/);
    // A server's own words may repeat the query, and what looks like percent signs of a password be none.
    const repeating = await serve((request, response) => response.writeHead(401, `no ${request.url}`).end());
    expect(await failureOf(`http://me:hid%zzden@${repeating}/a.tif?token=secret`)).toBe(
      `http://${repeating}/a.tif?…: cannot be fetched: the server answers 401.`,
    );
    await expect(open('http://me:hidden@:99999/?token=secret')).rejects.toThrow(/^(?!.*hidden)/);
  });

  it('counts the bytes that come, whatever the headers say', async () => {
    const endless = (start: (response: Parameters<RequestListener>[1]) => void): RequestListener => {
      return (_, response) => {
        start(response);
        const block = Buffer.alloc(2 ** 20);
        const more = () => {
          if (!response.destroyed) response.write(block, () => setImmediate(more));
        };
        more();
      };
    };
    const part = await serve(
      endless((response) => response.writeHead(206, { 'Content-Range': `bytes 0-999/${file.length}` })),
    );
    expect(await failureOf(`http://${part}/a.tif`)).toContain(
      'sends more than the 1000 bytes that it promises',
    );
    const greedy = await serve(
      endless((response) => response.writeHead(206, { 'Content-Range': 'bytes 0-99999999999/100000000000' })),
    );
    expect(await failureOf(`http://${greedy}/a.tif`)).toContain(
      'sends 100000000000 bytes for the 65536 asked for',
    );
    const before = process.memoryUsage().rss;
    const whole = await serve(endless((response) => response.writeHead(200)));
    const message = await open(`http://${whole}/a.tif`, { ...quick, timeout: 60_000 }).catch(
      (error: Error) => error.message,
    );
    expect(message).toContain('does not serve parts of a file, and this one has more than 268435456 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
  });

  it('refuses an answer with other bytes than those asked for', async () => {
    const host = await serve((_, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 8-99/${file.length}` }).end(file.subarray(8, 100));
    });
    expect(await failureOf(`http://${host}/a.tif`)).toContain('sends bytes from 8 for those from 0');
    const short = await serve((_, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 0-10/${file.length}` }).end(file.subarray(0, 11));
    });
    expect(await failureOf(`http://${short}/a.tif`)).toContain('sends 11 bytes for the 65536 asked for');
  });

  it('gives up on a server that sends a byte now and then', async () => {
    const host = await serve((_, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 0-65535/${file.length}` });
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const start = performance.now();
    const message = await open(`http://${host}/a.tif`, { ...quick, timeout: 200 }).catch(
      (error: Error) => error.message,
    );
    expect(message).toContain('gave up after 2 attempts');
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('does not believe a header of a remote file either: what it claims is not asked for', async () => {
    const huge = file.slice();
    const view = new DataView(huge.buffer);
    const directory = view.getUint32(4, true);
    for (let i = 0; i < view.getUint16(directory, true); i++) {
      const entry = directory + 2 + 12 * i;
      if (view.getUint16(entry, true) === 273) view.setUint32(entry + 4, 2 ** 31, true); // StripOffsets
    }
    const ranges: string[] = [];
    const host = await serve((request, response) => {
      ranges.push(request.headers.range ?? '');
      answerPart(huge)(request, response);
    });
    expect(await failureOf(`http://${host}/a.tif`)).toContain('has 2147483648 values');
    expect(ranges).toEqual(['bytes=0-65535']);
  });
});
