import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { initBackend } from 'diffusion-ssl/backends/node';
import { readSafetensors, readWeights, toTorchStateDict } from 'diffusion-ssl/interop';
import { namedParameters, unetAttD } from 'diffusion-ssl/models';
import { fromPretrained, savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.js';
import {
  chooseTiny,
  download,
  openPage,
  type PageHost,
  startHost,
  train,
  untilNotice,
} from './support/openPage.js';

describe.skipIf(!chromiumPath)('a model folder in the page', () => {
  let host: PageHost;
  const folder = mkdtempSync(path.join(tmpdir(), 'page-model-'));
  const model = path.join(folder, 'model');
  beforeAll(async () => {
    await initBackend({ device: 'wasm' });
    host = await startHost();
  });
  afterAll(async () => {
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const filesOf = (name: string) => readdirSync(name).map((file) => path.join(name, file));

  it('goes to Node and comes back: network, bands, scaling and averaged weights', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 3);
    const weights = readWeights(await download(page));
    const [zip] = await Promise.all([page.waitForEvent('download'), page.click('#download-model')]);
    expect(zip.suggestedFilename()).toBe('my-run-model.zip');
    mkdirSync(model);
    for (const [name, bytes] of unzipped(readFileSync(await zip.path())))
      writeFileSync(path.join(model, name), bytes);

    const pretrained = await fromPretrained(folderFiles(model));
    expect(await toTorchStateDict(namedParameters(pretrained.model))).toEqual(new Map(weights));
    expect(pretrained.remarks).toEqual([]);
    expect(pretrained.bands.map(({ name }) => name)).toEqual(['red', 'green', 'blue', 'elevation']);
    expect(pretrained.normalization).toMatchObject({ strategy: 'z_value', procedure: 'gpb' });
    expect(pretrained.diffusion).toMatchObject({ schedule: 'squaredcos_cap_v2', predictionType: 'x0' });
    expect(readFileSync(path.join(model, 'README.md'), 'utf8')).toMatch(
      /3 steps of denoising diffusion on chips of red, green/,
    );
    pretrained.model.dispose();

    await page.setInputFiles('#open', filesOf(model));
    await untilNotice(page, /^The model is open, at step 0\.$/);
    const again = await download(page);
    expect(readWeights(again)).toEqual(weights);
    await train(page, 2);
  });

  it('is opened when it is dropped', async () => {
    const { page } = await openPage(host);
    const files = filesOf(model).map((file) => [path.basename(file), readFileSync(file).toString('base64')]);
    await page.evaluate((all) => {
      const data = new DataTransfer();
      for (const [name, text] of all) {
        data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
      }
      document.dispatchEvent(new DragEvent('drop', { dataTransfer: data }));
    }, files);
    await untilNotice(page, /^The model is open, at step 0\.$/);
  });

  it('is refused where a file is missing or damaged, or the page cannot train it; the run at hand stays', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 2);
    const before = readSafetensors(await download(page)).tensors;
    const all = filesOf(model);
    await page.setInputFiles(
      '#open',
      all.filter((file) => !file.endsWith('model.safetensors')),
    );
    await untilNotice(page, /model\.safetensors: there is no such file/);
    const damaged = path.join(folder, 'damaged');
    mkdirSync(damaged);
    for (const file of all)
      writeFileSync(path.join(damaged, path.basename(file)), readFileSync(file).subarray(0, -9));
    await page.setInputFiles('#open', filesOf(damaged));
    await untilNotice(page, /diffusion_ssl\.json: it is not JSON/);
    const wide = path.join(folder, 'wide');
    const config = { inChannels: 4, outChannels: 5, filterConfig: [4, 4, 4, 4, 4, 4] };
    await savePretrained(unetAttD(config), folderFiles(wide), { config, bands: [{}, {}, {}, {}] });
    await page.setInputFiles('#open', filesOf(wide));
    await untilNotice(page, /takes 4 bands and gives 5; the page trains those that give what they take/);
    expect(readSafetensors(await download(page)).tensors).toEqual(before);
  });

  it('trains on no chips whose bands have other names', async () => {
    const { page } = await openPage(host);
    const other = path.join(folder, 'other');
    const config = { filterConfig: [4, 4, 4, 4, 4, 4], blockNum: [1, 1, 1, 1, 1, 1] };
    const bands = ['nir', 'green', 'blue', 'elevation'].map((name) => ({ name }));
    await savePretrained(unetAttD(config), folderFiles(other), { config, bands });
    await page.setInputFiles('#open', filesOf(other));
    await untilNotice(
      page,
      /The model is open, at step 0\. .* does not say: how its chips are scaled, its diffusion/,
    );
    await page.click('#train');
    await untilNotice(
      page,
      /Band 1 of the network is nir, that of the chips red\. Choose chips of its bands/,
    );
  });
});

/** The files of an archive that packs nothing. */
function unzipped(zip: Buffer): [name: string, bytes: Buffer][] {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const files: [string, Buffer][] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [size, name, extra, comment] = [
      zip.readUInt32LE(at + 24),
      ...[28, 30, 32].map((to) => zip.readUInt16LE(at + to)),
    ];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files.push([zip.toString('utf8', at + 46, at + 46 + name), zip.subarray(start, start + size)]);
    at += 46 + name + extra + comment;
  }
  return files;
}
