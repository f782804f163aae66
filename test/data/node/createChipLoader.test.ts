import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChipList, encodeGeoTiff } from '../../../src/data/index.js';
import { type ChipBatch, type ChipLoaderOptions, createChipLoader } from '../../../src/data/node/index.js';
import { buildNodeFiles, makeChipFolder, removeFolder, writeChip } from './chipFolder.js';

const count = 23;
let dataPath: string;
let built: Awaited<ReturnType<typeof buildNodeFiles>>;

beforeAll(async () => {
  dataPath = makeChipFolder(count);
  built = await buildNodeFiles('chipWorker', 'index');
});
afterAll(() => {
  removeFolder(dataPath);
  removeFolder(built.folder);
});

const rowsOf = (n: number) => Array.from({ length: n }, (_, i) => ({ images: [`${i}.tif`] }));

function load(options: Partial<ChipLoaderOptions> = {}) {
  const workerUrl = built.urlOf('chipWorker');
  return createChipLoader({
    rows: rowsOf(count),
    dataPath,
    channels: 2,
    batchSize: 4,
    workers: 0,
    workerUrl,
    ...options,
  });
}

/** All batches of an epoch; closes nothing. */
async function collect(
  loader: Awaited<ReturnType<typeof load>>,
  epoch = 0,
  startBatch = 0,
): Promise<ChipBatch[]> {
  const batches: ChipBatch[] = [];
  for await (const batch of loader.epoch(epoch, { startBatch })) batches.push(batch);
  return batches;
}

async function loadAll(options: Partial<ChipLoaderOptions>, epoch = 0, startBatch = 0): Promise<ChipBatch[]> {
  const loader = await load(options);
  try {
    return await collect(loader, epoch, startBatch);
  } finally {
    await loader.close();
  }
}

const random = {
  shuffle: true,
  seed: 5,
  augmentation: [{ name: 'flip' }, { name: 'rotate', degrees: [-20, 20] }],
} as const;

