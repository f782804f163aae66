import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeGeoTiff, openRemoteGeoTiff, type RemoteOptions } from '../../src/data/index.js';
import { type Fault, startChipServer } from './chipServer.js';
import { expected, readBytes } from './geoTiffFixture.js';
import { stripedTiff } from './stripedTiff.js';

const files = new Map(expected.files.map(({ file }) => [`/${file}`, readBytes(file)]));
const [name] = files.keys();
const bytes = files.get(name) as Uint8Array;
const large = stripedTiff(600, 2000, 16);
files.set('/large.tif', large);
files.set('/cut.tif', large.subarray(0, 100_000));
files.set('/empty.tif', new Uint8Array(0));
files.set('/page.html', new TextEncoder().encode('<html>not a picture</html>'.repeat(20)));

let server: Awaited<ReturnType<typeof startChipServer>>;
beforeAll(async () => {
  server = await startChipServer(files);
});
beforeEach(() => server.faults());
afterAll(() => server.close());

const quick: RemoteOptions = { retryDelay: 1 };
const read = async (path: string, options = quick) =>
  (await openRemoteGeoTiff(server.urlOf(path), options)).read();

describe('openRemoteGeoTiff', () => {
  it.each([...files.keys()].filter((path) => path.startsWith('/geotiff')))('reads %s', async (path) => {
    expect(await read(path)).toEqual(await decodeGeoTiff(files.get(path) as Uint8Array));
    expect(server.requests.length).toBeGreaterThan(0);
    expect(server.requests.every(({ range }) => range?.startsWith('bytes='))).toBe(true);
  });

  it('fetches only what the middle of a large file takes', async () => {
    const { info, read: readPart } = await openRemoteGeoTiff(server.urlOf('/large.tif'));
    expect([info.width, info.height]).toEqual([600, 2000]);
    const { width, height, data } = await readPart([32, 64]);
    expect([width, height]).toEqual([64, 32]);
    expect([data[0], data[64 * 32 - 1]]).toEqual([984 * 7 + 268, 1015 * 7 + 331]);
    const sum = server.requests.reduce((total, { range }) => {
      const [from, to] = (/(\d+)-(\d+)/.exec(range ?? '') ?? []).slice(1).map(Number);
      return total + to - from + 1;
    }, 0);
    expect(sum).toBeLessThan(large.length / 8);
    const whole = await readPart([5000, 5000]);
    expect([whole.width, whole.height]).toEqual([600, 2000]);
  });

  it('moves the transform with the part that is read', async () => {
    const { info, read: readPart } = await openRemoteGeoTiff(server.urlOf(name));
    const [a, , c, , e, f] = info.transform as number[];
    const part = await readPart([2, 4]);
    const [left, top] = [(info.width - 4) / 2, (info.height - 2) / 2];
    expect(part.transform).toEqual([a, 0, c + a * left, 0, e, f + e * top]);
  });

  it.each<[string, Fault]>([
    ['a dropped connection', 'drop'],
    ['a connection dropped half-way', 'half'],
    ['a server error', 503],
    ['too many requests', 429],
    ['an answer that stays out', 'hang'],
  ])('tries again after %s', async (_, fault) => {
    server.faults((_path, count) => (count < 3 ? fault : undefined));
    expect(await read(name, { ...quick, timeout: 300 })).toEqual(await decodeGeoTiff(bytes));
    expect(server.requests.length).toBe(4);
  });

  it.each<[Fault, RegExp]>([
    ['drop', /gave up after 3 attempts: fetch failed/],
    ['half', /gave up after 3 attempts: terminated/],
    [500, /gave up after 3 attempts: the server answers 500 Internal Server Error\.$/],
    ['hang', /gave up after 3 attempts: .*timeout/],
  ])('gives up on %s that lasts, and names the address', async (fault, message) => {
    server.faults(() => fault);
    const failure = await read(name, { attempts: 3, retryDelay: 1, timeout: 200 }).catch(
      (error: Error) => error,
    );
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).toContain(`${server.urlOf(name)}: cannot be fetched: `);
    expect(server.requests.length).toBe(3);
  });

  it('names the address when the pixels stay out', async () => {
    const { read: readPart } = await openRemoteGeoTiff(server.urlOf('/large.tif'), {
      attempts: 2,
      retryDelay: 1,
    });
    server.faults(() => 'drop');
    await expect(readPart()).rejects.toThrow(
      `${server.urlOf('/large.tif')}: cannot be fetched: gave up after 2`,
    );
  });

  it('waits longer before each attempt', async () => {
    server.faults((_, count) => (count < 3 ? 503 : undefined));
    const start = performance.now();
    await read(name, { retryDelay: 40 });
    expect(performance.now() - start).toBeGreaterThan(40 + 80 + 160 - 10);
  });

  it.each([404, 403, 410])('takes %i as final', async (status) => {
    server.faults(() => status);
    await expect(read(name)).rejects.toThrow(
      `${server.urlOf(name)}: cannot be fetched: the server answers ${status}`,
    );
    expect(server.requests.length).toBe(1);
  });

  it('takes the whole file, once, from a server that knows no ranges', async () => {
    server.faults(() => 'whole');
    expect((await read('/large.tif')).data.length).toBe(600 * 2000);
    expect(server.requests.length).toBe(1);
  });

  it.each([
    ['/cut.tif', 'cannot be read as a GeoTIFF: it is cut short: 100000 bytes'],
    ['/empty.tif', 'cannot be fetched: the file is empty'],
    ['/page.html', 'cannot be read as a GeoTIFF'],
    ['/nowhere.tif', 'cannot be fetched: the server answers 404 Not Found.'],
  ])('refuses %s by name', async (path, message) => {
    for (const fault of [undefined, 'whole'] as const) {
      server.faults((asked) => (asked === path ? fault : undefined));
      await expect(read(path)).rejects.toThrow(`${server.urlOf(path)}: ${message}`);
    }
  });

  it('refuses what is no address and options that make no sense', async () => {
    await expect(openRemoteGeoTiff('a.tif')).rejects.toThrow("openRemoteGeoTiff: url is 'a.tif'");
    await expect(read(name, { attempts: 0 })).rejects.toThrow('attempts is 0');
    await expect(read(name, { retryDelay: -1 })).rejects.toThrow('retryDelay is -1');
    await expect(openRemoteGeoTiff('http://127.0.0.1:1/a.tif', quick)).rejects.toThrow(
      'http://127.0.0.1:1/a.tif: cannot be fetched: gave up',
    );
  });
});
