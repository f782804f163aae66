import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type PreviewServer, preview } from 'vite';
import { expect } from 'vitest';
import { chromiumPath } from './chromium.js';

const root = fileURLToPath(new URL('../../../examples/browser', import.meta.url));

/** A running server with the built page, and a browser. */
export interface PageHost {
  url: string;
  browser: Browser;
  close(): Promise<void>;
}

/** Serves the built page and starts Chromium with these arguments besides. */
export async function startHost(args: readonly string[] = []): Promise<PageHost> {
  const server: PreviewServer = await preview({ root, logLevel: 'error', preview: { port: 0 } });
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', ...args] });
  const url = server.resolvedUrls?.local[0] ?? '';
  return {
    url,
    browser,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** The page in a context of its own, with what went wrong in it. */
export interface OpenedPage {
  page: Page;
  /** Errors of the console and of the page, and failed requests. */
  problems: string[];
}

/**
 * Opens the page and waits until a backend runs and the sample chips are there.
 *
 * @param workerPrefix JavaScript that its worker runs first; Chromium has no other way into the worker and its own.
 */
export async function openPage(
  host: PageHost,
  options: BrowserContextOptions = {},
  workerPrefix = '',
): Promise<OpenedPage> {
  const context = await host.browser.newContext(options);
  const page = await context.newPage();
  const problems = watchProblems(page);
  if (workerPrefix !== '') {
    await page.route('**/assets/worker-*.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: workerPrefix + (await response.text()) });
    });
  }
  await page.goto(host.url);
  await untilReady(page);
  return { page, problems };
}

/** What goes wrong in a page from now on. */
export function watchProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`page: ${error.message}`));
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  return problems;
}

export async function untilReady(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('ready').length > 0, null, {
    timeout: 60_000,
  });
}

/** Trains so many steps and waits for their end. */
export async function train(page: Page, steps: number): Promise<void> {
  const end = ((await plottedLosses(page)).steps || 0) + steps;
  await page.fill('#steps', String(steps));
  await page.click('#train');
  await page.locator(`#loss-plot svg[aria-label*=" ${end} steps,"]`).waitFor({ timeout: 200_000 });
  await page.waitForSelector('#train:enabled');
}

/** Chooses the tiny network, for short tests. */
export async function chooseTiny(page: Page): Promise<void> {
  await page.click('summary');
  await page.selectOption('#network', 'tiny');
}

/** What the Download button gives. */
export async function download(page: Page): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  return readFile(await file.path());
}

/** Drops files and folders on the page, as from the system's file manager. */
export async function dropOn(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
  await session.detach();
}

/** The messages on the page. */
export async function notices(page: Page): Promise<string> {
  return (await page.locator('.notice span').allTextContents()).join('\n');
}

/** Waits for a message that matches. */
export async function untilNotice(page: Page, pattern: RegExp): Promise<void> {
  await page.locator('.notice span').filter({ hasText: pattern }).first().waitFor({ timeout: 60_000 });
}

/** The losses that the plot's description tells: the first, and the smoothed last. */
export async function plottedLosses(page: Page): Promise<{ steps: number; first: number; last: number }> {
  const label = await page.locator('#loss-plot svg').getAttribute('aria-label');
  const [, steps, first, last] = label?.match(/(\d+) steps, from (\d+\.\d+) to (\d+\.\d+)/) ?? [];
  return { steps: Number(steps), first: Number(first), last: Number(last) };
}

/** Does what makes the page ask `question`, and answers it. */
export async function answer(
  page: Page,
  yes: boolean,
  question: string,
  act: () => Promise<unknown>,
): Promise<void> {
  const asked = page.waitForEvent('dialog');
  const acted = act();
  const dialog = await asked;
  expect(dialog.message()).toBe(question);
  await (yes ? dialog.accept() : dialog.dismiss());
  await acted;
}
