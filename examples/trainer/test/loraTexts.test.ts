import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadLora } from 'diffusion-ssl/adapters';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { textToImage } from 'diffusion-ssl/pipelines';
import { folderFiles } from 'diffusion-ssl/training/node';
import { decode, encode } from 'fast-png';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { fixturePath } from '../../../test/support/fixtures.js';
import { buildTrainer, type Trainer } from '../../../test/support/trainer.js';
import { lora } from '../src/commands/lora.js';
import { comparePage } from '../src/lora/texts/comparePage.js';
import { readPicture } from '../src/lora/texts/readPicture.js';

const folder = mkdtempSync(path.join(tmpdir(), 'lora-texts-'));
const at = (...names: string[]) => path.join(folder, ...names);
const model = fixturePath('peers/text_to_image/pipeline');
const said: string[] = [];
let trainer: Trainer | undefined;

beforeAll(async () => {
  for (const name of ['log', 'error', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  }
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(100);
  await startTestBackend();
  mkdirSync(at('images'));
  const lines = Array.from({ length: 11 }, (_, i) => {
    const isRed = i % 2 === 0;
    const data = Uint8Array.from({ length: 20 * 16 * 3 }, (_, k) =>
      k % 3 === (isRed ? 0 : 2) ? 200 + i : 20,
    );
    writeFileSync(at(`images/${i}.png`), encode({ width: 20, height: 16, channels: 3, data }));
    return JSON.stringify({ file_name: `images/${i}.png`, text: isRed ? 'a red <roof>' : 'a blue lake' });
  });
  writeFileSync(at('metadata.jsonl'), `${lines.join('\n')}\n`);
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  trainer?.close();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const shared = ['--batch', '4', '--epochs', '2', '--size', '16', '--sample-steps', '2', '--lr', '0.01'];
const run = (out: string, ...more: string[]) => [
  ...[
    model,
    '--captions',
    at('metadata.jsonl'),
    '--out',
    at(out),
    ...shared,
    '--min-snr-gamma',
    '5',
    ...more,
  ],
];

describe('lora with captions', () => {
  it('adapts the U-Net, draws the prompts each epoch, and leaves a page of before and after', async () => {
    await lora(run('plain', '--rank', '2', '--samples', '1', '--ema', '0'));
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    const table = readFileSync(at('plain/log.csv'), 'utf8').trimEnd().split('\n');
    expect(table[0]).toBe('epoch,step,trainLoss,validation');
    expect(table.slice(1).map((line) => line.split(',').slice(0, 2).join())).toEqual(['0,0', '1,2', '2,4']);
    const png = (name: string) => decode(readFileSync(at('plain/samples', name)));
    expect(png('before/1-0.png')).toMatchObject({ width: 16, height: 16, channels: 3 });
    // The seed and the prompt are the same, the weights are not.
    expect(png('before/1-0.png').data).not.toEqual(png('after/1-0.png').data);
    expect(png('epoch-2/2-0.png').data).toEqual(png('after/2-0.png').data);
    expect(png('after/1-0.png').data).not.toEqual(png('after/2-0.png').data);
    const page = readFileSync(at('plain/index.html'), 'utf8');
    expect(page).toContain('<img src="samples/before/1-0.png" alt="a blue lake, seed 0">');
    expect(page).toContain('a red &lt;roof&gt;');
    const { loss, distance, share } = JSON.parse(readFileSync(at('plain/report.json'), 'utf8'));
    expect(share).toBeLessThan(0.1);
    expect(loss.validation.after).not.toBe(loss.validation.before);
    expect(Math.min(distance.before, distance.after)).toBeGreaterThan(0);
    expect(distance.before).not.toBe(distance.after);
    // By the pipeline alone: the picture before is its own, the one after that with the adapter.
    await startTestBackend();
    const pipeline = await textToImage(folderFiles(model));
    const told = { height: 16, width: 16, steps: 2, seed: 0 };
    const { sampleDpmPlusPlus2M: sampler } = await import('diffusion-ssl/samplers');
    const bytesOf = async () => {
      const image = await pipeline.generate('a blue lake', { ...told, sampler });
      const values = await image.data<'float32'>();
      image.dispose();
      return Uint8Array.from(values, (value) => Math.round(255 * value));
    };
    expect(await bytesOf()).toEqual(Uint8Array.from(png('before/1-0.png').data));
    const { unet } = await loadLora({ unet: pipeline.unet }, folderFiles(at('plain/adapter')));
    expect(Object.keys(unet!.ranks).every((name) => /to_[qkv]$|to_out\.0$/.test(name))).toBe(true);
    expect(await bytesOf()).toEqual(Uint8Array.from(png('after/1-0.png').data));
    pipeline.dispose();
  }, 60_000);

  it('takes captions of a catalog, and bands of GeoTIFFs in a range', async () => {
    const rows = ['image,usage,words'];
    for (let i = 0; i < 4; i++) {
      const data = Uint16Array.from({ length: 16 * 16 * 4 }, (_, k) => 1000 * (k % 4) + i);
      const bandNames = ['blue', 'green', 'red', 'nir'];
      writeFileSync(
        at(`images/${i}.tif`),
        encodeGeoTiff({ width: 16, height: 16, bands: 4, data, bandNames }),
      );
      rows.push(`images/${i}.tif,${i === 3 ? 'validate' : 'train'},a field ${i}`);
    }
    writeFileSync(at('words.csv'), `${rows.join('\n')}\n`);
    const images = ['--data', folder, '--catalog', at('words.csv'), '--caption-column', 'words'];
    const bands = ['--input-bands', 'red,green,blue', '--range', '0,3000'];
    const more = ['--samples', '0', '--batch', '3', '--epochs', '1'];
    await lora([model, '--out', at('catalog'), ...shared, ...images, ...bands, ...more]);
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    await startTestBackend();
    const picture = await readPicture(at('images/0.tif'), {
      side: 8,
      inputBands: ['red', 'green', 'blue'],
      range: [0, 3000],
    });
    expect(picture.shape).toEqual([1, 8, 8, 3]);
    const [red, green, blue] = await picture.data();
    for (const [value, expected] of [
      [red, 2 / 3],
      [green, 1 / 3],
      [blue, 0],
    ])
      expect(value).toBeCloseTo(expected, 5); // prettier-ignore
    tf.dispose(picture);
  }, 60_000);

  it('killed and resumed ends with the same bytes, without preparing again', async () => {
    trainer = buildTrainer();
    const start = (...args: string[]) => trainer!.start(['lora', ...args], { script: 'trainer/src/main.ts' });
    const more = ['--checkpoint-steps', '1', '--dropout', '0.2', '--epochs', '3', '--samples', '1'];
    const whole = await start(...run('whole', ...more)).ended;
    expect(whole.code, whole.stderr).toBe(0);
    const begun = start(...run('killed', ...more));
    await vi.waitFor(() => expect(statSync(at('killed/log.jsonl')).size).toBeGreaterThan(250), {
      timeout: 60_000,
      interval: 20,
    });
    begun.child.kill('SIGKILL');
    expect((await begun.ended).code).not.toBe(0);
    const prepared = statSync(at('killed/prepared.safetensors')).mtimeMs;
    const again = await start('--out', at('killed'), '--resume', '--checkpoint-steps', '1').ended;
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).not.toMatch(/go through their networks/);
    expect(statSync(at('killed/prepared.safetensors')).mtimeMs).toBe(prepared);
    for (const file of [
      ...['latest.safetensors', 'log.csv', 'log.jsonl', 'report.json', 'index.html', 'samples/after/1-0.png'],
      'adapter/pytorch_lora_weights.safetensors',
    ])
      expect(readFileSync(at('killed', file)).equals(readFileSync(at('whole', file))), file).toBe(true);
  }, 240_000);

  it('refuses images that changed, lines that are none, values without a range, and what does not fit', async () => {
    const failed = async (...args: string[]) => {
      await lora(args);
      expect(process.exitCode).toBe(1);
      process.exitCode = undefined;
      return said.at(-1);
    };
    const bad = (text: string) => {
      writeFileSync(at('bad.jsonl'), text);
      return [...run('bad'), '--captions', at('bad.jsonl')];
    };
    expect(await failed(...bad('{"file_name": "images/0.png"}\n'))).toMatch(
      /bad.jsonl, line 1: .*file_name and text/,
    );
    expect(await failed(...bad('\n{'))).toMatch(/bad.jsonl, line 2: it is not JSON/);
    expect(await failed(...bad('{"file_name": "images/0.png", "text": "a"}\n'))).toMatch(
      /0 captions to train on/,
    );
    const tif = JSON.stringify({ file_name: 'images/0.tif', text: 'a' });
    const many = new Array(6).fill(tif).join('\n');
    expect(await failed(...bad(many), '--input-bands', '3,2,1')).toMatch(
      /values of uint16: --range LOW,HIGH/,
    );
    expect(await failed(...bad(many), '--range', '0,3000')).toMatch(
      /has 4 bands; --input-bands chooses three/,
    );
    expect(await failed(...run('bad', '--size', '15'))).toMatch(/--size is 15; it must be a multiple of 2/);
    writeFileSync(at('images/0.png'), readFileSync(at('images/1.png')));
    expect(await failed('--out', at('plain'), '--resume')).toMatch(/changed since: images or captions/);
  }, 60_000);
});

it('a page says what it compares', () => {
  const one = { prompt: 'a & b', seed: 3, file: 'samples/before/1 3.png', image: {} as never };
  const config = { model: 'sd', rank: 4, guidance: 7.5, sampleSteps: 20 };
  const page = comparePage({
    before: [one],
    after: [one],
    distance: { before: 2, after: 1.5 },
    config,
    step: 9,
  });
  expect(page).toContain('samples/before/1%203.png');
  expect(page).toContain('a &amp; b, seed 3');
  expect(page).toMatch(/<td>2\.00<\/td><td>1\.50<\/td>/);
});
