// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so a path names a variable.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { root } from '../../../scripts/lib/root.js';
import { flagOf } from '../src/config/flagOf.js';
import { keyOf } from '../src/config/parseConfig.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';

const folder = mkdtempSync(path.join(tmpdir(), 'pretrain-options-'));
const shipped = path.join(root, 'examples/ssl_train.yaml');
const defaults = parsePretrainOptions([]);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A configuration file of so many keys. */
function fileOf(...lines: string[]): string {
  const file = path.join(folder, 'my.yaml');
  writeFileSync(file, ['Train_Validate:', ...lines.map((line) => `  ${line}`)].join('\n'));
  return file;
}

/** A pipe that nobody writes into. */
function pipe(): string {
  const file = path.join(folder, 'pipe');
  if (!existsSync(file)) execFileSync('mkfifo', [file]);
  return file;
}

/** What a flag is given where its default value as text would not do. */
const VALUES: Record<string, string[]> = {
  attention: [],
  patchShift: [],
  data: ['.', '--catalog', 'c'],
  catalog: ['c', '--data', '.'],
  size: ['64'],
  lossWeights: ['0.5,0.5,0', '--loss', 'hybrid_light'],
  zeroTerminalSnr: [],
  gradientCheckpointing: [],
  maskSize: ['8', '--mask-ratio', '0.5'],
  maskShare: ['0.5', '--mask-ratio', '0.5'],
  maskLoss: ['masked', '--mask-bands', '1'],
  blockOutChannels: ['8,16', '--model', 'unet2d'],
  layersPerBlock: ['2', '--model', 'unet2d'],
  tokenSize: ['2', '--model', 'uVit'],
  embedDim: ['96', '--model', 'uVit'],
  depth: ['2', '--model', 'uVit'],
  numHeads: ['2', '--model', 'uVit'],
  conditions: ['month', '--model', 'unet2d'],
  conditionDropout: ['0.2', '--model', 'unet2d', '--conditions', 'month'],
  conditionDropoutAll: ['0.2', '--model', 'unet2d', '--conditions', 'month'],
  perceptualBands: ['0,1,2', '--loss', 'perceptual', '--perceptual-weights', 'vgg16.safetensors'],
};

describe('flagOf', () => {
  it.each([...Object.keys(defaults.config), 'data', 'catalog', 'size'])(
    'gives the flag that sets %s',
    (key) => {
      const initial = defaults.config[key as keyof typeof defaults.config];
      const value = VALUES[key] ?? [String(initial ?? 1) || '1'];
      const { given } = parsePretrainOptions(['--augmentation', 'all', flagOf(key), ...value]);
      expect(given).toContain(key);
    },
  );
});

describe('without --config', () => {
  it('the run is the small one on the sample chips', () => {
    expect(defaults.config).toMatchObject({
      epochs: 8,
      batch: 16,
      normalization: 'z_value',
      statistics: 'gpb',
      predictionType: 'x0',
      noiseSchedule: 'squaredcos_cap_v2',
      snrPower: 0.25,
      freezeBatchNorm: 0.4,
      accumulate: 1,
      seed: 0,
      learningRate: 3e-3,
      weightDecay: 1e-4,
      optimizer: 'adamw',
      scheduler: 'cosine',
      scheduleUnit: 'step',
      warmup: 0.5,
      loss: 'mse',
      clipNorm: 1,
      emaDecay: 0.98,
      timestepSampling: 'stratified',
      augmentation: 'flips',
      patchSize: 2,
      filterConfig: [32, 64, 128, 128, 128, 128],
      blockNum: [1, 1, 1, 1, 1, 1],
      dropoutRate: 0,
      checkpointInterval: 0,
      buffer: 0,
      clipPercent: 0,
    });
    for (const field of ['betas', 'size', 'channels', 'validateBatch', 'compat', 'paramsInit', 'globalStats'])
      expect(defaults.config).not.toHaveProperty(field);
    expect(defaults.given).toEqual([]);
    expect(parsePretrainOptions(['--batch', '4']).config).toMatchObject({ batch: 4, patchSize: 2 });
    expect(defaults.run).toMatchObject({ resume: false, backend: 'wasm', checkpointSteps: 100 });
  });
});

