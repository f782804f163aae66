import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computeGlobalStatistics, createChipLoader } from '../../../src/data/node/index.js';
import { AbortError } from '../../../src/errors/AbortError.js';
import { buildNodeFiles, makeChipFolder, removeFolder } from './chipFolder.js';

let dataPath: string;
let built: Awaited<ReturnType<typeof buildNodeFiles>>;
// So many that reading them all takes much longer than it may take to stop.
const rows = Array.from({ length: 200_000 }, (_, i) => ({ images: [`${i % 10}.tif`] }));

beforeAll(async () => {
  dataPath = makeChipFolder(10);
  built = await buildNodeFiles('chipWorker');
});
afterAll(() => {
  removeFolder(dataPath);
  removeFolder(built.folder);
});

/** Aborts after 100 ms, when the event loop has its turn. */
function soon(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort('enough'), 100);
  return controller.signal;
}

describe.each([0, 2])('with %i workers', (workers) => {
  const common = () => ({ rows, dataPath, channels: 2, workers, workerUrl: built.urlOf('chipWorker') });
  const expectStop = async (reading: Promise<unknown>) => {
    const begun = performance.now();
    const error = await reading.catch((error: Error) => error);
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ cause: 'enough' });
    expect(performance.now() - begun).toBeLessThan(1500);
  };

  it('an abort ends the reading of headers', async () => {
    await expectStop(createChipLoader({ ...common(), batchSize: 4, inspect: rows.length, signal: soon() }));
  });

  it('an abort ends the gathering of statistics', async () => {
    await expectStop(computeGlobalStatistics({ ...common(), signal: soon() }));
  });

  it('an abort ends an epoch, and nothing more is read', async () => {
    const controller = new AbortController();
    const loader = await createChipLoader({
      ...common(),
      batchSize: 100,
      inspect: 1,
      signal: controller.signal,
    });
    const batches = loader.epoch(0);
    expect((await batches.next()).value?.indices).toHaveLength(100);
    controller.abort('enough');
    await expectStop(
      (async () => {
        for await (const _ of batches);
      })(),
    );
    await expect(loader.epoch(1).next()).rejects.toThrow(AbortError);
    await loader.close();
  });

  it('one that came before is heard at once', async () => {
    const signal = AbortSignal.abort('enough');
    await expectStop(createChipLoader({ ...common(), batchSize: 4, signal }));
    await expectStop(computeGlobalStatistics({ ...common(), signal }));
  });
});
