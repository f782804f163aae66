import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { downloadZip } from 'client-zip';
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
  dropOn,
  openPage,
  type PageHost,
  startHost,
  train,
  untilNotice,
  untilReady,
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

  it('opens again as the archive that the page gave, chosen or dropped', async () => {
    const { page, problems } = await openPage(host);
    await chooseTiny(page);
    await train(page, 2);
    const weights = readWeights(await download(page));
    const [zip] = await Promise.all([page.waitForEvent('download'), page.click('#download-model')]);
    const archive = path.join(folder, zip.suggestedFilename());
    await zip.saveAs(archive);
    // As it may be packed anew, with the folder and all that the system puts beside it.
    const packed = path.join(folder, 'packed.zip');
    const unpacked: [string, Buffer][] = unzipped(readFileSync(archive)).map(([name, bytes]) => [
      `a/${name}`,
      bytes,
    ]);
    writeFileSync(packed, await zipOf([...unpacked, ['a/.DS_Store', Buffer.from('x')]]));
    for (const open of [
      (file: string) => page.setInputFiles('#open', file),
      (file: string) => dropOn(page, [file]),
    ]) {
      for (const file of [archive, packed]) {
        await page.reload();
        await untilReady(page);
        await open(file);
        await untilNotice(page, /^The model is open, at step 0\.$/);
        expect(readWeights(await download(page))).toEqual(weights);
      }
    }
    expect(problems).toEqual([]);
  });

  it('is opened when its files are dropped, its folder, or the folder of its run', async () => {
    const run = path.join(folder, 'run');
    cpSync(model, path.join(run, 'model'), { recursive: true });
    writeFileSync(path.join(run, 'latest.safetensors'), 'not taken');
    const { page } = await openPage(host);
    for (const dropped of [filesOf(model), [model], [run]]) {
      await dropOn(page, dropped);
      await untilNotice(page, /^The model is open, at step 0\.$/);
      await page.locator('.notice button').click();
    }
    cpSync(model, path.join(run, 'other'), { recursive: true });
    await dropOn(page, [run]);
    await untilNotice(
      page,
      /^There are several models: run\/(model, run\/other|other, run\/model)\. Choose one\.$/,
    );
  });

  it('says what is wrong with an archive, and keeps the run at hand', async () => {
    const { page } = await openPage(host);
    await chooseTiny(page);
    await train(page, 2);
    const before = readSafetensors(await download(page)).tensors;
    const whole = await zipOf(filesOf(model).map((file) => [path.basename(file), readFileSync(file)]));
    const damaged = Buffer.from(whole);
    damaged[damaged.length >> 1] ^= 1;
    const cases: [string, Uint8Array, RegExp][] = [
      ['cut.zip', whole.subarray(0, -40), /^cut\.zip is damaged, or no ZIP archive/],
      ['damaged.zip', damaged, /^damaged\.zip is damaged/],
      [
        'empty.zip',
        await zipOf([['notes.txt', Buffer.from('x')]]),
        /no GeoTIFF, no model .* in empty\.zip\.$/,
      ],
    ];
    for (const [name, bytes, message] of cases) {
      writeFileSync(path.join(folder, name), bytes);
      await dropOn(page, [path.join(folder, name)]);
      await untilNotice(page, message);
    }
    expect(readSafetensors(await download(page)).tensors).toEqual(before);
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

async function zipOf(files: readonly [name: string, bytes: Buffer][]): Promise<Buffer> {
  const named = files.map(([name, input]) => ({ name, input: new Blob([new Uint8Array(input)]) }));
  return Buffer.from(await (await downloadZip(named).blob()).arrayBuffer());
}

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