describe('with --data', () => {
  it('the network sees single pixels, and fewer chips at a time', () => {
    const { config } = parsePretrainOptions(['--data', 'chips', '--catalog', 'chips.csv']);
    expect(config).toMatchObject({
      batch: 8,
      patchSize: 1,
      filterConfig: [16, 32, 64, 128, 128, 128],
      blockNum: [1, 1, 2, 2, 2, 2],
      predictionType: 'x0',
    });
  });
});

describe('--config', () => {
  it("takes the tutorial's file as shipped", () => {
    const { config, run, given } = parsePretrainOptions(['--config', shipped]);
    expect(config).toMatchObject({
      batch: 40,
      epochs: 100,
      size: 224,
      learningRate: 2e-4,
      t0: 30,
      warmup: 5,
    });
    expect(config).not.toHaveProperty('config');
    expect(run).toMatchObject({ out: '/app/work_dir/exp_pretrain_100k', resume: false });
    expect(run.logDir).toBe('/app/work_dir/tutorial_dataset/logs/');
    expect(given).toContain('batch');
  });

  it('gives way to flags, wherever they stand, also to those with the value of the default', () => {
    const flags = ['--epochs', '2', '--size', '64', '--filter-config', '4,4,8,8,8,8', '--backend', 'cpu'];
    for (const args of [
      ['--config', shipped, ...flags],
      [...flags, '--config', shipped],
    ]) {
      const { config, run } = parsePretrainOptions(args);
      expect(config).toMatchObject({ epochs: 2, size: 64, filterConfig: [4, 4, 8, 8, 8, 8], batch: 40 });
      expect(run.backend).toBe('cpu');
    }
  });

  it('gives way to flags that turn things on and off', () => {
    const off = fileOf('patch_shift: false', 'model_kwargs: {use_skipAtt: false}', 'br_range: [0, 1]');
    expect(parsePretrainOptions(['--config', off]).config).toMatchObject({
      patchShift: false,
      attention: false,
    });
    const flags = ['--patch-shift', '--attention', '--br-range', 'none'];
    const { config } = parsePretrainOptions(['--config', off, ...flags]);
    expect(config).toMatchObject({ patchShift: true, attention: true, brRange: null });
    expect(parsePretrainOptions(['--config', shipped, '--no-attention']).config.attention).toBe(false);
  });

  it('drops what a flag leaves without effect', () => {
    const { config } = parsePretrainOptions([
      ...['--config', shipped, '--optimizer', 'sgd', '--scheduler', 'poly', '--momentum', '0.5'],
    ]);
    expect(config).toMatchObject({ optimizer: 'sgd', momentum: 0.5, scheduler: 'poly', weightDecay: 1e-4 });
    for (const field of ['betas', 'eps', 't0', 'tMult', 'etaMin']) expect(config).not.toHaveProperty(field);
    const file = fileOf('stat_procedure: gpb', 'global_stats: s.json');
    expect(parsePretrainOptions(['--config', file, '--statistics', 'lpb']).config).not.toHaveProperty(
      'globalStats',
    );
  });

  it('may hold placeholders where flags say otherwise', () => {
    const file = fileOf('data_path: TBD', 'train_csv_name: TBD', 'log_dir: TBD', 'save_dir: TBD', 'epoch: 3');
    const flags = ['--data', 'd', '--catalog', 'c', '--out', 'o'];
    const { config, run } = parsePretrainOptions(['--config', file, ...flags]);
    expect(config).toMatchObject({ data: 'd', catalog: 'c', epochs: 3 });
    expect(run).toMatchObject({ out: 'o', logDir: undefined });
  });

  it('gives the folder of the logs with that of the run, not with --out', () => {
    expect(parsePretrainOptions(['--config', shipped, '--out', 'here']).run).toMatchObject({
      out: 'here',
      logDir: undefined,
    });
    const { run } = parsePretrainOptions(['--config', shipped, '--out', 'here', '--log-dir', 'there']);
    expect(run.logDir).toBe('there');
  });

  it('can go on with its run', () => {
    const file = fileOf('resume: true', 'save_dir: runs/mine');
    expect(parsePretrainOptions(['--config', file]).run).toMatchObject({ resume: true, out: 'runs/mine' });
  });

  it('is what messages name where the value is from there', () => {
    const { nameOf } = parsePretrainOptions(['--config', shipped, '--size', '64']);
    expect(nameOf('batch')).toBe(`train_batch in ${shipped}`);
    expect(nameOf('size')).toBe('--size');
    expect(defaults.nameOf('batch')).toBe('--batch');
  });
});

