import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { initBackend } from 'diffusion-ssl/backends/node';
import { unetAttD } from 'diffusion-ssl/models';
import { savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/lib/root.js';
import { chromiumPath } from './support/chromium.js';

const PROGRAM = `
import '@tensorflow/tfjs-backend-cpu';
import { saveTensors } from 'diffusion-ssl/interop';
import { namedParameters } from 'diffusion-ssl/models';
import { browserFiles, fromPretrained, httpFiles, indexedDbFiles, savePretrained } from 'diffusion-ssl/pretrained';

const valuesOf = async (model) => {
  const all = await Promise.all(namedParameters(model).map(({ variable }) => variable.data()));
  return all.map((data) => Array.from(data)).flat();
};
const same = (a, b) => a.length > 1000 && a.length === b.length && a.every((value, i) => value === b[i]);
try {
  const first = await fromPretrained(httpFiles('./model'));
  const values = await valuesOf(first.model);
  const { config, bands, diffusion, normalization } = first;
  const files = indexedDbFiles('a model');
  await savePretrained(first.model, files, { config, bands, diffusion, normalization, card: 'a card' });
  await savePretrained(first.model, indexedDbFiles('b'), { config, bands });
  const second = await fromPretrained(indexedDbFiles('a model'));
  const list = (await files.list()).sort();
  const bytes = await (await files.open('model.safetensors')).read(0, 8);
  await files.remove('README.md');
  const chosen = await Promise.all(['config.json', 'diffusion_ssl.json', 'model.safetensors'].map(async (name) =>
    new File([await (await fetch('./model/' + name)).blob()], name)));
  const third = await fromPretrained(browserFiles(chosen));
  const kept = { a: { dtype: 'F32', shape: [2], read: () => new Float32Array([1, 2]) } };
  await saveTensors(files, 'x.safetensors', new Map(Object.entries(kept)), { maxShardBytes: 4 });
  document.title = JSON.stringify({
    database: same(values, await valuesOf(second.model)),
    chosen: same(values, await valuesOf(third.model)),
    bands: second.bands, normalization: second.normalization, list, left: (await files.list()).length,
    other: (await indexedDbFiles('b').list()).length, missing: (await files.open('README.md')) === undefined,
    head: bytes.length,
  });
} catch (error) {
  document.title = JSON.stringify({ error: String(error.stack) });
}
`;

describe.skipIf(!chromiumPath)("models in a page of one's own", () => {
  it('come from an address, chosen files and the database, into which they go', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'page-pretrained-'));
    const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
    try {
      const modules = path.join(folder, 'node_modules');
      mkdirSync(modules);
      symlinkSync(root, path.join(modules, 'diffusion-ssl'));
      symlinkSync(path.join(root, 'node_modules/@tensorflow'), path.join(modules, '@tensorflow'));
      writeFileSync(path.join(folder, 'main.js'), PROGRAM);
      writeFileSync(
        path.join(folder, 'index.html'),
        '<!doctype html><title></title><script type="module" src="./main.js"></script>',
      );
      await initBackend({ device: 'wasm' });
      const config = { inChannels: 2, filterConfig: [4, 4, 4, 4, 4, 4], blockNum: [1, 1, 1, 1, 1, 1] };
      const globalStats = { mean: [1, 2], std: [3, 4] };
      await savePretrained(unetAttD(config), folderFiles(path.join(folder, 'public/model')), {
        config,
        bands: [{ name: 'vv' }, { name: 'vh' }],
        normalization: { strategy: 'z_value', procedure: 'gpb', globalStats },
      });
      await build({ root: folder, logLevel: 'error', build: { target: 'es2022' } });
      const server = await preview({ root: folder, appType: 'mpa', logLevel: 'error', preview: { port: 0 } });
      const page = await browser.newPage();
      await page.goto(server.resolvedUrls!.local[0]);
      await page.waitForFunction(() => document.title !== '', null, { timeout: 60_000 });
      expect(JSON.parse(await page.title())).toEqual({
        ...{ database: true, chosen: true, left: 5, other: 3, missing: true, head: 8 },
        bands: [{ name: 'vv' }, { name: 'vh' }],
        normalization: { strategy: 'z_value', procedure: 'gpb', globalStats },
        list: ['README.md', 'config.json', 'diffusion_ssl.json', 'model.safetensors'],
      });
      await server.close();
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
