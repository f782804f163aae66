import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSafetensors } from '../../../src/interop/readSafetensors.js';
import { readCheckpointState } from '../../../src/training/readCheckpointState.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { smoothPixels, writeRaster } from '../../../test/support/chips.js';
import { expectClose } from '../../../test/support/compare.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import type { PretrainConfig } from '../src/config/PretrainConfig.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const folder = mkdtempSync(path.join(tmpdir(), 'config-run-'));
const LATEST = 'latest.safetensors';
/** A weight of the network. */
const LAST = 'output_conv.weight';
const plateau = { scheduler: 'plateau', patience: 0, threshold: 0.99, factor: 0.5 };
const file = (...names: string[]) => path.join(folder, ...names);
const bytes = (...names: string[]) => readFileSync(file(...names));
const text = (...names: string[]) => bytes(...names).toString();

/** Trains as a configuration file of these keys says, by default for one epoch of two steps, into the folder `run`. */
function train(run: string, keys: Record<string, unknown>, hooks?: PretrainHooks) {
  const all = {
    ...{
      data_path: folder,
      train_csv_name: file('catalog.csv'),
      save_dir: file(run),
      channels: 2,
      data_size: 32,
    },
    ...{ train_batch: 2, validate_batch: 2, epoch: 1, scheduler: 'none', warmup_period: 0 },
    ...{ diffusion: { timesteps: 4, beta_end: 0.5 } },
    model_kwargs: { filter_config: [4, 4, 8, 8, 8, 8], block_num: [1, 1, 1, 1, 1, 1] },
    ...keys,
  };
  // JSON is YAML too.
  writeFileSync(file(`${run}.yaml`), JSON.stringify({ Train_Validate: all }));
  // Without workers: their file stands in the built package, which a fresh clone does not have yet.
  const options = parsePretrainOptions(['--config', file(`${run}.yaml`), '--workers', '0', '--threads', '1']);
  return pretrain(options, hooks);
}

/** The same, stopped after so many steps: before the pictures, which take most of the time. */
function firstSteps(count: number, run: string, keys: Record<string, unknown>) {
  return train(run, keys, stopAfter(count));
}

/** Weights as a run begins: after a step at a rate of 0. */
async function initialWeights() {
  if (!existsSync(file('fresh'))) await firstSteps(1, 'fresh', { learning_rate_init: 0 });
  return tensorsOf('fresh', LATEST);
}

