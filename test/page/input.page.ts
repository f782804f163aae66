import {
  closeSync,
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
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smoothPixels } from '../support/chips.js';
import { chromiumPath } from './support/chromium.js';
import {
  chooseTiny,
  dropOn,
  notices,
  openPage,
  type PageHost,
  plottedLosses,
  startHost,
  train,
  untilNotice,
} from './support/openPage.js';

describe.skipIf(!chromiumPath)("a visitor's files", () => {
  let host: PageHost;
  const folder = mkdtempSync(path.join(tmpdir(), 'page-input-'));
  const file = (name: string, bytes?: Uint8Array) => {
    const place = path.join(folder, name);
    if (bytes) writeFileSync(place, bytes);
    return place;
  };
  const geoTiff = (bands: number, width: number, height: number) =>
    encodeGeoTiff({ width, height, bands, data: Uint16Array.from(smoothPixels(bands, 1, [height, width])) });
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(async () => {
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('cuts GeoTIFFs into chips and trains on them', async () => {
    const { page, problems } = await openPage(host);
    await page.setInputFiles('#files', file('scene.tif', geoTiff(6, 200, 130)));
    await page.getByText('scene.tif: 6 chips of 64 × 64 pixels, 6 bands.').waitFor();
    await chooseTiny(page);
    await train(page, 2);
    expect((await plottedLosses(page)).steps).toBe(2);
    await page.click('#samples');
    await page.getByText('NASA Blue Marble').first().waitFor();
    await page.click('#train');
    await untilNotice(page, /The network takes 6 bands, the chips have 4\./);
    expect(problems).toEqual([]);
  });

  it('takes dropped files, and passes over those that do not fit', async () => {
    const { page } = await openPage(host);
    await page.setInputFiles('#files', [
      file('good.tif', geoTiff(3, 40, 48)),
      file('bands.tif', geoTiff(2, 40, 48)),
      file('small.tif', geoTiff(3, 20, 20)),
    ]);
    await page.getByText('good.tif: 1 chip of 32 × 32 pixels, 3 bands.').waitFor();
    await untilNotice(page, /bands\.tif has 2 bands, the files before it 3/);
    await untilNotice(page, /small\.tif is 20 × 20 pixels; at least 32 × 32/);
    const dropped = await page.evaluateHandle(
      ([bytes]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(bytes)], 'dropped.tif'));
        return transfer;
      },
      [[...geoTiff(1, 64, 64)]],
    );
    await page.dispatchEvent('main', 'drop', { dataTransfer: dropped });
    await page.getByText('dropped.tif: 1 chip of 64 × 64 pixels, 1 band.').waitFor();
  });

  it('takes the GeoTIFFs of a dropped folder, whatever else is in it', async () => {
    const { page, problems } = await openPage(host);
    const chips = path.join(folder, 'chips');
    mkdirSync(path.join(chips, 'north'), { recursive: true });
    for (const name of ['a.tif', 'north/b.tif']) writeFileSync(path.join(chips, name), geoTiff(2, 64, 64));
    for (const name of ['catalog.csv', 'a.tif.aux.xml', '.hidden.tif'])
      writeFileSync(path.join(chips, name), 'x');
    await dropOn(page, [chips]);
    await page.getByText('2 files: 2 chips of 64 × 64 pixels, 2 bands.').waitFor();
    expect(await notices(page)).toBe('');
    expect(problems).toEqual([]);
  });

  it('takes PNG and JPEG, whatever their names', async () => {
    const { page } = await openPage(host);
    const image = (name: string) => readFileSync(new URL(`../data/images/${name}`, import.meta.url));
    await page.setInputFiles('#files', [file('photo.tif', image('turned.jpg'))]);
    await page.getByText('photo.tif: 1 chip of 32 × 32 pixels, 3 bands.').waitFor();
    const rgba = encode({ width: 64, height: 64, channels: 4, data: new Uint8Array(4 * 64 * 64).fill(255) });
    await page.setInputFiles('#files', [file('chip.png', rgba)]);
    await page.getByText('chip.png: 1 chip of 64 × 64 pixels, 3 bands.').waitFor();
  });

  it('says what is wrong with a JPEG 2000 named .tif, a cut file and one of 2 GB, and keeps the chips', async () => {
    const { page, problems } = await openPage(host);
    await page.setInputFiles('#files', file('photo.tif', Buffer.from([0xff, 0x4f, 0xff, 0x51, 0, 16])));
    await untilNotice(
      page,
      /photo\.tif: cannot be read as a GeoTIFF: it is a JPEG 2000 codestream; convert it/,
    );
    await page.setInputFiles('#files', file('cut.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])));
    await untilNotice(page, /cut\.jpg: cannot be read as a JPEG: it is cut short/);
    await page.setInputFiles('#files', file('cut.tif', geoTiff(4, 64, 64).slice(0, 9000)));
    await untilNotice(page, /cut\.tif: cannot be read as a GeoTIFF/);
    const huge = openSync(file('huge.tif'), 'w');
    ftruncateSync(huge, 2 ** 31);
    closeSync(huge);
    await page.setInputFiles('#files', file('huge.tif'));
    await untilNotice(page, /huge\.tif has 2147 MB; the page takes up to 256 MB a file/);
    expect(await page.textContent('#dataset')).toMatch(/^NASA Blue Marble: 64 chips/);
    expect(problems).toEqual([]);
  });
});
