import { expect, it } from 'vitest';
import { decodeChip, encodeGeoTiff } from '../../src/data/index.js';
import { GlobalStatistics, normalizeRaster } from '../../src/normalization/index.js';

const raster = {
  height: 1,
  width: 4,
  channels: 2,
  data: Float32Array.of(0, 255, 10, 0, 255, 100, 20, 200),
};
const nodata = [[0], [255, 100]];

it('values of a list for each band are missing in that band alone', () => {
  const { data, mask, parameters } = normalizeRaster(raster, { procedure: 'lpb', nodata, fill: -1 });
  expect(parameters).toEqual({ offset: [10, 0], scale: [245, 200] });
  expect([...data]).toEqual([-1, -1, 0, 0, 1, -1, Math.fround(10 / 245), 1]);
  expect([...mask!.data]).toEqual([0, 1, 0, 1]);
  const everywhere = normalizeRaster(raster, { procedure: 'lpb', nodata: nodata.flat(), fill: -1 });
  expect([...everywhere.data]).toEqual([-1, -1, 0, -1, -1, -1, 1, 0]);
});

it('statistics leave them out', () => {
  const { min, max, count } = new GlobalStatistics({ channels: 2 }).add(raster, { nodata }).summary();
  expect({ min, max, count }).toEqual({ min: [10, 0], max: [255, 200], count: [3, 2] });
});

it('a chip of several rasters takes the list of each of its bands, and the own value of each file', async () => {
  const plane = (own: number, ...data: number[]) =>
    encodeGeoTiff({ width: 4, height: 1, bands: 1, data: Int16Array.from(data), nodata: own });
  const files = [
    { name: 'a.tif', bytes: plane(30, 0, 10, 20, 30) },
    { name: 'b.tif', bytes: plane(40, 255, 0, 40, 50) },
  ];
  const chip = await decodeChip(files, { channels: 2, normalization: { nodata: [[0], [255]], fill: -1 } });
  expect([...chip.data]).toEqual([-1, -1, 0, 0, 1, -1, -1, 1]);
});

it('as many lists as bands are asked for', async () => {
  expect(() => normalizeRaster(raster, { nodata: [[0]] })).toThrow(
    'normalizeRaster: nodata.length is 1; it must be 2, a list of values for each band.',
  );
  expect(() => new GlobalStatistics({ channels: 2 }).add(raster, { nodata: [[], [], []] })).toThrow(
    /add: nodata\.length is 3; it must be 2/,
  );
  const bytes = encodeGeoTiff({ width: 1, height: 1, bands: 1, data: Uint8Array.of(1) });
  const options = { channels: 1, normalization: { nodata: [[0], [1]] } };
  await expect(decodeChip([{ name: 'a.tif', bytes }], options)).rejects.toThrow(
    'decodeChip: nodata.length is 2; it must be 1',
  );
});