describe('paths', () => {
  it.each([
    ['data', '--catalog c'],
    ['catalog', '--data d'],
    ['globalStats', ''],
    ['paramsInit', ''],
    ['perceptualWeights', '--loss perceptual'],
    ['out', ''],
    ['logDir', ''],
  ])('%s takes ~ and variables, from a flag and from a file', (field, more) => {
    vi.stubEnv('RUNS', '/mnt/runs');
    const of = (args: string[]) => {
      const { config, run } = parsePretrainOptions([...args, ...more.split(' ').filter(Boolean)]);
      return ({ ...config, ...run } as Record<string, unknown>)[field];
    };
    const key = keyOf(field);
    const needs = { globalStats: ['stat_procedure: gpb'], perceptualWeights: ['loss_fn: perceptual'] };
    const others = needs[field as keyof typeof needs] ?? [];
    for (const [text, value] of [
      ['~/x', path.join(homedir(), 'x')],
      ['${RUNS}/x', '/mnt/runs/x'],
    ]) {
      expect(of([flagOf(field), text])).toBe(value);
      expect(of(['--config', fileOf(...others, `${key}: ${text}`)])).toBe(value);
    }
    vi.unstubAllEnvs();
  });

  it('--config does, and statistics in the file stay a block', () => {
    vi.stubEnv('CONFIGS', folder);
    fileOf('stat_procedure: gpb', 'global_stats: {min: [0], max: [1]}');
    const { config } = parsePretrainOptions(['--config', '${CONFIGS}/my.yaml']);
    expect(config.globalStats).toEqual({ min: [0], max: [1] });
    vi.unstubAllEnvs();
  });
});

