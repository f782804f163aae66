import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../scripts/lib/root.js';
import { chromiumPath } from './support/chromium.js';
import { untilNotice, untilReady } from './support/openPage.js';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
/** Parts in which a slow server sends a file, and the time before each. */
const PARTS = 8;
const PART_MS = 250;

/** What the page's server does with a file: sends it, sends it slowly, or has not got it. */
type Manner = 'fast' | 'slow' | 'missing';

describe.skipIf(!chromiumPath)('a poor network', () => {
  let server: Server;
  let browser: Browser;
  let mannerOf: (file: string) => Manner;

  async function send(response: ServerResponse, file: string): Promise<void> {
    const manner = mannerOf(file);
    const bytes = await readFile(path.join(root, 'examples/browser/dist', file)).catch(() => undefined);
    if (!bytes || manner === 'missing') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-length': bytes.length,
    });
    const size = manner === 'slow' ? Math.ceil(bytes.length / PARTS) : bytes.length;
    for (let from = 0; from < bytes.length; from += size) {
      if (manner === 'slow') await sleep(PART_MS);
      response.write(bytes.subarray(from, from + size));
    }
    response.end();
  }

  beforeAll(async () => {
    server = createServer(({ url = '/' }, response) => {
      const { pathname } = new URL(url, 'http://localhost');
      send(response, pathname === '/' ? 'index.html' : pathname).catch(() => response.destroy());
    }).listen(0);
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  });
  beforeEach(() => {
    mannerOf = () => 'fast';
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function open(): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    return page;
  }
  const untilText = (page: Page, id: string, text: RegExp) =>
    page.locator(id).filter({ hasText: text }).waitFor({ timeout: 30_000 });

  it('is told how far the downloads are', async () => {
    mannerOf = (file) => (/\.wasm$|chips\.bin$/.test(file) ? 'slow' : 'fast');
    const page = await open();
    await untilText(page, '#backend', /^loading wasm, \d\d+ of \d{3} kB…$/);
    await untilText(page, '#dataset', /^loading the sample chips, \d{3} of 1049 kB…$/);
    await untilReady(page);
    expect(await page.textContent('#backend')).toMatch(/^wasm/);
    expect(await page.textContent('#dataset')).toMatch(/^NASA Blue Marble: 64 chips/);
    await page.close();
  });

  it('is told that what computes is on its way', async () => {
    mannerOf = (file) => (/worker-.*\.js$/.test(file) ? 'slow' : 'fast');
    const page = await open();
    await untilText(page, '#backend', /^loading what computes, some 300 kB…$/);
    await untilReady(page);
    await page.selectOption('#device', 'single');
    await untilText(page, '#backend', /^wasm/);
    await page.close();
  });

  it('is told which file is missing, and starts when it is there', async () => {
    mannerOf = (file) => (/\.wasm$|chips\.bin$/.test(file) ? 'missing' : 'fast');
    const page = await open();
    await untilNotice(
      page,
      /file http:\/\/localhost:\d+\/assets\/.*\.wasm does not load: the server answers 404/,
    );
    await untilNotice(page, /The sample chips do not load \(404\)/);
    // Beside a long message, too, its button is one line.
    const heights = await page
      .locator('.notice button')
      .evaluateAll((buttons) => buttons.map(({ clientHeight }) => clientHeight));
    expect(new Set(heights).size, `${heights}`).toBe(1);
    expect(await page.textContent('#backend')).toMatch(/^none: nothing computes/);
    expect(await page.textContent('#dataset')).toMatch(/^No chips yet/);
    expect(await page.isEnabled('#train')).toBe(false);
    mannerOf = () => 'fast';
    await page.selectOption('#device', 'single');
    await untilText(page, '#backend', /^wasm/);
    await page.click('#samples');
    await untilText(page, '#dataset', /^NASA Blue Marble: 64 chips/);
    expect(await page.isEnabled('#train')).toBe(true);
    await page.close();
  });
});
