import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.js';
import { clickPixel, enterMapRoom, takeFeatures, untilPainted, untilPlanned } from './support/mapRoom.js';
import { chooseTiny, openPage, type PageHost, startHost, train } from './support/openPage.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; nodes: { html: string }[] }[];
  passes: unknown[];
}

async function violations(page: Page): Promise<string[]> {
  const result = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run(),
  );
  expect(result.passes.length).toBeGreaterThan(10);
  return result.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

describe.skipIf(!chromiumPath)('for everyone', () => {
  let host: PageHost;
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(() => host?.close());

  it.each(['light', 'dark'] as const)(
    'has nothing that axe objects to, %s, fresh and in use',
    async (colorScheme) => {
      const { page } = await openPage(host, { colorScheme, bypassCSP: true });
      await page.addScriptTag({ content: axe });
      expect(await violations(page)).toEqual([]);
      await chooseTiny(page);
      await train(page, 2);
      await page.fill('#sample-steps', '2');
      await page.click('#sample');
      await page.waitForSelector('#play:enabled');
      await page.click('#save');
      await page.waitForSelector('#checkpoints li');
      await page.fill('#batch', '0');
      await page.click('#fresh');
      await page.waitForSelector('.notice');
      expect(await violations(page)).toEqual([]);
    },
  );

  it.each(['light', 'dark'] as const)(
    'has nothing that axe objects to in the second room, %s, empty and in use',
    async (colorScheme) => {
      const { page } = await openPage(host, { colorScheme, bypassCSP: true });
      await page.addScriptTag({ content: axe });
      await enterMapRoom(page);
      expect(await violations(page)).toEqual([]);
      await page.click('#scene-sample');
      await untilPlanned(page);
      await takeFeatures(page);
      await clickPixel(page, [40, 300], 1);
      await clickPixel(page, [300, 450], 2);
      await untilPainted(page, 2);
      for (const summary of await page.locator('#map-room summary').all()) await summary.click();
      expect(await violations(page)).toEqual([]);
    },
  );

  it('fits a phone: nothing is wider than the screen, fresh and in use', async () => {
    const { page } = await openPage(host, { viewport: { width: 320, height: 640 }, hasTouch: true });
    const beyond = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await beyond()).toBeLessThanOrEqual(0);
    await chooseTiny(page);
    await train(page, 2);
    await page.fill('#name', 'a-name-of-sixty-characters-without-a-space-anywhere-in-it-at-');
    await page.click('#save');
    await page.waitForSelector('#checkpoints li');
    await page.fill('#batch', '0');
    await page.click('#fresh');
    await page.waitForSelector('.notice');
    expect(await beyond()).toBeLessThanOrEqual(0);
  });

  it('is used by keyboard alone: from the first Tab to training, a chip and the scrubber', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await page.fill('#steps', '2');
    await page.locator('h1').click();
    const reached = new Set<string>();
    const tab = async () => {
      await page.keyboard.press('Tab');
      const id = await page.evaluate(() => {
        const active = document.activeElement;
        return active?.id || active?.getAttribute('name') || '';
      });
      reached.add(id);
      return id;
    };
    for (let id = await tab(); id !== 'train'; id = await tab()) expect(reached.size).toBeLessThan(20);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#sample:enabled');
    for (let i = 0; i < 40; i++) await tab();
    for (const id of [
      'device',
      'samples',
      'files',
      'bands',
      'chip',
      'steps',
      'network',
      'name',
      'open',
      'sample',
      't',
    ]) {
      expect([...reached], id).toContain(id);
    }
    await page.locator('#gallery input').first().focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#gallery input').nth(1).isChecked()).toBe(true);
  });
});
