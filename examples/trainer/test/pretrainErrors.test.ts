import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readWeights } from '../../../src/interop/readWeights.js';
import type { SafetensorsTensor } from '../../../src/interop/safetensorsTypes.js';
import { writeSafetensors } from '../../../src/interop/writeSafetensors.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { smoothPixels, writeRaster } from '../../../test/support/chips.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { buildTrainer, type Trainer } from '../../../test/support/trainer.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'pretrain-errors-'));
const file = (name: string) => path.join(folder, name);
const run = file('run');
const warnings: string[] = [];
let trainer: Trainer;
let count = 0;

/** Writes a catalog of one image column: `train` rows, then a row of validation chips. */
function catalogOf(train: string[], validate = ['good/16.tif', 'good/17.tif'], column = 'image'): string {
  const catalog = file(`catalog-${count++}.csv`);
  const rows = [...train.map((image) => `${image},train`), ...validate.map((image) => `${image},validate`)];
  writeFileSync(catalog, `${[`${column},usage`, ...rows].join('\n')}\n`);
  return catalog;
}

const good = (n: number) => Array.from({ length: n }, (_, i) => `good/${i}.tif`);

/** The trainer's arguments for a catalog; later flags win. */
function argumentsFor(catalog: string, ...more: string[]): string[] {
  return [
    ...['--data', folder, '--catalog', catalog, '--out', file(`out-${count++}`), '--size', '32'],
    ...['--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1', '--epochs', '1', '--batch', '2'],
    ...['--timesteps', '4', '--beta-end', '0.5', '--threads', '1', '--workers', '0', ...more],
  ];
}

/** Trains inside this process. */
const train = (args: string[], hooks?: PretrainHooks) => pretrain(parsePretrainOptions(args), hooks);

