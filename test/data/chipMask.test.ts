import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { decodeChip, encodeGeoTiff } from '../../src/data/index.js';
import { createChipLoader } from '../../src/data/node/index.js';

const plane = (...data: number[]) =>
  encodeGeoTiff({ width: 2, height: 2, bands: 1, data: Float32Array.from(data), nodata: -1 });
const files = [
  { name: 'a.tif', bytes: plane(10, 20, -1, 30) },
  { name: 'b.tif', bytes: plane(5, Number.NaN, 6, 9) },
];

it('a chip has the parameters of its rasters, and a mask of the pixels that all of them have', async () => {
  const chip = await decodeChip(files, { channels: 2 });
  expect(chip.parameters).toEqual({ offset: [10, 5], scale: [20, 4] });
  expect(chip.mask).toEqual({ height: 2, width: 2, channels: 1, data: new Float32Array([1, 0, 0, 1]) });
  const bordered = await decodeChip([{ name: 'c.tif', bytes: plane(1, 2, 3, 4) }], {
    channels: 1,
    buffer: 1,
  });
  const border = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0];
  expect(bordered.mask!.data).toEqual(new Float32Array(border));
  const plain = await decodeChip([{ name: 'c.tif', bytes: plane(1, 2, 3, 4) }], { channels: 1 });
  expect(plain).not.toHaveProperty('mask');
});

it('missing pixels keep their fill when a loader augments', async () => {
  const dataPath = mkdtempSync(path.join(tmpdir(), 'chips-'));
  for (const { name, bytes } of files) writeFileSync(path.join(dataPath, name), bytes);
  const loader = await createChipLoader({
    rows: [{ images: files.map(({ name }) => name) }],
    dataPath,
    channels: 2,
    batchSize: 1,
    workers: 0,
    augmentation: [
      { name: 'brightness', probability: 1, range: [0.1, 0.2] },
      { name: 'jitter', probability: 1 },
    ],
  });
  for await (const { images } of loader.epoch(0)) {
    expect(images.slice(2, 6)).toEqual(new Float32Array([0.5, 0, 0, 0.25]));
    expect(images[0]).toBeGreaterThan(0);
    expect(images[1]).toBeGreaterThan(0);
  }
  await loader.close();
  rmSync(dataPath, { recursive: true });
});