describe('createChipLoader', () => {
  it('leaves out a first chip that is not like most, and with stopping names the others', async () => {
    const big = { width: 8, height: 8, bands: 2, data: new Float32Array(128).map((_, i) => i) };
    writeFileSync(path.join(dataPath, 'big.tif'), encodeGeoTiff(big));
    const rows = [{ images: ['big.tif'] }, ...rowsOf(3)];
    const loader = await load({ rows, onBadChip: 'skip' });
    expect([loader.length, loader.shape]).toEqual([3, [6, 6, 2]]);
    expect(loader.badChips).toEqual([
      { index: 0, message: 'big.tif: is 8 × 8 pixels, but 0.tif is 6 × 6; give size to crop or pad.' },
    ]);
    await expect(load({ rows })).rejects.toThrow('0.tif: is 6 × 6 pixels, but big.tif is 8 × 8');
  });

  it('gives the rows in order, normalised, the last batch as large as is left', async () => {
    const loader = await load({ normalization: null });
    expect([loader.length, loader.batchesPerEpoch, loader.shape]).toEqual([count, 6, [6, 6, 2]]);
    const batches = await collect(loader);
    expect(batches.flatMap((b) => b.indices)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(batches.map((b) => b.shape[0])).toEqual([4, 4, 4, 4, 4, 3]);
    expect(batches.map((b) => b.batch)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { images, indices, files } of batches) {
      indices.forEach((index, i) => {
        expect(files[i]).toEqual([`${index}.tif`]);
        expect([...images.slice(i * 72, i * 72 + 72)]).toEqual(
          Array.from({ length: 72 }, (_, k) => index + k),
        );
      });
    }
    const [scaled] = await loadAll({ batchSize: 1 });
    expect(scaled.images[0]).toBe(0);
    expect(scaled.images[71]).toBe(1);
    expect((await loadAll({ dropLast: true })).length).toBe(5);
  });

  it.each([1, 3])(
    'gives with %i workers, with and without cache, what the main thread gives',
    async (workers) => {
      for (const epoch of [0, 1]) {
        const expected = await loadAll(random, epoch);
        expect(await loadAll({ ...random, workers }, epoch)).toEqual(expected);
        // Batches put together of several workers' chips, and batches of one worker each.
        expect(await loadAll({ ...random, workers, cacheBytes: 0, prefetch: 0 }, epoch)).toEqual(expected);
        expect(await loadAll({ ...random, workers, cacheBytes: 0 }, epoch)).toEqual(expected);
      }
      const loader = await load({ ...random, workers });
      await collect(loader, 0);
      expect(await collect(loader, 1)).toEqual(await loadAll(random, 1));
      await loader.close();
    },
  );

  it('draws another order and other augmentations in each epoch and for each seed', async () => {
    const [first, second] = [await loadAll(random, 0), await loadAll(random, 1)];
    const order = (batches: ChipBatch[]) => batches.flatMap((b) => b.indices);
    expect(order(first)).not.toEqual(order(second));
    expect(order(first)).not.toEqual(order(await loadAll({ ...random, seed: 6 })));
    expect([...order(first)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    const still = { ...random, shuffle: false };
    expect((await loadAll(still, 0))[0].images).not.toEqual((await loadAll(still, 1))[0].images);
  });

  it('augments each row by itself, also when two rows are the same file', async () => {
    const rows = Array.from({ length: 8 }, () => ({ images: ['3.tif'] }));
    const [{ images }] = await loadAll({ rows, batchSize: 8, augmentation: random.augmentation });
    const chips = Array.from({ length: 8 }, (_, i) => String(images.slice(i * 72, i * 72 + 72)));
    expect(new Set(chips).size).toBeGreaterThan(4);
  });

  it('goes on in the middle of an epoch', async () => {
    const whole = await loadAll(random, 3);
    for (const workers of [0, 2]) {
      expect(await loadAll({ ...random, workers }, 3, 4)).toEqual(whole.slice(4));
    }
    expect(await loadAll(random, 3, 6)).toEqual([]);
  });

  it('stacks several rasters and crops, pads and borders chips', async () => {
    const rows = [{ images: ['0.tif', '1.tif'] }];
    const [batch] = await loadAll({ rows, channels: 4, size: [4, 8], buffer: 1, normalization: null });
    expect(batch.shape).toEqual([1, 6, 10, 4]);
    expect([...batch.images.slice((1 * 10 + 2) * 4, (1 * 10 + 2) * 4 + 4)]).toEqual([12, 13, 13, 14]);
    expect(batch.images[0]).toBe(0);
  });

  it('takes a compact list of chips, also a long one of which few are looked at', async () => {
    const list = new ChipList();
    for (let i = 0; i < 50_000; i++) list.push({ images: [`${i % count}.tif`] });
    const loader = await load({ rows: list, inspect: 100, shuffle: true, batchSize: 3 });
    expect(loader.length).toBe(50_000);
    let batches = 0;
    for await (const { indices, files } of loader.epoch(0)) {
      expect(files).toEqual(indices.map((index) => [`${index % count}.tif`]));
      if (++batches === 5) break;
    }
    await loader.close();
  });

  it('limits what is scaled', async () => {
    const [free] = await loadAll({ normalization: {} });
    expect(Math.max(...free.images)).toBe(1);
    const [limited] = await loadAll({ normalization: { limit: 0.5 } });
    expect(limited.images).toEqual(free.images.map((value) => Math.min(value, 0.5)));
  });

  it('refuses options that make no sense', async () => {
    await expect(load({ rows: [] })).rejects.toThrow('createChipLoader: rows is []');
    await expect(load({ batchSize: 0 })).rejects.toThrow('createChipLoader: batchSize is 0');
    await expect(load({ inspect: 0 })).rejects.toThrow('createChipLoader: inspect is 0');
    await expect(load({ remote: { attempts: 0 } })).rejects.toThrow('createChipLoader: attempts is 0');
    await expect(load({ workers: -1 })).rejects.toThrow('workers is -1');
    await expect(load({ bufferFrom: 'mirror' as 'zeros' })).rejects.toThrow("bufferFrom is 'mirror'");
    await expect(load({ normalization: { nodata: [[0]] } })).rejects.toThrow(
      'createChipLoader: nodata.length is 1; it must be 2',
    );
    await expect(load({ augmentation: [{ name: 'flip', probability: 3 }] })).rejects.toThrow(
      'probability is 3',
    );
  });
});

describe('bad chips', () => {
  let folder: string;
  const bad: [name: string, make: (file: string) => void, message: RegExp][] = [
    ['2.tif', (file) => writeFileSync(file, ''), /2\.tif: the file is empty/],
    ['5.tif', (file) => truncateSync(file, 200), /5\.tif: .*(cut short|cannot be read)/],
    [
      '7.tif',
      (file) => writeFileSync(file, 'no TIFF at all, but text'),
      /7\.tif: cannot be read as a GeoTIFF/,
    ],
    ['8.tif', () => writeChip(folder, 8, 5), /8\.tif: is 5 × 6 pixels, but 0\.tif is 6 × 6/],
    ['9.tif', () => writeChip(folder, 9, 6, 3), /9\.tif: has 3 bands, but channels is 2/],
    ['11.tif', (file) => removeFolder(file), /11\.tif: cannot be read: ENOENT/],
  ];

  beforeAll(() => {
    folder = makeChipFolder(12);
    for (const [name, make] of bad) make(path.join(folder, name));
  });
  afterAll(() => removeFolder(folder));

  it.each(bad)('%s is named before anything is loaded', async (name, _, message) => {
    const rows = [{ images: ['0.tif'] }, { images: [name] }];
    for (const workers of [0, 1]) {
      await expect(load({ dataPath: folder, rows, workers })).rejects.toThrow(message);
    }
  });

  it('of another size that were not looked at beforehand are named when they are read', async () => {
    const rows = [{ images: ['0.tif'] }, { images: ['8.tif'] }];
    const some = { dataPath: folder, rows, inspect: 1, buffer: 2 };
    for (const workers of [0, 1]) {
      await expect(loadAll({ ...some, workers })).rejects.toThrow(
        'chip loader: 8.tif: is 5 × 6 pixels, but 0.tif is 6 × 6; give size to crop or pad.',
      );
    }
    expect((await loadAll({ ...some, onBadChip: 'skip' })).flatMap((batch) => batch.indices)).toEqual([0]);
    const [cropped] = await loadAll({ ...some, size: 4 });
    expect(cropped.shape).toEqual([2, 8, 8, 2]);
  });

  it('are left out and reported when asked for', async () => {
    const loader = await load({ dataPath: folder, rows: rowsOf(12), onBadChip: 'skip', workers: 2 });
    expect(loader.badChips.map((chip) => chip.index)).toEqual([2, 5, 7, 8, 9, 11]);
    loader.badChips.forEach((chip, i) => {
      expect(chip.message).toMatch(bad[i][2]);
    });
    expect((await collect(loader)).flatMap((b) => b.indices)).toEqual([0, 1, 3, 4, 6, 10]);
    await loader.close();
    const rows = [{ images: ['2.tif'] }];
    await expect(load({ dataPath: folder, rows, onBadChip: 'skip' })).rejects.toThrow(
      '2.tif: the file is empty',
    );
  });

  it.each([0, 1])('that show only when read are an error or skipped (%i workers)', async (workers) => {
    const rows = rowsOf(2);
    const normalization = { nodata: Array.from({ length: 73 }, (_, k) => k) };
    const some = { dataPath: folder, rows, workers, normalization, batchSize: 2 };
    await expect(loadAll(some)).rejects.toThrow(/chip loader: .*0\.tif: .*no valid pixel/);
    expect(await loadAll({ ...some, onBadChip: 'skip' })).toEqual([]);
    const fewer = {
      ...some,
      onBadChip: 'skip',
      normalization: { nodata: normalization.nodata.slice(0, 72) },
    } as const;
    const [batch] = await loadAll(fewer);
    expect(batch.indices).toEqual([1]);
    expect(batch.shape).toEqual([1, 6, 6, 2]);
    expect(batch.images.length).toBe(72);
    expect(batch.skipped).toMatchObject([{ index: 0, message: expect.stringContaining('no valid pixel') }]);
  });
});

describe('worker threads', () => {
  /** A worker that reads well, but at chip 1 does `what`. */
  const failingWorker = (name: string, what: string) => {
    const file = path.join(built.folder, `${name}.mjs`);
    writeFileSync(
      file,
      `import { parentPort, workerData } from 'node:worker_threads';
      let chain = Promise.resolve();
      parentPort.on('message', ({ id, task }) => {
        if (task.kind === 'inspect') {
          const sizes = task.chips.map(() => [6, 6]);
          const result = { sizes, scalings: sizes.map(() => ''), facts: [], images: new Float32Array(0), bad: [] };
          return parentPort.postMessage({ id, result });
        }
        const images = new Float32Array(task.chips.length * 72);
        for (const [i, { index }] of task.chips.entries()) {
          Atomics.store(workerData.current, 0, index);
          Atomics.add(workerData.current, 1, 1);
          if (index === 1) ${what};
          images.fill(index, i * 72, (i + 1) * 72);
        }
        Atomics.store(workerData.current, 0, -1);
        parentPort.postMessage({ id, result: { sizes: [], scalings: [], facts: [], images, bad: [] } });
      });`,
    );
    return { workers: 1, workerUrl: new URL(`file://${file}`) };
  };

  it.each([
    ['die', 'process.exit(3)', /^1\.tif: a worker thread ended at it: exit code 3$/],
    ['throw', "throw new Error('mine')", /^1\.tif: a worker thread ended at it: mine$/],
    ['hang', 'for (;;);', /^1\.tif: a worker thread ended at it: nothing came of it in 1 s$/],
  ])('that %s are replaced, and their chip is a bad one', async (name, what, message) => {
    const options = { ...failingWorker(name, what), chipTimeout: 1000, batchSize: 3, rows: rowsOf(6) };
    const skipping = await load({ ...options, onBadChip: 'skip' });
    for (let epoch = 0; epoch < 2; epoch++) {
      const batches = [];
      for await (const batch of skipping.epoch(epoch)) batches.push(batch);
      expect(batches.flatMap(({ indices }) => indices)).toEqual([0, 2, 3, 4, 5]);
      const skipped = batches.flatMap((batch) => batch.skipped);
      expect(skipped).toEqual([{ index: 1, message: expect.stringMatching(message) }]);
      for (const { indices, images } of batches) {
        expect(indices.map((_, i) => images[i * 72 + 71])).toEqual(indices);
      }
    }
    await skipping.close();
    const strict = await load(options);
    await expect(collect(strict)).rejects.toThrow(/chip loader: 1\.tif: a worker thread ended at it/);
    await strict.close();
  });

  it('that cannot start are an error', async () => {
    await expect(load({ workers: 1, workerUrl: new URL('file:///nowhere.mjs') })).rejects.toThrow(
      'worker thread ended before its first chip',
    );
  });

  it('fail an epoch that goes on after close', async () => {
    const loader = await load({ workers: 1, batchSize: 2 });
    const epoch = loader.epoch(0);
    await epoch.next();
    await loader.close();
    await expect(
      (async () => {
        for await (const _ of epoch);
      })(),
    ).rejects.toThrow('closed');
  });

  it.each([
    ['after close()', 'for await (const b of loader.epoch(0)); await loader.close();'],
    ['in the middle of an epoch, with close()', 'await loader.epoch(0).next(); await loader.close();'],
    ['in the middle of an epoch, without close()', 'await loader.epoch(0).next();'],
  ])('let the process end %s', async (_, body) => {
    const child = run(body);
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it('let Ctrl-C end the process', async () => {
    const child = run('console.log("ready"); for (let e = 0; ; e++) for await (const b of loader.epoch(e));');
    await once(child.stdout!, 'data');
    child.kill('SIGINT');
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGINT');
  });

  function run(body: string) {
    const script = `
      import { createChipLoader } from '${built.urlOf('index').href}';
      const rows = ${JSON.stringify(rowsOf(5))};
      const loader = await createChipLoader({
        rows, dataPath: ${JSON.stringify(dataPath)}, channels: 2, batchSize: 1, workers: 6,
        workerUrl: new URL('${built.urlOf('chipWorker').href}'),
      });
      ${body}`;
    const cwd = fileURLToPath(new URL('../../..', import.meta.url));
    const options = ['--input-type=module', '-e', script];
    return spawn(process.execPath, options, { cwd, stdio: ['ignore', 'pipe', 'inherit'], timeout: 30_000 });
  }
});