beforeAll(async () => {
  await startTestBackend();
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void warnings.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (let i = 0; i < 18; i++) {
    writeRaster(file(`good/${i}.tif`), 4, Uint16Array.from(smoothPixels(4, i)), {});
  }
  const pixels = smoothPixels(4, 50);
  writeRaster(file('bad/bands.tif'), 3, Uint16Array.from(smoothPixels(3, 51)), {});
  writeRaster(file('bad/size.tif'), 4, Uint16Array.from(smoothPixels(4, 52, [40, 64])), { size: [40, 64] });
  writeRaster(file('bad/nodata.tif'), 4, new Int16Array(pixels.length).fill(-9999), { nodata: -9999 });
  writeRaster(
    file('bad/infinite.tif'),
    4,
    Float32Array.from(pixels, () => 3e38),
    {},
  );
  writeRaster(
    file('bad/nan.tif'),
    4,
    Float32Array.from(pixels, (v, i) => (i % 5 === 0 ? Number.NaN : v)),
    {},
  );
  copyFileSync(file('good/0.tif'), file('bad/truncated.tif'));
  truncateSync(file('bad/truncated.tif'), 3000);
  writeFileSync(file('bad/empty.tif'), '');
  writeFileSync(file('bad/text.tif'), 'no raster at all');
  expect(await train(argumentsFor(catalogOf(good(4)), '--out', run, '--epochs', '2'), stopAfter(1))).toBe(
    'interrupted',
  );
});
afterEach(() => {
  warnings.length = 0;
});
afterAll(() => {
  trainer?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the trainer refuses', () => {
  // Without workers: their file stands in the built package, which a fresh clone does not have yet.
  const resume = (from: string) => ['--out', from, '--resume', '--threads', '1', '--workers', '0'];
  /** A copy of the interrupted run with other bytes as its checkpoint. */
  function runWith(bytes: Uint8Array): string {
    const copy = file(`run-${count++}`);
    mkdirSync(copy);
    writeFileSync(path.join(copy, 'latest.safetensors'), bytes);
    return copy;
  }
  const latest = () => readFileSync(path.join(run, 'latest.safetensors'));
  /** A file of the run's weights, with other names and perhaps other tensors. */
  function weights(prefix = '', more: Record<string, SafetensorsTensor> = {}): string {
    const name = file(`weights-${count++}.safetensors`);
    const renamed = [...readWeights(latest())].map(([key, tensor]) => [prefix + key, tensor] as const);
    writeFileSync(name, writeSafetensors(new Map([...renamed, ...Object.entries(more)])));
    return name;
  }

  const cases: Record<string, [args: () => string[], message: RegExp]> = {
    'a missing catalog': [
      () => argumentsFor(file('nowhere.csv')),
      /nowhere\.csv: the catalog cannot be read/,
    ],
    'a catalog without the image column': [
      () => argumentsFor(catalogOf(good(2), undefined, 'picture')),
      /catalog-\d+\.csv, line 1: .*'image'.*picture/,
    ],
    'a catalog without training rows': [() => argumentsFor(catalogOf([])), /catalog-\d+\.csv .*'train'/],
    'a catalog without validation rows': [() => argumentsFor(catalogOf(good(2), [])), /\.csv .*'validate'/],
    'a missing first chip': [
      () => argumentsFor(catalogOf(['gone.tif', ...good(2)])),
      /no such file.*gone\.tif.*--data.*--on-bad-chip skip/s,
    ],
    'a missing chip': [
      () => argumentsFor(catalogOf([...good(2), 'gone.tif'])),
      /gone\.tif: cannot be read: .*no such file.*--on-bad-chip skip/s,
    ],
    'a truncated chip': [
      () => argumentsFor(catalogOf([...good(2), 'bad/truncated.tif'])),
      /bad\/truncated\.tif: .*--on-bad-chip skip/s,
    ],
    'an empty file': [
      () => argumentsFor(catalogOf(['bad/empty.tif', ...good(2)])),
      /bad\/empty\.tif: .*empty.*--on-bad-chip skip/s,
    ],
    'a file that is no raster': [
      () => argumentsFor(catalogOf([...good(2), 'bad/text.tif'])),
      /bad\/text\.tif: .*--on-bad-chip skip/s,
    ],
    'a chip without a valid pixel': [
      () => argumentsFor(catalogOf([...good(3), 'bad/nodata.tif'])),
      /bad\/nodata\.tif: .*no valid pixel.*--on-bad-chip skip/s,
    ],
    'a validation chip without a valid pixel': [
      () => argumentsFor(catalogOf(good(2), ['bad/nodata.tif'])),
      /bad\/nodata\.tif: .*no valid pixel/,
    ],
    'another number of bands in one chip': [
      () => argumentsFor(catalogOf([...good(2), 'bad/bands.tif'])),
      /bad\/bands\.tif: has 3 bands, but .* 4/,
    ],
    'chips of two sizes without --size': [
      // An empty value of --size would be an error of its own: these arguments leave it out.
      () => argumentsFor(catalogOf([...good(2), 'bad/size.tif'])).filter((_, i) => i !== 6 && i !== 7),
      /bad\/size\.tif: is 64 × 40 pixels, but good\/0\.tif is 48 × 40.*size/,
    ],
    'a size that the network cannot halve': [
      () => argumentsFor(catalogOf(good(2)), '--size', '40'),
      /40 × 40 pixels.*multiples of 32.*--size/,
    ],
    'a band to show that the chips lack': [
      () => argumentsFor(catalogOf(good(2)), '--bands', '3 2 4'),
      /--bands names band 4, but the chips have 4 bands, 0 to 3/,
    ],
    'fewer chips than a batch needs': [
      () => argumentsFor(catalogOf(good(3)), '--batch', '4'),
      /3 training chips; a batch needs 4 \(--batch, train_batch /,
    ],
    'a folder that holds a run': [
      () => argumentsFor(catalogOf(good(4)), '--out', run),
      /run holds a run already.*--resume.*--out/,
    ],
    '--resume without a run': [() => resume(file('empty')), /empty.*no run to resume/],
    '--resume with another option': [
      () => [...resume(run), '--learning-rate', '0.5', '--batch', '3', '--epochs', '2'],
      /leave out --batch \(the run has 2\), --learning-rate \(the run has 0\.\d+\)/,
    ],
    'a checkpoint that is cut off': [
      () => resume(runWith(latest().subarray(0, 20000))),
      /latest\.safetensors: .*(truncated|bytes|past|short)/,
    ],
    'a checkpoint whose header is damaged': [
      () => {
        const bytes = Buffer.from(latest());
        bytes.fill(0, 30, 60);
        return resume(runWith(bytes));
      },
      /latest\.safetensors: .*(header|JSON)/,
    ],
    'an empty checkpoint': [() => resume(runWith(new Uint8Array())), /latest\.safetensors: .*0 bytes/],
    'weights alone as a checkpoint': [
      () => {
        const bytes = Buffer.from(latest());
        // The same length, another key.
        const at = bytes.indexOf('diffusion-ssl');
        bytes.write('diffusion-xyz', at);
        return resume(runWith(bytes));
      },
      /latest\.safetensors: .*no checkpoint of a run/,
    ],
    'a checkpoint of another network': [
      () => {
        const bytes = Buffer.from(latest());
        const at = bytes.indexOf('4,4,8,8,8,8');
        bytes.write('4,4,8,8,8,4', at);
        return resume(runWith(bytes));
      },
      /latest\.safetensors.*shape/s,
    ],
    'a checkpoint whose configuration is absurd': [
      () => {
        const bytes = Buffer.from(latest());
        bytes.write('\\"timesteps\\":0', bytes.indexOf('\\"timesteps\\":4'));
        return resume(runWith(bytes));
      },
      /latest\.safetensors: the run's state: config\.timesteps is 0; it must be an integer from 2/,
    ],
    'missing weights': [
      () => argumentsFor(catalogOf(good(2)), '--params-init', file('nowhere.safetensors')),
      /--params-init .*nowhere\.safetensors: .*no such file/,
    ],
    'weights of PyTorch as torch.save writes them': [
      () => {
        writeFileSync(file('w.pth'), `PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`);
        return argumentsFor(catalogOf(good(2)), '--params-init', file('w.pth'));
      },
      /--params-init .*w\.pth: readSafetensors: it is a PyTorch checkpoint, .*python -c ".*" in\.pth out\.safetensors$/,
    ],
    'weights of another network': [
      () => argumentsFor(catalogOf(good(2)), '--params-init', weights(), '--filter-config', '4,4,8,8,8,4'),
      /--params-init .*\.safetensors: loadTorchStateDict: .*wrong shape: \S+ is \[8,8,3,3\], the model has \[4,8,3,3\]/s,
    ],
    'weights with what else a Lightning checkpoint holds': [
      () => {
        const loss: SafetensorsTensor = { dtype: 'F32', shape: [1], data: new Float32Array(1) };
        const lightning = weights('model.', { 'loss.weight': loss });
        return argumentsFor(catalogOf(good(2)), '--params-init', lightning);
      },
      /--params-init .*without the prefix 'model\.' of its names; nothing was loaded\.\nextra: loss\.weight \[1\]\nLeave out /,
    ],
    'weights that are not finite': [
      () => {
        const data = Float32Array.of(1, Number.NaN, 1, 1);
        const diverged = weights('', { 'encoder_1.block.1.weight': { dtype: 'F32', shape: [4], data } });
        return argumentsFor(catalogOf(good(2)), '--params-init', diverged);
      },
      /--params-init .*\nnot finite: encoder_1\.block\.1\.weight has 1 NaN among its 4 values\n.*diverged/,
    ],
    'a network that the backend cannot hold': [
      () => argumentsFor(catalogOf(good(2)), '--filter-config', '64,256,512,1024,2048,4096'),
      /needs about \d+\.\d GiB; backend wasm holds .*--batch \(now 2.*--size \(now 32 × 32\).*--filter-config/s,
    ],
    'a file in place of the folder': [
      () => argumentsFor(catalogOf(good(2)), '--out', file('good/0.tif')),
      /good\/0\.tif is a file: choose another/,
    ],
    'a folder below a file': [
      () => argumentsFor(catalogOf(good(2)), '--out', file('good/0.tif/run')),
      /good\/0\.tif\/run.*a part of the path is a file/,
    ],
    'chips whose loss is not finite': [
      () =>
        argumentsFor(catalogOf([...good(3), 'bad/infinite.tif']), '--normalization', 'none', '--batch', '4'),
      /(loss|norm of the gradients) is (NaN|Infinity); no weight was changed.*\nChips of the batch: .*bad\/infinite\.tif/,
    ],
  };

  it.each(Object.entries(cases))('%s', async (_, [args, message]) => {
    const before = latest();
    const error = await train(args()).catch((error: Error) => error);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(message);
    expect(latest().equals(before)).toBe(true);
  });

  it.skipIf(process.getuid?.() === 0)('a folder that this user cannot write to (root can)', async () => {
    mkdirSync(file('locked'), { mode: 0o500 });
    await expect(train(argumentsFor(catalogOf(good(2)), '--out', file('locked')))).rejects.toThrow(
      /locked.*permission denied/,
    );
  });

  it('a network too large before it writes or allocates anything', async () => {
    const out = file('too-large');
    const args = argumentsFor(
      catalogOf(good(2)),
      '--filter-config',
      '64,256,512,1024,2048,4096',
      '--out',
      out,
    );
    await expect(train(args)).rejects.toThrow();
    expect(existsSync(out)).toBe(false);
  });
});

describe('--on-bad-chip skip', () => {
  it('goes on without bad chips, wherever they are and whenever they show, and says which', async () => {
    const bad = ['gone', 'bad/truncated', 'bad/empty', 'bad/text', 'bad/bands', 'bad/nodata'].map(
      (name) => `${name}.tif`,
    );
    const catalog = catalogOf(
      [bad[0], ...good(8), ...bad.slice(1)],
      ['good/16.tif', 'bad/nodata.tif', 'bad/text.tif'],
    );
    const out = file('skipped');
    const args = argumentsFor(catalog, '--on-bad-chip', 'skip', '--batch', '4', '--out', out);
    expect(await train(args)).toBe('finished');
    for (const name of bad) {
      const said = warnings.filter((line) => line.startsWith('skipped: ') && line.includes(name));
      expect(said.length, `${name} in ${warnings.join('\n')}`).toBeGreaterThan(0);
    }
    const summary = JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')) as Record<
      string,
      number
    >;
    expect(summary.trainLoss).toBeGreaterThan(0);
    expect(summary.validationLoss).toBeGreaterThan(0);
    // Each counts once, though statistics and loaders of both splits meet it.
    expect(summary.skippedChips).toBe(bad.length);
    const list = readFileSync(path.join(out, 'skipped.txt'), 'utf8');
    expect(list.trimEnd().split('\n').length).toBe(bad.length);
  });

  it('goes on where the first chip has other bands than most', async () => {
    const catalog = catalogOf(['bad/bands.tif', ...good(4)]);
    expect(await train(argumentsFor(catalog, '--on-bad-chip', 'skip'))).toBe('finished');
    await expect(train(argumentsFor(catalog))).rejects.toThrow(/has 4 bands/);
  });

  it('stops where no chip is left', async () => {
    const none = catalogOf(['gone.tif', 'bad/text.tif', 'bad/empty.tif']);
    await expect(train(argumentsFor(none, '--on-bad-chip', 'skip'))).rejects.toThrow(/gone\.tif/);
    const few = catalogOf(['good/0.tif', 'bad/text.tif', 'bad/empty.tif']);
    await expect(train(argumentsFor(few, '--on-bad-chip', 'skip'))).rejects.toThrow(
      /Only 1 training chips.*needs 2/,
    );
    const blank = catalogOf(good(2), ['bad/nodata.tif']);
    await expect(train(argumentsFor(blank, '--on-bad-chip', 'skip'))).rejects.toThrow(/validation chip/);
    const blankTraining = catalogOf(['bad/nodata.tif', 'bad/nodata.tif']);
    for (const statistics of ['lab', 'gpb']) {
      const args = argumentsFor(blankTraining, '--on-bad-chip', 'skip', '--statistics', statistics);
      await expect(train(args)).rejects.toThrow(/no valid pixel/);
    }
  });
});

it('says before training which chips are in two splits, and which rows stand twice', async () => {
  const catalog = catalogOf([...good(4), 'good//1.tif'], ['good/16.tif', './good/0.tif', 'good/3.tif']);
  expect(await train(argumentsFor(catalog))).toBe('finished');
  expect(warnings).toEqual([
    `${catalog}: 2 of 3 validation chips are in the training split too (line 8: ./good/0.tif, line 9: good/3.tif): ` +
      'the loss over them says nothing of chips that were never seen.',
    `${catalog}: 1 of 5 training rows repeats an earlier one (line 6: good//1.tif).`,
  ]);
});

it('masks NaN in a float32 chip', async () => {
  const out = file('nan');
  expect(
    await train(argumentsFor(catalogOf(['bad/nan.tif', ...good(1)], ['bad/nan.tif']), '--out', out)),
  ).toBe('finished');
  const lines = readFileSync(path.join(out, 'log.jsonl'), 'utf8').trimEnd().split('\n');
  for (const line of lines) expect(line).not.toContain('null');
  expect((JSON.parse(lines[0]) as { loss: number }).loss).toBeLessThan(5);
});

describe('the command', () => {
  beforeAll(() => {
    trainer = buildTrainer();
  });

  it.each([
    [
      'an unknown flag, with the nearest',
      ['--epoch', '3'],
      /unknown option '--epoch'.*Did you mean --epochs/s,
    ],
    ['--data without --catalog', ['--data', '.'], /--data and --catalog go together/],
    ['a bad number', ['--epochs', 'two'], /--epochs.*'two'.*integer of at least 1/],
    ['a negative number', ['--learning-rate', '-1'], /--learning-rate.*'-1'.*at least 0/],
    [
      'a word that is no choice',
      ['--upmode', 'bicubic'],
      /--upmode.*bicubic.*fixed, deconv_1, deconv_2, DUC/,
    ],
    ['--resume without --out', ['--resume'], /--resume needs --out/],
    ['--accept-changes without --resume', ['--accept-changes'], /--accept-changes goes with --resume/],
  ])('refuses %s', async (_, args, message) => {
    // commander ends the process: caught here, and one case below goes through the process itself.
    const written: string[] = [];
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    const stderr = vi.mocked(process.stderr.write).mockImplementation((text) => !!written.push(String(text)));
    try {
      expect(() => parsePretrainOptions(args)).toThrow('exit 1');
      expect(written.join('')).toMatch(message);
    } finally {
      exit.mockRestore();
      stderr.mockReturnValue(true);
    }
  });

  it('exits with 1 and a message without a stack trace', async () => {
    const unknown = await trainer.start(['--fliter-config', '1']).ended;
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('Did you mean --filter-config?');
    const catalog = catalogOf([...good(2), 'gone.tif']);
    const config = file('notes.yaml');
    writeFileSync(config, 'Train_Validate:\n  optimizer: adagrad\n  betas: [0.9, 0.99]\n  channels: 4\n');
    const before = readdirSync(folder);
    const missing = await trainer.start(argumentsFor(catalog, '--workers', '1', '--config', config)).ended;
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain(
      `note: ${config}, line 3: betas is no option of the optimizer adagrad, which has eps; it is not read.\n`,
    );
    expect(missing.stderr).toMatch(/^error: .*gone\.tif/m);
    expect(missing.stderr).not.toMatch(/^\s+at /m);
    expect(readdirSync(folder)).toEqual(before);
  });
});