interface State {
  build: string;
  epoch: number;
  config: PretrainConfig;
  schedule: Record<string, number>;
  history: { validationLoss: number }[];
}
const stateOf = (run: string, name = LATEST) => readCheckpointState(bytes(run, name)) as State;
const tensorsOf = (run: string, name = 'weights.safetensors') => readSafetensors(bytes(run, name)).tensors;
/** The columns of a run's log, a row an epoch. */
const logOf = (...names: string[]) =>
  text(...names)
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((row) => row.split(',').map(Number));
/** The records of a run's steps. */
const stepsOf = (run: string) =>
  text(run, 'log.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>)
    .filter((record) => 'loss' in record);

beforeAll(async () => {
  await startTestBackend();
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const lines = ['image,usage'];
  for (let i = 0; i < 6; i++) {
    writeRaster(file(`${i}.tif`), 2, Uint16Array.from(smoothPixels(2, i)));
    lines.push(`${i}.tif,${i < 4 ? 'train' : 'validate'}`);
  }
  writeFileSync(file('catalog.csv'), `${lines.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run of three epochs', () => {
  const keys = {
    epoch: 3,
    learning_rate_init: 1e-3,
    log_dir: file('logs'),
    checkpoint_interval: 2,
    warmup_period: 2,
  };
  beforeAll(async () => {
    expect(await train('three', keys)).toBe('finished');
  });

  it('epoch: has as many', () => {
    expect(logOf('logs', 'training_log.csv').map(([epoch]) => epoch)).toEqual([1, 2, 3]);
    expect(stateOf('three').epoch).toBe(3);
  });

  it('save_dir, log_dir: leaves checkpoints and pictures in the one, logs in the other', () => {
    const [saved, logged] = [readdirSync(file('three')), readdirSync(file('logs'))];
    expect(saved).toEqual(
      expect.arrayContaining([
        'best.safetensors',
        'latest.safetensors',
        'weights.safetensors',
        'loss.png',
        'samples',
      ]),
    );
    expect(logged.sort()).toEqual(['log.jsonl', 'tensorboard', 'training_log.csv']);
    for (const name of logged) expect(saved).not.toContain(name);
  });

  it('checkpoint_interval: keeps a checkpoint every so many epochs', () => {
    const kept = readdirSync(file('three')).filter((name) => name.startsWith('epoch-'));
    expect(kept).toEqual(['epoch-2.safetensors']);
    expect(stateOf('three', 'epoch-2.safetensors').epoch).toBe(2);
  });

  it('warmup_period, learning_rate_init: rises linearly to the rate', () => {
    const rates = logOf('logs', 'training_log.csv').map((row) => row[3]);
    expectClose(rates, [0.55e-3, 1e-3, 1e-3], { abs: 1e-12 });
  });

  it('params_init: starts from weights', async () => {
    // At a rate of 0 they stay, but for the statistics of batch norm.
    const start = { params_init: file('three', 'weights.safetensors'), learning_rate_init: 0 };
    await firstSteps(1, 'from', start);
    const [from, weights, fresh] = [tensorsOf('from', LATEST), tensorsOf('three'), await initialWeights()];
    const trained = [...weights.keys()].filter((name) => !/running|num_batches/.test(name));
    expect(trained.length).toBeGreaterThan(50);
    for (const name of trained) expect(from.get(name)!.data, name).toEqual(weights.get(name)!.data);
    expect(fresh.get(LAST)!.data).not.toEqual(weights.get(LAST)!.data);
  });
});

describe('a run', () => {
  const keys = { optimizer: 'nadam', betas: [0.8, 0.99], epoch: 2, learning_rate_init: 1e-2 };
  beforeAll(async () => {
    await train('whole', { ...keys, ...plateau });
  });

  it('resume: goes on where it stopped, bit for bit, with an optimizer that keeps numbers of its own', async () => {
    expect(await firstSteps(3, 'stopped', { ...keys, ...plateau })).toBe('interrupted');
    expect(await train('stopped', { ...keys, ...plateau, resume: true })).toBe('finished');
    expect(text('stopped', 'log.jsonl')).toBe(text('whole', 'log.jsonl'));
    const [whole, stopped] = [tensorsOf('whole', LATEST), tensorsOf('stopped', LATEST)];
    expect([...stopped.keys()]).toEqual([...whole.keys()]);
    for (const [name, { data }] of whole) expect(stopped.get(name)!.data, name).toEqual(data);
  });

  it('scheduler: hands the validation loss to plateau', () => {
    const { schedule, history } = stateOf('whole');
    // No loss falls by 99 %: the first stays the best, and the second halves the rate.
    expect(history[1].validationLoss).not.toBe(history[0].validationLoss);
    expect(schedule).toMatchObject({ best: history[0].validationLoss, lr: keys.learning_rate_init / 2 });
  });

  it('scheduler: runs onecycle over its own steps', async () => {
    // Of two steps the first is the highest and the second the last.
    await firstSteps(2, 'cycle', { scheduler: 'onecycle', optimizer: 'sgd', max_lr: 1, pct_start: 0.5 });
    const rates = stepsOf('cycle').map((record) => record.learningRate);
    expectClose(rates, [1, 1 / 25e4], { abs: 1e-12 });
  });

  it('optimizer, rho: trains with sam as well', async () => {
    const sam = { learning_rate_init: 1e-2, optimizer: 'sam', base_optimizer: 'adamw' };
    await firstSteps(2, 'flat', { ...sam, rho: 0 });
    await firstSteps(2, 'uphill', { ...sam, rho: 0.5 });
    const [[flat, flatNext], [uphill, uphillNext]] = [stepsOf('flat'), stepsOf('uphill')];
    // The first loss is that of the weights as they begin; the step then taken is another.
    expect(uphill.loss).toBe(flat.loss);
    expect(uphillNext.loss).not.toBe(flatNext.loss);
    expect(uphillNext.loss).toBeLessThan(10);
  });

  it('accumulate: makes one step of so many batches', async () => {
    await firstSteps(1, 'accumulated', { accumulate: 2 });
    expect(stepsOf('accumulated').map(({ images }) => images)).toEqual([4]);
    expect(stepsOf('whole')[0].images).toBe(2);
  });

  it('gradient_checkpointing: trains the same', async () => {
    await firstSteps(2, 'keeping', {});
    await firstSteps(2, 'frugal', { gradient_checkpointing: true });
    expect(stateOf('frugal').config.gradientCheckpointing).toBe(true);
    const [plain, frugal] = ['keeping', 'frugal'].map((name) => stepsOf(name).map(({ loss }) => loss));
    expect(frugal[0]).toBe(plain[0]);
    expect(Math.abs(frugal[1] - plain[1])).toBeLessThan(1e-4);
  });

  it('prediction_type: is what the training loss is taken of', async () => {
    // Hardly any noise: v is the noise but for a thousandth of x0, and x0 varies far less.
    const diffusion = { timesteps: 2, beta_start: 1e-6, beta_end: 1e-6 };
    await firstSteps(1, 'ofNoise', { diffusion });
    await firstSteps(1, 'ofV', { diffusion, prediction_type: 'v' });
    await firstSteps(1, 'ofX0', { diffusion, prediction_type: 'x0' });
    const [noise, v, x0] = ['ofNoise', 'ofV', 'ofX0'].map((run) => stepsOf(run)[0].loss);
    expect(v).not.toBe(noise);
    expect(v).toBeCloseTo(noise, 2);
    expect(x0).toBeLessThan(0.8 * noise);
  });

  it('freeze_batch_norm: keeps the running statistics from that part of the run on', async () => {
    const tracked = 'encoder_1.block.1.num_batches_tracked';
    const batchesTracked = (run: string) => Number(tensorsOf(run, LATEST).get(tracked)!.data[0]);
    await train('frozen', { epoch: 2, freeze_batch_norm: 0.75 });
    const steps = stepsOf('frozen').length;
    expect(batchesTracked('frozen')).toBe(Math.ceil(0.25 * steps));
    expect(batchesTracked('whole')).toBe(stepsOf('whole').length);
  });

  it('snr_power: weighs the loss by that power of the signal-to-noise ratio', async () => {
    const diffusion = { timesteps: 2, beta_start: 0.5, beta_end: 0.5 };
    await firstSteps(1, 'plain', { diffusion });
    await firstSteps(1, 'powered', { diffusion, snr_power: 2 });
    const [plain, powered] = ['plain', 'powered'].map((run) => stepsOf(run)[0].loss);
    // The SNR is 1 and 1/3.
    expect(powered / plain).toBeGreaterThan(1 / 9 - 1e-5);
    expect(powered / plain).toBeLessThan(1);
  });

  it('min_snr_gamma: weighs the loss by min(SNR, γ) / SNR of the timestep', async () => {
    // ᾱ is 0.9 and 0.81, the SNR 9 and 4.26.
    const diffusion = { timesteps: 2, beta_start: 0.1, beta_end: 0.1 };
    await firstSteps(1, 'unweighted', { diffusion });
    await firstSteps(1, 'weighted', { diffusion, min_snr_gamma: 4 });
    await firstSteps(1, 'weightedLess', { diffusion, min_snr_gamma: 2 });
    const [none, more, less] = ['unweighted', 'weighted', 'weightedLess'].map((run) => stepsOf(run)[0].loss);
    expect(more / less).toBeCloseTo(2, 5);
    expect(more / none).toBeGreaterThan(4 / 9 - 1e-5);
    expect(more / none).toBeLessThan(4 / 4.26);
  });

  it('ema_decay: keeps the moving average of the weights', async () => {
    await firstSteps(1, 'average', { ema_decay: 0.125, learning_rate_init: 0.1, optimizer: 'sgd' });
    const [before, after] = [(await initialWeights()).get(LAST)!.data, tensorsOf('average', LATEST)];
    const moved = after.get(LAST)!.data;
    expect(moved).not.toEqual(before);
    const expected = Array.from(
      { length: before.length },
      (_, i) => 0.125 * Number(before[i]) + 0.875 * Number(moved[i]),
    );
    expectClose(Float64Array.from(after.get(`ema.${LAST}`)!.data, Number), expected, { abs: 1e-6 });
  });

  it('backend: computes there', async () => {
    expect(await firstSteps(1, 'cpu', { backend: 'cpu' })).toBe('interrupted');
    await firstSteps(1, 'wasm', {});
    expect(stateOf('cpu').build).toMatch(/^cpu /);
    expect(stateOf('wasm').build).toMatch(/^wasm /);
    // The same chips, timesteps and noise.
    expect(stepsOf('cpu')[0].loss).toBeCloseTo(stepsOf('wasm')[0].loss, 4);
  });

  it('buffer_comp, catalog_index, trans, parallel: refuses what the tutorial never reads', () => {
    for (const [key, value] of Object.entries({
      buffer_comp: 8,
      catalog_index: 2,
      trans: 'flip',
      parallel: true,
    })) {
      vi.spyOn(process, 'exit').mockImplementation((code) => {
        throw new Error(`exit ${code}`);
      });
      const said = vi.spyOn(process.stderr, 'write').mockClear();
      expect(() => train('refused', { [key]: value })).toThrow('exit 1');
      expect(said.mock.calls.join('')).toMatch(RegExp(`${key} is .*the tutorial reads no other`));
    }
  });
});