describe('an error of the command line', () => {
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => !!said.push(String(text)));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    [
      'a file that is not there',
      () => ['--config', 'no.yaml'],
      /no\.yaml: the configuration cannot be read: .*no such file/,
    ],
    ['a folder', () => ['--config', folder], /the configuration cannot be read: .*EISDIR/],
    [
      'a file with an error',
      () => ['--config', fileOf('epoch: 1', 'epohc: 2')],
      /my\.yaml, line 3: epohc is not known; did you mean epoch\?/,
    ],
    [
      'a file with data_path alone',
      () => ['--config', fileOf('data_path: a')],
      /--data and --catalog go together/,
    ],
    ['a file to resume without a folder', () => ['--config', fileOf('resume: true')], /--resume needs --out/],
    [
      'a flag that the optimizer of the file does not read',
      () => ['--config', fileOf('optimizer: sgd'), '--eps', '1'],
      /--eps is no option of the optimizer sgd, which has --momentum, --nesterov; leave it out/,
    ],
    [
      'a flag that the schedule does not read which is the default',
      () => ['--t0', '3'],
      /--t0 is no option of the scheduler cosine, which has --t-max, --eta-min/,
    ],
    ['a range without all augmentations', () => ['--br-range', '0,1'], /--br-range needs --augmentation all/],
    [
      'statistics of the data for local ones',
      () => ['--config', shipped, '--global-stats', 's.json'],
      /--global-stats is for gab and gpb, not lab; leave it out/,
    ],
    [
      'a placeholder for a path',
      () => ['--data', 'TBD', '--catalog', 'c'],
      /--data is 'TBD', a placeholder; put the value in its place/,
    ],
    [
      'a placeholder in a list',
      () => ['--image-columns', 'image,tbd'],
      /--image-columns is 'image,tbd', a placeholder/,
    ],
    [
      'a placeholder in the file',
      () => ['--config', fileOf('epoch: 1', 'data_path: TBD'), '--catalog', 'c'],
      /my\.yaml, line 3: data_path is 'TBD', a placeholder; it must be a folder/,
    ],
    [
      'a perceptual loss without its network',
      () => ['--loss', 'perceptual'],
      /--loss is perceptual, which needs --perceptual-weights/,
    ],
    [
      'a range that falls',
      () => ['--augmentation', 'all', '--br-range', '1,0'],
      /--br-range.*the second not below the first/,
    ],
    ['a range of one', () => ['--augmentation', 'all', '--br-range', '1'], /--br-range.*two numbers/],
    ['three betas', () => ['--betas', '0.9,0.9,0.9'], /--betas.*2 numbers/],
    ['an empty item', () => ['--nodata', '-9999,,0'], /--nodata.*'-9999,,0'.*Item 2 of 3 is empty/],
    ['a list without quotes', () => ['--nodata', '-9999', '0'], /'0' belongs to no option; .*in quotes/],
    ['two bands', () => ['--bands', '0,1'], /--bands.*'0,1'.*1 or 3 integers of at least 0/],
    ['a band below 0', () => ['--bands', '0 1 -1'], /--bands.*1 or 3 integers of at least 0/],
    [
      'a pipe for weights, which would wait for its writer',
      () => ['--params-init', pipe()],
      /--params-init is '.*\/pipe', a pipe: give a file, which can be read again/,
    ],
    [
      'a pipe for a catalog, from a configuration file',
      () => ['--config', fileOf('data_path: a', `train_csv_name: ${pipe()}`)],
      /train_csv_name in .*my\.yaml is '.*\/pipe', a pipe/,
    ],
    ['a folder for statistics', () => ['--global-stats', folder], /--global-stats is '.*', a folder: give a/],
    [
      'a device for a catalog',
      () => ['--data', 'a', '--catalog', '/dev/null'],
      /--catalog.*, a device: give/,
    ],
    [
      'half a channel',
      () => ['--filter-config', '1,2,3,4,5,6.5'],
      /--filter-config.*6 integers of at least 1/,
    ],
    [
      'a variable that is not set',
      () => ['--data', '${NO_SUCH}/a', '--catalog', 'c'],
      /--data is '\$\{NO_SUCH\}\/a': the environment variable NO_SUCH is not set/,
    ],
    [
      'such a one in the file',
      () => ['--config', fileOf('save_dir: $NO_SUCH/a')],
      /save_dir in .*my\.yaml is '\$NO_SUCH\/a': the environment variable NO_SUCH is not set/,
    ],
    ['a path that a shell left empty', () => ['--out', ''], /--out is '': a path is needed/],
    [
      'such a one of the file',
      () => ['--config', '$NO_SUCH'],
      /--config is '\$NO_SUCH': .*NO_SUCH is not set/,
    ],
    [
      'an option of the file that a flag contradicts',
      () => ['--config', fileOf('diffusion: {beta_start: 0.1, beta_end: 0.2}'), '--beta-end', '0.05'],
      /diffusion\.beta_start in .*my\.yaml is 0\.1; it must not be above --beta-end, 0\.05/,
    ],
  ])('%s', (_, args, message) => {
    expect(() => parsePretrainOptions(args())).toThrow('exit 1');
    expect(said.join('')).toMatch(message);
  });
});
