import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.js';
import {
  chooseTiny,
  notices,
  openPage,
  type PageHost,
  plottedLosses,
  startHost,
  train,
  untilReady,
  watchProblems,
} from './support/openPage.js';

/** Pixels of a canvas, as one string: enough to tell whether they changed. */
const picture = (page: Page, id: string) =>
  page.locator(id).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

const setSlider = (page: Page, id: string, value: number) =>
  page.locator(id).evaluate((slider, number) => {
    (slider as HTMLInputElement).value = String(number);
    slider.dispatchEvent(new Event('input'));
  }, value);

/** The parts of an event of Chromium's trace that are read; times in microseconds. */
interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
}

/**
 * The longest task of the page's own thread during `body`, in milliseconds of processor time: by the clock it would be
 * longer where other processes have the processor meanwhile.
 */
async function longestTask(page: Page, body: () => Promise<unknown>): Promise<number> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
  await page.evaluate(() => performance.mark('own thread'));
  await body();
  // A task is in the trace a while after it has ended.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  await page.waitForTimeout(500);
  const trace = (await browser.stopTracing()).toString();
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const { pid, tid } = traceEvents.find(({ name }) => name === 'own thread')!;
  const tasks = traceEvents.filter((event) => event.pid === pid && event.tid === tid && event.tdur);
  expect(tasks.length).toBeGreaterThan(0);
  return Math.max(...tasks.map(({ tdur }) => tdur! / 1000));
}

/** Lets the worker say how large its WebAssembly memories are. */
const watchWasm = `
  const memories = [];
  const { Memory } = WebAssembly;
  const add = (values) => memories.push(...values.filter((value) => value instanceof Memory));
  WebAssembly.Memory = class extends Memory {
    constructor(size) { super(size); add([this]); }
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
      const result = await original.apply(WebAssembly, args);
      add(Object.values((result.instance ?? result).exports));
      return result;
    };
  }
  globalThis.wasmBytes = () => new Set(memories.map(({ buffer }) => buffer))
    .values().reduce((sum, { byteLength }) => sum + byteLength, 0);
`;

