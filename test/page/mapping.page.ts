import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.js';
import {
  BLUE,
  clickPixel,
  enterMapRoom,
  expectHalves,
  halves,
  mapColours,
  ORANGE,
  openScene,
  points,
  positionOf,
  takeFeatures,
  untilPainted,
  untilPlanned,
} from './support/mapRoom.js';
import {
  answer,
  chooseTiny,
  notices,
  openPage,
  type PageHost,
  startHost,
  train,
  untilNotice,
} from './support/openPage.js';

describe.skipIf(!chromiumPath)('the second room', () => {
  let host: PageHost;
  const folder = mkdtempSync(path.join(tmpdir(), 'page-mapping-'));
  const file = (name: string, bytes: Uint8Array) => {
    const place = path.join(folder, name);
    writeFileSync(place, bytes);
    return place;
  };
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(async () => {
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what it will take, and paints the sample scene after each of a handful of clicks', async () => {
    const { page, problems } = await openPage(host, { viewport: { width: 1280, height: 1000 } });
    await enterMapRoom(page);
    await page.click('#scene-sample');
    await untilPlanned(page);
    expect(await page.textContent('#scene-status')).toBe('NASA Blue Marble: 512 × 512 pixels, 4 bands.');
    expect(await page.textContent('#plan')).toMatch(
      /^One window of 512 × 512 pixels, 20 features a pixel\. They stay in memory and take \d+ MB, the network \d+ MB/,
    );
    await takeFeatures(page);
    await page.click('#class-add');
    const clicks: [place: [number, number], label: number][] = [
      [[40, 300], 1], // the Atlantic
      [[300, 450], 2], // the Sahara
      [[320, 130], 3], // Germany
      [[300, 250], 1], // the Mediterranean
      [[200, 420], 2],
      [[250, 140], 3],
    ];
    for (const [i, [place, label]] of clicks.entries()) {
      await clickPixel(page, place, label);
      if (i > 0) console.log(await untilPainted(page, i + 1));
    }
    const colours = await mapColours(page, [...clicks.map(([place]) => place), [470, 470], [150, 470]]);
    const green = [0, 0x9e, 0x73, 255];
    expect(colours).toEqual([BLUE, ORANGE, green, BLUE, ORANGE, green, ORANGE, ORANGE]);
    expect(await notices(page)).toBe('');
    expect(problems).toEqual([]);
  });

  it('maps what the points say, and again after each correction: moved, deleted, undone, another class', async () => {
    const { page, problems } = await openPage(host, { viewport: { width: 1280, height: 1000 } });
    await enterMapRoom(page);
    await openScene(page, file('halves.tif', encodeGeoTiff(halves(300, 200))));
    await clickPixel(page, [40, 100], 1);
    await clickPixel(page, [250, 100], 2);
    expect(await page.textContent('#painted')).toMatch(/once the features are taken/);
    await takeFeatures(page);
    await untilPainted(page, 2);
    await expectHalves(page, 300, 200);

    // Dragged to the other side, the points say the opposite.
    const drag = async (from: [number, number], to: [number, number]) => {
      const { x, y } = (await page.locator('#sheet').boundingBox())!;
      const [start, end] = [await positionOf(page, from), await positionOf(page, to)];
      await page.mouse.move(x + start.x, y + start.y);
      await page.mouse.down();
      await page.mouse.move(x + end.x, y + end.y, { steps: 4 });
      await page.mouse.up();
    };
    await drag([40, 100], [260, 40]);
    await drag([250, 100], [30, 150]);
    await expect.poll(() => mapColours(page, [[70, 100]])).toEqual([ORANGE]);
    expect(await mapColours(page, [[220, 100]])).toEqual([BLUE]);
    expect(await points(page)).toEqual([
      { x: 260, y: 40, label: 1 },
      { x: 30, y: 150, label: 2 },
    ]);
    await page.click('#undo');
    await page.click('#undo');
    await expect.poll(() => mapColours(page, [[70, 100]])).toEqual([BLUE]);
    await page.click('#redo');
    await page.click('#redo');
    await expect.poll(() => mapColours(page, [[70, 100]])).toEqual([ORANGE]);
    await page.click('#undo');
    await page.click('#undo');

    // A click on a point chooses it, and places none.
    await page.locator('#sheet .point').first().click();
    expect((await points(page)).length).toBe(2);
    await page.click('#delete');
    expect(await points(page)).toEqual([{ x: 250, y: 100, label: 2 }]);
    expect(await mapColours(page, [[70, 100]])).toEqual([[0, 0, 0, 0]]);
    await page.click('#undo');
    await untilPainted(page, 2);

    await page.locator('#class-list li:first-child input[type=color]').fill('#123456');
    expect(await mapColours(page, [[70, 100]])).toEqual([[0x12, 0x34, 0x56, 255]]);
    const name = page.locator('#class-list li:first-child input[type=text]');
    await name.fill('water');
    await name.press('Enter');
    await page.locator('#class-list li:nth-child(2) input[type=text]').fill('water');
    await page.locator('#class-list li:nth-child(2) input[type=text]').press('Enter');
    await untilNotice(page, /There is a class “water” already\. It stays “class 2”\./);

    const before = await page.locator('#sheet-map').evaluate((one) => (one as HTMLCanvasElement).toDataURL());
    await page.selectOption('#layer', 'uncertainty');
    const unsure = await page.locator('#sheet-map').evaluate((one) => (one as HTMLCanvasElement).toDataURL());
    expect(unsure).not.toBe(before);
    // Between the halves it is less sure than at the points: brighter.
    const [border, sure] = await mapColours(page, [
      [150, 100],
      [40, 100],
    ]);
    expect(border[0]).toBeGreaterThan(sure[0] + 20);
    await page.click('#unsure');
    const [, column] = /Column (\d+)/.exec((await page.textContent('#cursor'))!)!;
    expect(Math.abs(Number(column) - 150)).toBeLessThan(12);

    await page.click('#class-add');
    await clickPixel(page, [60, 20]);
    await untilPainted(page, 3);
    await page.getByRole('button', { name: 'Remove water and its points' }).click();
    await untilPainted(page, 2);
    expect((await points(page)).map(({ label }) => label)).toEqual([1, 2]);
    expect(problems).toEqual([]);
  });

  it('is used by keyboard alone: cursor, classes, points, moving, deleting, undoing', async () => {
    const { page } = await openPage(host);
    await enterMapRoom(page);
    await openScene(page, file('keys.tif', encodeGeoTiff(halves(100, 80))));
    await page.locator('#take').focus();
    await page.keyboard.press('Enter');
    await page.getByText(/The features are there/).waitFor();
    await page.locator('#zoom').focus();
    const focused = () => page.evaluate(() => document.activeElement?.id);
    for (let i = 0; i < 4 && (await focused()) !== 'sheet'; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('sheet');
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    // From the middle: column 50, row 40.
    await press('Shift+ArrowLeft', 'Shift+ArrowLeft', 'ArrowLeft', 'Shift+ArrowUp', '1', 'Enter');
    expect(await points(page)).toEqual([{ x: 29, y: 30, label: 1 }]);
    for (let i = 0; i < 5; i++) await press('Shift+ArrowRight');
    await press('2', 'Enter');
    await untilPainted(page, 2);
    await expectHalves(page, 100, 80);
    expect(await page.textContent('#cursor')).toMatch(
      /^Column 79, row 30\. Map: class 2, \d+ % sure\. A point of class 2, chosen\. Next point: class 2\.$/,
    );
    // The same place again, in another class.
    await press('1', 'Enter');
    expect(await points(page)).toEqual([
      { x: 29, y: 30, label: 1 },
      { x: 79, y: 30, label: 1 },
    ]);
    await press('Control+z', '[', 'm', 'Shift+ArrowDown', 'Enter');
    expect(await points(page)).toEqual([
      { x: 29, y: 40, label: 1 },
      { x: 79, y: 30, label: 2 },
    ]);
    await press(']', 'Delete');
    expect(await points(page)).toEqual([{ x: 29, y: 40, label: 1 }]);
    await press('Control+z');
    await untilPainted(page, 2);
    await press('Control+y');
    expect((await points(page)).length).toBe(1);
    // The cursor stays within the scene.
    for (let i = 0; i < 12; i++) await press('Shift+ArrowRight', 'Shift+ArrowDown');
    expect(await page.textContent('#cursor')).toMatch(/^Column 99, row 79\./);
  });

  it('is used on a phone: by touch, and nothing is wider than the screen', async () => {
    const { page } = await openPage(host, {
      ...{ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
    });
    const beyond = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await enterMapRoom(page);
    expect(await beyond()).toBeLessThanOrEqual(0);
    await openScene(
      page,
      file('a-name-without-a-space-anywhere-in-it-that-is-long.tif', encodeGeoTiff(halves(300, 200))),
    );
    await takeFeatures(page);
    const tap = async (place: [number, number], label: number) => {
      await page.locator(`#class-list li:nth-child(${label}) input[type=radio]`).tap();
      await page.locator('#sheet').tap({ position: await positionOf(page, place) });
    };
    await tap([60, 100], 1);
    await tap([240, 100], 2);
    await untilPainted(page, 2);
    await expectHalves(page, 300, 200);
    await page
      .locator('#class-list li:first-child input[type=text]')
      .fill('a name of a class that is long '.repeat(2));
    await page.click('#class-add');
    await answer(page, true, 'The 2 points on this scene are not saved. Take another scene?', () =>
      page.setInputFiles('#scene-files', file('no.tif', new Uint8Array([1, 2, 3]))),
    );
    await page.waitForSelector('.notice');
    expect(await beyond()).toBeLessThanOrEqual(0);
    await page.selectOption('#zoom', '8');
    expect(await beyond()).toBeLessThanOrEqual(0);
    expect((await page.locator('#sheet').boundingBox())!.width).toBeGreaterThan(2000);
  });

  it('reads a larger scene coarser, and says so before', async () => {
    const { page } = await openPage(host);
    await enterMapRoom(page);
    const said: string[] = [];
    await page.exposeFunction('said', (text: string) => said.push(text));
    await page.evaluate(() => {
      const status = document.querySelector('#scene-status')!;
      const tell = () => (window as unknown as { said(text: string): void }).said(status.textContent!);
      new MutationObserver(tell).observe(status, { childList: true, characterData: true, subtree: true });
    });
    await openScene(page, file('large.tif', encodeGeoTiff(halves(1301, 1000))));
    const expected =
      'large.tif: 1,301 × 1,000 pixels, 4 bands. That is more than 1,024 × 1,024, so it is read 2 × coarser, as ' +
      '651 × 500 pixels, each the mean of 2 × 2.';
    expect(said[0]).toBe(`Reading: ${expected}`);
    expect(await page.textContent('#scene-status')).toBe(expected);
    expect(await page.textContent('#plan')).toMatch(/^One window of 512 × 704 pixels/);
    await takeFeatures(page);
    await clickPixel(page, [100, 250], 1);
    await clickPixel(page, [550, 250], 2);
    await untilPainted(page, 2);
    await expectHalves(page, 651, 500);
  });

  it('refuses a scene or a model of other bands by name, and nothing is lost', async () => {
    const { page } = await openPage(host);
    await enterMapRoom(page);
    await openScene(page, file('good.tif', encodeGeoTiff(halves(96, 96))));
    await takeFeatures(page);
    await clickPixel(page, [20, 40], 1);
    await clickPixel(page, [80, 40], 2);
    await untilPainted(page, 2);
    // A model of another scene's bands: trained in the first room on three of them.
    const rgb = encode({
      width: 64,
      height: 64,
      channels: 3,
      data: new Uint8Array(3 * 64 * 64).map((_, i) => i % 251),
    });
    await page.click('#to-train');
    await page.setInputFiles('#files', file('photo.png', rgb));
    await page.getByText('photo.png: 1 chip of 64 × 64 pixels, 3 bands.').waitFor();
    await chooseTiny(page);
    await page.fill('#batch', '2');
    await train(page, 1);
    await page.click('#to-map');
    await page.selectOption('#model', 'run');
    await untilNotice(
      page,
      /^The network takes 3 bands; the pixels of good\.tif have 4\. Choose another model, or another scene\.$/,
    );
    expect(await page.locator('#model').inputValue()).toBe('sample');
    await clickPixel(page, [30, 70], 1);
    await untilPainted(page, 3);

    const named = { bandNames: ['red', 'green', 'blue', 'nir'] };
    await answer(page, true, 'The 3 points on this scene are not saved. Take another scene?', () =>
      page.setInputFiles('#scene-files', file('other.tif', encodeGeoTiff(halves(96, 96, named)))),
    );
    await untilNotice(
      page,
      /^Band 4 of the network is elevation, that of the pixels of other\.tif nir\. .*Choose another model/,
    );
    expect(await page.isDisabled('#take')).toBe(true);
  });

  it('says what is wrong with a file, and the scene and its points stay', async () => {
    const { page } = await openPage(host);
    await enterMapRoom(page);
    await openScene(page, file('stays.tif', encodeGeoTiff(halves(96, 96))));
    await clickPixel(page, [20, 40], 1);
    const refuse = async (files: string | string[], message: RegExp) => {
      await answer(page, true, 'The 1 points on this scene are not saved. Take another scene?', () =>
        page.setInputFiles('#scene-files', files),
      );
      await untilNotice(page, message);
    };
    await refuse(file('cut.tif', encodeGeoTiff(halves(96, 96)).slice(0, 9000)), /cut\.tif: .*cut short/);
    await refuse(
      file('text.tif', Buffer.from('no image')),
      /text\.tif: cannot be read as a GeoTIFF.*\nThe scene at hand stays/,
    );
    const empty = encodeGeoTiff({ width: 40, height: 40, bands: 4, nodata: 0, data: new Uint8Array(6400) });
    await refuse(
      file('empty.tif', empty),
      /empty\.tif has no valid pixel in band 1.*The scene at hand stays/,
    );
    expect(await points(page)).toEqual([{ x: 20, y: 40, label: 1 }]);
    expect(await page.textContent('#scene-status')).toMatch(/^stays\.tif: 96 × 96 pixels/);
    await takeFeatures(page);
    await clickPixel(page, [80, 40], 2);
    await untilPainted(page, 2);
    await answer(page, false, '', () => page.close({ runBeforeUnload: true }));
  });

  it('takes the chips of the first room, its network, and a model that it saved; several images', async () => {
    const { page, problems } = await openPage(host);
    await chooseTiny(page);
    await train(page, 3);
    await page.click('#save');
    await page.waitForSelector('#checkpoints li');
    await page.click('#to-map');
    await page.click('#scene-chips');
    await untilPlanned(page);
    expect(await page.textContent('#scene-status')).toBe('NASA Blue Marble, 4 bands, beside each other.');
    expect(await page.textContent('#plan')).toMatch(/^64 windows of 64 × 64 pixels/);
    for (const model of ['run', 'saved my run']) {
      await page.selectOption('#model', model);
      await page.getByText(model === 'run' ? 'The network at hand:' : '“my run”:').waitFor();
      await untilPlanned(page);
      await takeFeatures(page);
    }
    await clickPixel(page, [20, 20], 1);
    await clickPixel(page, [300, 300], 2);
    console.log(`64 chips: ${await untilPainted(page, 2)}`);
    // Between two chips there is nothing.
    const [between, chip] = await mapColours(page, [
      [65, 20],
      [20, 20],
    ]);
    expect([between, chip]).toEqual([[0, 0, 0, 0], BLUE]);

    await answer(page, true, 'The 2 points on this scene are not saved. Take another scene?', () =>
      page.setInputFiles('#scene-files', [
        file('a.tif', encodeGeoTiff(halves(64, 64))),
        file('b.tif', encodeGeoTiff(halves(100, 50))),
        file('c.tif', encodeGeoTiff({ width: 64, height: 64, bands: 2, data: new Uint8Array(8192).fill(1) })),
      ]),
    );
    await untilNotice(page, /c\.tif has 2 bands, the files before it 4/);
    await page.getByText('2 images, 4 bands, beside each other.', { exact: true }).waitFor();
    expect(problems).toEqual([]);
  });

  it('keeps the points when the backend changes, and paints again once the features are taken', async () => {
    const { page } = await openPage(host);
    await enterMapRoom(page);
    await openScene(page, file('backends.tif', encodeGeoTiff(halves(96, 96))));
    await takeFeatures(page);
    await clickPixel(page, [20, 40], 1);
    await clickPixel(page, [80, 40], 2);
    await untilPainted(page, 2);
    await page.selectOption('#device', 'single');
    await page.getByText(/once the features are taken and two classes have points/).waitFor();
    await untilPlanned(page);
    await takeFeatures(page);
    await untilPainted(page, 2);
    await expectHalves(page, 96, 96);
    expect(await notices(page)).toBe('');
  });
});
