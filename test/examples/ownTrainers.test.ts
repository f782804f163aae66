import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readWeights } from '../../src/interop/readWeights.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { fromPretrained } from '../../src/pretrained/fromPretrained.js';
import { savePretrained } from '../../src/pretrained/savePretrained.js';
import { folderFiles } from '../../src/training/node/folderFiles.js';
import { startTestBackend } from '../support/backend.js';
import { smoothPixels, writeRaster } from '../support/chips.js';
import { buildTrainer, type Trainer } from '../support/trainer.js';

const folder = mkdtempSync(path.join(tmpdir(), 'own-trainers-'));
const chips = path.join(folder, 'chips');
const SIZE = [32, 64] as const;
let trainer: Trainer;

/** Runs an example in the temporary folder and returns the lines it prints. */
async function run(script: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await trainer.start(args, { script, cwd: folder }).ended;
  expect(code, stderr.slice(-1000)).toBe(0);
  return stdout.trimEnd().split('\n');
}

/** Writes chips with labels of so many classes, and their catalog; returns their folder. */
function writeChips(name: string, bands: number, classes = 2): string {
  const at = (file: string) => path.join(folder, name, file);
  mkdirSync(path.join(folder, name));
  const rows = Array.from({ length: 14 }, (_, i) => {
    const pixels = Uint16Array.from(smoothPixels(bands, i, SIZE));
    writeRaster(at(`${i}.tif`), bands, pixels, { size: SIZE });
    // The brighter a pixel, the higher its class.
    const labels = Uint16Array.from({ length: pixels.length / bands }, (_, pixel) =>
      Math.min(classes - 1, Math.max(0, Math.floor((pixels[bands * pixel] - 600) / (800 / classes)))),
    );
    writeRaster(at(`${i}-label.tif`), 1, labels, { size: SIZE });
    return `${i}.tif,${i}-label.tif,${i < 10 ? 'train' : 'validate'}`;
  });
  writeFileSync(at('catalog.csv'), `image,label,usage\n${rows.join('\n')}\n`);
  return path.join(folder, name);
}

beforeAll(async () => {
  await startTestBackend();
  writeChips('chips', 4);
  trainer = buildTrainer();
});
afterAll(() => {
  trainer.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('minimal-loop.ts', () => {
  it('has fewer than 40 lines', () => {
    const file = fileURLToPath(new URL('../../examples/minimal-loop.ts', import.meta.url));
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThan(40);
  });

  it('takes chips of any number of bands', async () => {
    for (const bands of [1, 7]) {
      const lines = await run('minimal-loop.ts', writeChips(`minimal-${bands}`, bands), '1');
      expect(lines).toHaveLength(2);
      const sample = await decodeGeoTiff(readFileSync(path.join(folder, 'sample.tif')));
      expect(sample.bands).toBe(bands);
      rmSync(path.join(folder, 'sample.tif'));
    }
  });

  it('trains, and leaves a sample and weights', async () => {
    const lines = await run('minimal-loop.ts', chips, '2');
    expect(lines).toHaveLength(4);
    lines.forEach((line, i) => {
      expect(line).toMatch(RegExp(`^step ${i + 1}, loss \\d\\.\\d{3}$`));
    });
    const { width, height, bands, data } = await decodeGeoTiff(readFileSync(path.join(folder, 'sample.tif')));
    expect([height, width, bands]).toEqual([...SIZE, 4]);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...data)).toBeLessThanOrEqual(1);
    expect(new Set(data).size).toBeGreaterThan(100);
    const parameters = namedParameters(
      unetAttD({ filterConfig: [16, 16, 32, 32, 32, 32], blockNum: [1, 1, 1, 1, 1, 1] }),
    );
    const counter = parameters.find(({ name }) => name.endsWith('num_batches_tracked'))!;
    loadTorchStateDict(parameters, readWeights(readFileSync(path.join(folder, 'weights.safetensors'))));
    expect([...(await counter.variable.data())]).toEqual([4]);
  });
});

