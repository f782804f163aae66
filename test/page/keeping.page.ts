import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { initBackend } from 'diffusion-ssl/backends/node';
import { readSafetensors, toTorchStateDict, writeSafetensors } from 'diffusion-ssl/interop';
import { namedParameters, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { ExponentialMovingAverage, readCheckpointState, restoreCheckpoint } from 'diffusion-ssl/training';
import { transform } from 'esbuild';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parsePretrainOptions } from '../../examples/trainer/src/config/pretrainOptions.js';
import { pretrain } from '../../examples/trainer/src/run/pretrain.js';
import { root } from '../../scripts/lib/root.js';
import { writeChips } from '../support/chips.js';
import { chromiumPath } from './support/chromium.js';
import {
  chooseTiny,
  download,
  notices,
  openPage,
  type PageHost,
  plottedLosses,
  startHost,
  train,
  untilNotice,
  untilReady,
} from './support/openPage.js';

/** The tensors of a checkpoint, which two runs that are the same have the same, bit for bit. */
const tensorsOf = (bytes: Uint8Array) => readSafetensors(bytes).tensors;

describe.skipIf(!chromiumPath)('keeping a run', () => {
  let host: PageHost;
  const folder = mkdtempSync(path.join(tmpdir(), 'page-'));
  beforeAll(async () => {
    host = await startHost();
    await initBackend({ device: 'wasm' });
  });
  afterAll(async () => {
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('saves, reloads, resumes as if nothing had been, and removes', async () => {
    const { page, problems } = await openPage(host);
    await chooseTiny(page);
    await train(page, 6);
    await page.fill('#name', 'six steps');
    await page.click('#save');
    await page.waitForSelector('#checkpoints li');
    await train(page, 4);
    const uninterrupted = await download(page);

    await page.reload();
    await untilReady(page);
    expect(await page.textContent('#checkpoints li span')).toMatch(/^six steps, 0\.\d MiB/);
    await page.getByRole('button', { name: 'Resume six steps' }).click();
    await untilNotice(page, /“six steps” is open, at step 6\./);
    expect((await plottedLosses(page)).steps).toBe(6);
    await train(page, 4);
    const resumed = await download(page);
    expect(tensorsOf(resumed)).toEqual(tensorsOf(uninterrupted));
    expect(readCheckpointState(resumed)).toEqual(readCheckpointState(uninterrupted));

    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: 'Remove six steps' }).click();
    await page.waitForSelector('#checkpoints li', { state: 'detached' });
    expect(problems).toEqual([]);
  });

  it('gives Node a file that loads there, with its optimizer and average', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 5);
    const bytes = await download(page);
    const { network } = readCheckpointState(bytes) as { network: Parameters<typeof unetAttD>[0] };
    const parameters = namedParameters(unetAttD(network));
    const [optimizer, ema] = [new AdamW(), new ExponentialMovingAverage(parameters, 0.99)];
    await restoreCheckpoint(bytes, { parameters, optimizer, ema });
    expect([optimizer.step, ema.step]).toEqual([5, 5]);
    expect(await toTorchStateDict(parameters)).toEqual(
      new Map([...tensorsOf(bytes)].filter(([name]) => !/^(ema|optimizer)\./.test(name))),
    );
  });

  it('gives Node a file that the lines of the guide load', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 2);
    const place = path.join(folder, 'my-run.safetensors');
    writeFileSync(place, await download(page));
    const guide = readFileSync(path.join(root, 'docs/browser.md'), 'utf8');
    const blocks = [...guide.matchAll(/```ts no-run\n(.*?)```/gs)].map(([, block]) => block);
    const snippet = blocks.find((block) => block.includes("'my-run.safetensors'"))!;
    const program = `${snippet.replace("'my-run.safetensors'", JSON.stringify(place))}
      console.log('parameters', model.countParams());`;
    const { code } = await transform(program, { loader: 'ts' });
    const node = ['--input-type=module', '--eval', code];
    const { stdout, stderr } = spawnSync(process.execPath, node, { cwd: root, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/parameters [1-9]\d{3,}/);
  });

  it("takes a run of Node's trainer, and gives it back as it was", async () => {
    const catalog = writeChips(folder, { train: 4, validate: 1 });
    const out = path.join(folder, 'run');
    vi.spyOn(console, 'log').mockReturnValue();
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const flags = [
      ...['--data', folder, '--catalog', catalog, '--image-columns', 'optical', '--size', '32'],
      ...['--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1', '--epochs', '2', '--batch', '2'],
      ...['--timesteps', '50', '--ema-decay', '0.9', '--workers', '0', '--out', out],
    ];
    await pretrain(parsePretrainOptions(flags));
    vi.restoreAllMocks();

    const { page } = await openPage(host);
    await page.setInputFiles('#open', path.join(out, 'latest.safetensors'));
    await untilNotice(page, /latest\.safetensors is open, at step 4\.$/);
    const bytes = await download(page);
    const given = readSafetensors(await readFileOf(path.join(out, 'latest.safetensors')));
    expect(tensorsOf(bytes)).toEqual(given.tensors);
    expect(readCheckpointState(bytes)).toMatchObject({
      step: 4,
      batchSize: 2,
      schedule: { timesteps: 50 },
      predictionType: 'x0',
      scaling: { normalization: { strategy: 'z_value', procedure: 'gpb' } },
    });
    const shown = (id: string) => page.locator(id).inputValue();
    expect(await Promise.all(['#batch', '#timesteps', '#network', '#bands'].map(shown))).toEqual([
      ...['2', '50', 'tiny', '0,1,2'],
    ]);
    expect((await plottedLosses(page)).steps).toBe(4);
    await train(page, 3);
    expect((readCheckpointState(await download(page)) as { step: number }).step).toBe(7);

    await page.locator('summary').click();
    await page.selectOption('#network', 'small');
    page.on('dialog', (dialog) => dialog.accept());
    await page.setInputFiles('#open', path.join(out, 'weights.safetensors'));
    await untilNotice(
      page,
      /weights\.safetensors does not open: it holds another network than the one chosen here/,
    );
    await page.selectOption('#network', 'tiny');
    await page.setInputFiles('#open', path.join(out, 'weights.safetensors'));
    await untilNotice(page, /weights\.safetensors is open, at step 0\. Only weights were taken over/);
  });

  it('refuses files that are no checkpoint of such a network, and keeps the run at hand', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 2);
    const before = tensorsOf(await download(page));
    const other = { shape: [1], dtype: 'F32' as const, data: Float32Array.of(1) };
    const files: [name: string, bytes: Uint8Array, message: RegExp][] = [
      ['cut.safetensors', Buffer.from([9, 0, 0]), /cut\.safetensors is no whole safetensors file/],
      [
        'other.safetensors',
        writeSafetensors(new Map([['w', other]])),
        /holds another network than this page/,
      ],
    ];
    for (const [name, bytes, message] of files) {
      writeFileSync(path.join(folder, name), bytes);
      await page.setInputFiles('#open', path.join(folder, name));
      await untilNotice(page, message);
    }
    expect(tensorsOf(await download(page))).toEqual(before);
  });

  it('lets one tab at a time write, says so in the other, and lets that one take over', async () => {
    const { page: first } = await openPage(host);
    const second = await first.context().newPage();
    await second.goto(host.url);
    await untilReady(second);
    expect(await second.textContent('#store')).toMatch(/Another tab with this page is open/);
    await chooseTiny(second);
    await train(second, 1);
    await second.click('#save');
    await untilNotice(second, /Another tab.*Close it and press “Try again”/);
    expect((await download(second)).length).toBeGreaterThan(10_000);
    await first.close();
    await second.click('#retry');
    await second.waitForFunction(() =>
      /stay in this browser/.test(document.querySelector('#store')?.textContent ?? ''),
    );
    await second.click('#save');
    await second.waitForSelector('#checkpoints li');
  });

  it('says what to do where the browser stores nothing; downloads still work', async () => {
    const profile = path.join(folder, 'profile');
    await (await import('node:fs/promises')).mkdir(path.join(profile, 'Default'), { recursive: true });
    const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
    writeFileSync(path.join(profile, 'Default/Preferences'), JSON.stringify(preferences));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: chromiumPath,
      args: ['--no-sandbox'],
    });
    const page = await context.newPage();
    await page.goto(host.url);
    await untilReady(page);
    expect(await page.textContent('#store')).toMatch(/does not let the page store anything.*Allow site data/);
    await chooseTiny(page);
    await train(page, 1);
    await page.click('#save');
    await untilNotice(page, /Allow site data.*Download keeps the run/);
    expect((await download(page)).length).toBeGreaterThan(10_000);
    expect(await notices(page)).not.toMatch(/undefined/);
    await context.close();
  });
});

async function readFileOf(file: string): Promise<Uint8Array> {
  return (await import('node:fs/promises')).readFile(file);
}
