import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChipLoaderOptions, createChipLoader } from '../../../src/data/node/index.js';
import { startChipServer } from '../chipServer.js';
import { stripedTiff } from '../stripedTiff.js';
import { buildNodeFiles, makeChipFolder, removeFolder } from './chipFolder.js';

const count = 12;
let dataPath: string;
let built: Awaited<ReturnType<typeof buildNodeFiles>>;
let server: Awaited<ReturnType<typeof startChipServer>>;

beforeAll(async () => {
  dataPath = makeChipFolder(count);
  const files = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) files.set(`/${i}.tif`, readFileSync(path.join(dataPath, `${i}.tif`)));
  files.set('/large.tif', stripedTiff(600, 2000, 16));
  server = await startChipServer(files);
  built = await buildNodeFiles('chipWorker');
});
beforeEach(() => server.faults());
afterAll(async () => {
  await server.close();
  removeFolder(dataPath);
  removeFolder(built.folder);
});

const rowsOf = (where: (name: string) => string) =>
  Array.from({ length: count }, (_, i) => ({ images: [where(`${i}.tif`)] }));
const remoteRows = () => rowsOf((name) => server.urlOf(`/${name}`));

async function loadAll(options: Partial<ChipLoaderOptions> = {}) {
  const loader = await createChipLoader({
    rows: remoteRows(),
    dataPath,
    channels: 2,
    batchSize: 5,
    workers: 0,
    workerUrl: built.urlOf('chipWorker'),
    remote: { attempts: 3, retryDelay: 1 },
    ...options,
  });
  try {
    const batches = [];
    for await (const batch of loader.epoch(0)) batches.push(batch);
    return batches;
  } finally {
    await loader.close();
  }
}

describe('a loader of remote chips', () => {
  it.each([0, 2])('gives what it gives of files, by range requests (%i workers)', async (workers) => {
    const local = await loadAll({ rows: rowsOf((name) => name) });
    expect(server.requests).toEqual([]);
    const remote = await loadAll({ workers });
    expect(remote.map((batch) => batch.images)).toEqual(local.map((batch) => batch.images));
    expect(remote.flatMap((batch) => batch.indices)).toEqual(local.flatMap((batch) => batch.indices));
    expect(server.requests.length).toBe(2 * count); // One for the header before training, one for the chip.
    expect(server.requests.every(({ range }) => range === 'bytes=0-65535')).toBe(true);
  });

  it('looks at as many headers beforehand as asked for', async () => {
    await loadAll({ inspect: 3 });
    expect(server.requests.length).toBe(count + 3);
  });

  it('stacks files and remote rasters, and reads the middle of a large one', async () => {
    const rows = [{ images: ['3.tif', server.urlOf('/4.tif')] }];
    const [mixed] = await loadAll({ rows, channels: 4, normalization: null });
    expect([...mixed.images.slice(0, 8)]).toEqual([3, 4, 4, 5, 5, 6, 6, 7]);
    const large = [{ images: [server.urlOf('/large.tif')] }];
    const [crop] = await loadAll({ rows: large, channels: 1, size: [32, 64], normalization: null });
    expect(crop.shape).toEqual([1, 32, 64, 1]);
    expect([crop.images[0], crop.images[64 * 32 - 1]]).toEqual([984 * 7 + 268, 1015 * 7 + 331]);
    const border = { buffer: 3, bufferFrom: 'neighbours' } as const;
    const [bordered] = await loadAll({
      rows: large,
      channels: 1,
      size: [32, 64],
      normalization: null,
      ...border,
    });
    expect(bordered.shape).toEqual([1, 38, 70, 1]);
    expect([bordered.images[0], bordered.images[38 * 70 - 1]]).toEqual([981 * 7 + 265, 1018 * 7 + 334]);
    const two = [{ images: [server.urlOf('/large.tif'), server.urlOf('/3.tif')] }];
    await expect(loadAll({ rows: two, channels: 3, size: 4 })).rejects.toThrow(
      /3\.tif: is 6 × 6 pixels, but .*large\.tif of the same chip is 600 × 2000/,
    );
  });

  it('goes on after dropped connections', async () => {
    const expected = await loadAll();
    server.faults((_, asked) => (asked % 2 === 0 ? 'half' : undefined));
    expect(await loadAll({ workers: 1 })).toEqual(expected);
  });

  it.each([0, 1])('names the address of a chip that stays out (%i workers)', async (workers) => {
    const url = server.urlOf('/7.tif');
    server.faults((asked) => (asked === '/7.tif' ? 'drop' : undefined));
    await expect(loadAll({ workers })).rejects.toThrow(
      `createChipLoader: ${url}: cannot be fetched: gave up after 3 attempts`,
    );
    server.faults((asked, made) => (asked === '/7.tif' && made > 0 ? 404 : undefined));
    await expect(loadAll({ workers })).rejects.toThrow(
      `chip loader: ${url}: cannot be fetched: the server answers 404 Not Found.`,
    );
    server.faults((asked, made) => (asked === '/7.tif' && made > 0 ? 404 : undefined));
    const batches = await loadAll({ workers, onBadChip: 'skip' });
    expect(batches.flatMap((batch) => batch.skipped.map(({ index }) => index))).toEqual([7]);
    expect(batches.flatMap((batch) => batch.indices).length).toBe(count - 1);
  });

  it('reads several at a time', async () => {
    server.delay(20);
    await loadAll({ batchSize: count }).finally(() => server.delay(0));
    expect(server.mostOpen()).toBe(8);
  });
});