describe('custom-denoiser.ts', () => {
  it('samples the classes with a formula, and learns them with a network', async () => {
    const lines = await run('custom-denoiser.ts', '400');
    const losses = lines.filter((line) => line.startsWith('step ')).map((line) => Number(line.split(' ')[3]));
    expect(losses).toHaveLength(2);
    expect(losses[1]).toBeLessThan(0.5);
    const counts = (name: string) =>
      [...(lines.find((line) => line.startsWith(name)) ?? '').matchAll(/(\d+) /g)].map(([, n]) => Number(n));
    for (const sampler of ['formula, DDIM', 'formula, DDPM']) {
      const [water, forest, sand, none] = counts(sampler);
      // A class has 100 of 300 samples, give or take four standard deviations.
      for (const count of [water, forest, sand]) expect(Math.abs(count - 100)).toBeLessThan(33);
      expect(none).toBe(0);
    }
    expect(counts('pure noise')[3]).toBeGreaterThan(290);
    for (const sampler of ['network, DDIM', 'network, DDPM']) expect(counts(sampler)[3]).toBeLessThan(200);
  });
});

describe('model-fit.ts', () => {
  it('trains by fitDataset and validates', async () => {
    const lines = await run('model-fit.ts', chips, '3');
    expect(lines).toHaveLength(3);
    const losses = lines.map((line, i) => {
      const [, loss, validation] =
        RegExp(`^epoch ${i + 1}, loss (\\d\\.\\d{3}), validation (\\d+\\.\\d{3})$`).exec(line) ?? [];
      expect(Number(validation)).toBeGreaterThan(0);
      return Number(loss);
    });
    expect(losses[2]).toBeLessThan(losses[0]);
    const { model, remarks } = await fromPretrained(folderFiles(path.join(folder, 'model')));
    expect(remarks).toHaveLength(1);
    model.dispose();
  });

  it('takes chips of another number of bands', async () => {
    expect(await run('model-fit.ts', writeChips('fit', 2), '1')).toHaveLength(1);
    const { model, bands } = await fromPretrained(folderFiles(path.join(folder, 'model')));
    expect(bands).toEqual([{}, {}]);
    model.dispose();
  });
});

describe('finetune-segmentation.ts', () => {
  it('puts a new head on pretrained weights, and learns the labels', async () => {
    const model = path.join(folder, 'pretrained');
    const config = { filterConfig: [16, 16, 32, 32, 32, 32], blockNum: [1, 1, 1, 1, 1, 1], seed: 5 };
    await savePretrained(unetAttD(config), folderFiles(model), {
      config,
      bands: [{}, {}, {}, {}],
      normalization: { strategy: 'min_max' },
    });
    const lines = await run('finetune-segmentation.ts', chips, model, '8', '12');
    expect(lines[0]).toBe('new: head.weight, head.bias; left out: output_conv.weight, output_conv.bias');
    const shares = ['pretrained', 'from scratch'].map((name, i) =>
      Number(RegExp(`^${name}: (\\d+\\.\\d) % of the pixels are right$`).exec(lines[i + 1])?.[1]),
    );
    // Of two classes, learned in 24 steps; other initial weights give another result.
    for (const share of shares) expect(share).toBeGreaterThan(65);
    expect(shares[0]).not.toBe(shares[1]);
  }, 180_000);

  it('takes as many bands as the network, and as many classes as the labels', async () => {
    const model = path.join(folder, 'of-three');
    const config = { inChannels: 3, filterConfig: [16, 16, 32, 32, 32, 32], blockNum: [1, 1, 1, 1, 1, 1] };
    const bands = [{}, {}, {}];
    await savePretrained(unetAttD(config), folderFiles(model), { config, bands });
    const lines = await run('finetune-segmentation.ts', writeChips('three', 3, 5), model, '8', '1');
    expect(lines).toHaveLength(3);
    // A guess among as many classes as there are is no longer right half of the time.
    for (const line of lines.slice(1)) expect(Number(/: (\d+\.\d) %/.exec(line)?.[1])).toBeGreaterThan(0);
    const other = trainer.start([path.join(folder, 'chips'), model, '8', '1'], {
      script: 'finetune-segmentation.ts',
      cwd: folder,
    });
    expect((await other.ended).stderr).toContain('has 4 bands, but channels is 3');
  }, 180_000);
});
