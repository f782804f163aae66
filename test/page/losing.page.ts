import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.js';
import {
  answer,
  chooseTiny,
  openPage,
  type PageHost,
  plottedLosses,
  startHost,
  train,
  untilNotice,
} from './support/openPage.js';

/** Writes until the browser takes no more, in ever smaller pieces. */
async function useUpStorage(): Promise<void> {
  const opening = indexedDB.open('filler', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('pieces', { autoIncrement: true });
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  const put = (bytes: number) =>
    new Promise<boolean>((resolve) => {
      const transaction = opening.result.transaction('pieces', 'readwrite');
      transaction.oncomplete = () => resolve(true);
      transaction.onabort = () => resolve(false);
      transaction.objectStore('pieces').add(crypto.getRandomValues(new Uint8Array(bytes)));
    });
  for (const bytes of [60_000, 10_000]) while (await put(bytes));
}

describe.skipIf(!chromiumPath)('nothing is lost', () => {
  let host: PageHost;
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(() => host?.close());

  it('where the space for the page is used up: what was saved stays, and what to do is said', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 2);
    // Told before the first is saved, since Chromium remembers for a while how much is left.
    const devtools = await page.context().newCDPSession(page);
    const { origin } = new URL(host.url);
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 20e6 });
    await page.click('#save');
    await page.waitForSelector('#checkpoints li');
    await page.evaluate(useUpStorage);
    await train(page, 1);
    const full = /did not save the checkpoint: its space .* is used up; remove a checkpoint.*Download keeps/;
    for (const name of ['another', 'my run']) {
      await page.fill('#name', name);
      await page.click('#save');
      await untilNotice(page, full);
      await page.locator('.notice button').click();
    }
    expect(await page.locator('#checkpoints li').count()).toBe(1);
    // Not saved, and known as such.
    await answer(page, true, 'The network at hand is not saved. Put another in its place?', () =>
      page.getByRole('button', { name: 'Resume my run' }).click(),
    );
    await untilNotice(page, /“my run” is open, at step 2\./);
  });

  it('without a question: an unsaved run, a checkpoint of the same name, one that is removed', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 2);
    const steps = async () => (await plottedLosses(page)).steps;
    const replaced = 'The network at hand is not saved. Put another in its place?';

    await answer(page, false, replaced, () => page.click('#fresh'));
    expect(await steps()).toBe(2);
    await page.click('#save');
    await page.waitForSelector('#checkpoints li');
    // The run's own checkpoint is brought up to date without a question.
    await train(page, 1);
    // It is saved when the list says another time, which it tells by the second.
    const listed = page.locator('#checkpoints li');
    const before = await listed.textContent();
    await page.waitForTimeout(1100);
    await page.click('#save');
    await expect.poll(() => listed.textContent(), { timeout: 30_000 }).not.toBe(before);
    expect(await listed.count()).toBe(1);

    await page.click('#fresh');
    await untilNotice(page, /A new tiny network/);
    await train(page, 1);
    await answer(page, false, '“my run” is another run. Put the one at hand in its place?', () =>
      page.click('#save'),
    );
    const resume = () => page.getByRole('button', { name: 'Resume my run' }).click();
    await answer(page, false, replaced, resume);
    expect(await steps()).toBe(1);
    await page.fill('#steps', '100000');
    await page.click('#train');
    await page.waitForSelector('#stop:enabled');
    await answer(page, true, replaced, resume);
    await untilNotice(page, /“my run” is open, at step 3\./);
    // The steps under way were meant for the other run.
    await page.waitForSelector('#train:enabled');
    expect(await steps()).toBe(3);

    const remove = () => page.getByRole('button', { name: 'Remove my run' }).click();
    await answer(page, false, 'Remove “my run” for good?', remove);
    expect(await page.locator('#checkpoints li').count()).toBe(1);
    await train(page, 1);
    await answer(page, false, '', () => page.close({ runBeforeUnload: true }));
    expect(await steps()).toBe(4);
    await answer(page, true, 'Remove “my run” for good?', remove);
    await page.waitForSelector('#checkpoints li', { state: 'detached' });
  });
});
