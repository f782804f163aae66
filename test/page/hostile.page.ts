import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSafetensors, writeSafetensors } from 'diffusion-ssl/interop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.js';
import {
  chooseTiny,
  download,
  openPage,
  type PageHost,
  plottedLosses,
  startHost,
  train,
} from './support/openPage.js';

/** How long an answer may take. */
const SECONDS = 5;

type State = Record<string, unknown> & { network: object; schedule: object };

describe.skipIf(!chromiumPath)("somebody else's checkpoint", () => {
  let host: PageHost;
  const folder = mkdtempSync(path.join(tmpdir(), 'page-hostile-'));
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(async () => {
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is answered within five seconds, whatever its header says, and training goes on', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 2);
    const { tensors, metadata } = readSafetensors(await download(page));
    const { state, ...rest } = JSON.parse(metadata['diffusion-ssl']) as { state: State };
    const network = (change: object) => ({ ...state, network: { ...state.network, ...change } });
    const schedule = (change: object) => ({ ...state, schedule: { ...state.schedule, ...change } });
    const six = (value: number) => Array(6).fill(value);
    const headers: [name: string, state: unknown, answer: RegExp][] = [
      ['timesteps', schedule({ timesteps: 1e9 }), /has 1000000000 timesteps, and the page takes 1 to 10000/],
      ['filters', network({ filterConfig: six(32768) }), /speaks of a network of \d+/],
      ['blocks', network({ blockNum: six(1e9) }), /blockNum/],
      ['channels', network({ inChannels: 1e9 }), /speaks of a network of \d+/],
      ['embedding', network({ timeEmbeddingDim: 1e9 }), /speaks of a network of \d+/],
      ['step', { ...state, step: 1e18 }, /its header says step is 1000000000000000000/],
      ['batch', { ...state, batchSize: 1e9 }, /its header says batchSize is 1000000000/],
      ['nothing', {}, /is the checkpoint of another program/],
      ['losses', { ...state, losses: Array(1e6).fill([1, 1]) }, /losses\.safetensors is open, at step 2/],
    ];
    page.on('dialog', (dialog) => dialog.accept());
    const open = async ([name, header, answer]: (typeof headers)[number]) => {
      const file = path.join(folder, `${name}.safetensors`);
      const text = JSON.stringify({ ...rest, state: header });
      writeFileSync(file, writeSafetensors(tensors, { ...metadata, 'diffusion-ssl': text }));
      await page.setInputFiles('#open', file);
      const notice = page.locator('.notice span').filter({ hasText: `${name}.safetensors` });
      await notice.filter({ hasText: answer }).waitFor({ timeout: SECONDS * 1000 });
    };
    for (const header of headers.slice(0, -1)) await open(header);
    // Those were refused: the run at hand goes on.
    await train(page, 2);
    await open(headers[headers.length - 1]);
    expect((await plottedLosses(page)).steps).toBeGreaterThan(0);
  });
});
