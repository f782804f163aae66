import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { deflatedTiff } from '../../../bench/writeChips.js';
import { makeChipFolder } from './chipFolder.js';

it('reads the same chips where WebAssembly cannot start', async () => {
  const dataPath = makeChipFolder(0);
  const values = Uint16Array.from({ length: 40 * 40 * 3 }, (_, i) => (i * 40503) & 65535);
  writeFileSync(path.join(dataPath, 'a.tif'), deflatedTiff(values, 40, 3));
  const load = async () => {
    vi.resetModules(); // The decoder is started once.
    const { createChipLoader } = await import('../../../src/data/node/index.js');
    const rows = [{ images: ['a.tif'] }];
    const loader = await createChipLoader({ rows, dataPath, channels: 3, batchSize: 1, workers: 0 });
    for await (const { images } of loader.epoch(0)) return images;
  };
  const images = await load();
  const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new Error('not here'));
  expect(await load()).toEqual(images);
  expect(compile).toHaveBeenCalledOnce();
  compile.mockRestore();
  rmSync(dataPath, { recursive: true });
});