describe.skipIf(!chromiumPath)('the page', () => {
  let host: PageHost;
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(() => host?.close());

  it('loads at most 375 kB without the sample chips, interactive within two seconds, without an error', async () => {
    const page = await host.browser.newPage();
    const problems = watchProblems(page);
    const loaded: Promise<[url: string, bytes: Buffer]>[] = [];
    page.on('requestfinished', (request) => {
      if (request.url().startsWith('blob:')) return;
      loaded.push((async () => [request.url(), (await (await request.response())?.body()) ?? Buffer.of()])());
    });
    await page.goto(host.url);
    await untilReady(page);
    const files = (await Promise.all(loaded)).filter(([url]) => !url.endsWith('chips.bin'));
    const bytes = files.reduce((sum, [, body]) => sum + gzipSync(body).length, 0);
    const [interactive, ready] = await page.evaluate(() =>
      ['interactive', 'ready'].map((mark) => performance.getEntriesByName(mark)[0].startTime),
    );
    console.log(
      `first load ${(bytes / 1000).toFixed(0)} kB gzipped in ${files.length} files; ` +
        `interactive after ${interactive.toFixed(0)} ms, backend and chips after ${ready.toFixed(0)} ms`,
    );
    for (const part of [/worker.*\.js$/, /\.wasm$/])
      expect(files.filter(([url]) => part.test(url)).length).toBe(1);
    expect(bytes).toBeLessThanOrEqual(375_000);
    expect(interactive).toBeLessThan(2000);
    expect(await page.locator('#gallery input').count()).toBe(64);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('trains until the loss falls, draws from noise, scrubs and shows bands', async () => {
    const { page, problems } = await openPage(host);
    await train(page, 40);
    const { steps, first, last } = await plottedLosses(page);
    expect(steps).toBe(40);
    expect(last).toBeLessThan(0.6 * first);
    console.log(await page.textContent('#progress'));

    await page.fill('#sample-steps', '8');
    await page.click('#sample');
    await page.waitForSelector('#play:enabled', { timeout: 60_000 });
    expect(await page.textContent('#frame-label')).toBe('8 of 8, t = 124');
    const end = await picture(page, '#clean');
    await setSlider(page, '#frame', 1);
    expect(await page.textContent('#frame-label')).toBe('1 of 8, t = 999');
    expect(await picture(page, '#clean')).not.toBe(end);
    await page.locator('#frame').press('End');
    expect(await picture(page, '#clean')).toBe(end);
    await page.selectOption('#bands', '3');
    expect(await picture(page, '#clean')).not.toBe(end);

    expect(await page.textContent('#sample-note')).toBe('Drawn by the network after 40 steps of training.');

    await page.selectOption('#start', 'chip');
    await page.click('#sample');
    await page.getByText('2 of 2, t = 124').waitFor();
    await page.waitForSelector('#play:enabled');
    expect(await page.locator('#frame').getAttribute('max')).toBe('2');
    expect(await notices(page)).toBe('');
    expect(problems).toEqual([]);
  });

  it('keeps the page free while it trains: no task of 100 ms', async () => {
    const { page } = await openPage(host);
    const whileTraining = await longestTask(page, () => train(page, 20));
    console.log(`longest task of the page while it trains: ${whileTraining.toFixed(0)} ms`);
    expect(whileTraining).toBeLessThan(100);
    const busy = await longestTask(page, () =>
      page.evaluate(() => {
        setTimeout(() => {
          for (const end = performance.now() + 2000; performance.now() < end; );
        });
      }),
    );
    expect(busy, 'a task of 2 s is seen, by the time it had a processor').toBeGreaterThan(100);
  });

  it('shows what a schedule does to the chosen chip', async () => {
    const { page, problems } = await openPage(host);
    await setSlider(page, '#t', 0);
    const clear = await picture(page, '#noised');
    await setSlider(page, '#t', 999);
    expect(await picture(page, '#noised')).not.toBe(clear);
    const plot = () => page.locator('#snr-plot path.curve').getAttribute('d');
    const published = await plot();
    await page.selectOption('#schedule', 'linear');
    expect(await plot()).not.toBe(published);
    await page.selectOption('#schedule', 'squaredcos_cap_v2');
    expect(await plot()).toBe(published);
    expect(await page.textContent('#schedule-hint')).toBe('A new network takes this schedule.');
    await page.fill('#timesteps', '100');
    await page.locator('#timesteps').blur();
    expect(await page.locator('#t').getAttribute('max')).toBe('99');
    expect(await page.textContent('#noised-label')).toMatch(/^At t = 99, ᾱ is 0\.0/);
    await page.fill('#timesteps', '3');
    await page.locator('#timesteps').blur();
    expect(await notices(page)).toMatch(/“Timesteps” takes a number from 10 to 10000/);
    expect(problems).toEqual([]);
  });

  it('stops at once, goes on, and its memory is flat from step 50 to step 500', async () => {
    const { page, problems } = await openPage(host, {}, watchWasm);
    await chooseTiny(page);
    await page.fill('#batch', '2');
    await page.fill('#steps', '100000');
    await page.click('#train');
    await page.waitForFunction(() =>
      /^Step \d\d/.test(document.querySelector('#progress')?.textContent ?? ''),
    );
    await page.click('#stop');
    await page.waitForSelector('#train:enabled');
    const memory = async () => ({
      tensors: await page.getAttribute('#progress', 'data-memory'),
      wasmBytes: await page
        .workers()[0]
        .evaluate(() => (globalThis as unknown as { wasmBytes(): number }).wasmBytes()),
    });
    const { steps } = await plottedLosses(page);
    await train(page, 50 - steps);
    const before = await memory();
    expect(before.tensors).toMatch(/^\d+ tensors, \d+ bytes$/);
    expect(before.wasmBytes).toBeGreaterThan(2 ** 20);
    for (let step = 50; step < 500; step += 150) {
      await train(page, 150);
      expect(await memory()).toEqual(before);
    }
    expect((await plottedLosses(page)).steps).toBe(500);
    expect(problems).toEqual([]);
  });

  it('reaches nothing but its own host, from the page and from its worker', async () => {
    let visits = 0;
    const elsewhere = createServer((_, response) => {
      visits++;
      response.end();
    }).listen(0);
    const { port } = elsewhere.address() as AddressInfo;
    const { page } = await openPage(host);
    const reach = (url: string) =>
      fetch(url, { mode: 'no-cors' }).then(
        () => 'reached',
        () => 'refused',
      );
    const url = `http://localhost:${port}/`;
    expect(await page.evaluate(reach, url)).toBe('refused');
    expect(await page.workers()[0].evaluate(reach, url)).toBe('refused');
    expect(visits).toBe(0);
    elsewhere.close();
  });

  it('computes on several threads where there are the processors, and on one when asked', async () => {
    const { page, problems } = await openPage(
      host,
      {},
      "Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });",
    );
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await page.textContent('#backend')).toMatch(/^wasm \(2 threads\)/);
    await chooseTiny(page);
    await train(page, 15);
    await page.selectOption('#device', 'single');
    await page.waitForSelector('#train:enabled');
    expect(await page.textContent('#backend')).toMatch(/^wasm \(1 thread\)/);
    await train(page, 15);
    await page.selectOption('#device', 'wasm');
    await page.waitForSelector('#train:enabled');
    expect(await page.textContent('#backend')).toMatch(/^wasm \(2 threads\)/);
    await train(page, 15);
    const { first, last } = await plottedLosses(page);
    expect(last).toBeLessThan(first);
    expect(await notices(page)).toBe('');
    expect(problems).toEqual([]);
  });

  it('trains without WebGPU on wasm and says so', async () => {
    const { page } = await openPage(host);
    await page.selectOption('#device', 'webgpu');
    await page.waitForSelector('#train:enabled');
    expect(await notices(page)).toMatch(/WebGPU does not start .*Going on with wasm\./);
    expect(await page.textContent('#backend')).toMatch(/^wasm/);
    await chooseTiny(page);
    await train(page, 2);
  });
});
