import { Command, InvalidArgumentError, Option } from 'commander';
import type { BetaScheduleType } from 'diffusion-ssl/diffusion';
import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { NormalizationStrategy, StatisticsProcedure } from 'diffusion-ssl/normalization';

/** What decides the result of a run: saved in every checkpoint, and the same when a run is resumed. */
export interface PretrainConfig {
  data?: string;
  catalog?: string;
  imageColumns: string[];
  epochs: number;
  batch: number;
  accumulate: number;
  seed: number;
  learningRate: number;
  weightDecay: number;
  betas: number[];
  warmup: number;
  scheduler: 'cosine' | 'none';
  loss: 'mse' | 'l1';
  clipNorm: number;
  emaDecay: number;
  timesteps: number;
  timestepSampling: 'stratified' | 'uniform';
  noiseSchedule: BetaScheduleType;
  betaStart: number;
  betaEnd: number;
  normalization: NormalizationStrategy | 'none';
  statistics: StatisticsProcedure;
  nodata: number[];
  augmentation: 'none' | 'flips' | 'flips+rotation';
  size?: number;
  onBadChip: 'error' | 'skip';
  filterConfig: number[];
  blockNum: number[];
  dropoutRate: number;
  dropoutType: NonNullable<UnetAttDConfig['dropoutType']>;
  upmode: NonNullable<UnetAttDConfig['upmode']>;
  attention: boolean;
  timeEmbeddingDim: number;
}

/** What may differ from one part of a run to the next. */
export interface RunOptions {
  out?: string;
  resume: boolean;
  backend: 'wasm' | 'node' | 'cpu';
  threads?: number;
  workers?: number;
  checkpointSteps: number;
  bands: number[];
}

/** Parsed command line. */
export interface PretrainOptions {
  config: PretrainConfig;
  run: RunOptions;
  /** Keys of `config` that were given on the command line. */
  given: string[];
}

/**
 * Reads the command line of the trainer. Ends the process with a message on an error or on `--help`.
 *
 * @param args Arguments behind the program's name.
 */
export function parsePretrainOptions(args: readonly string[]): PretrainOptions {
  const program = new Command('pretrain')
    .description(
      'Pretrains the attention U-Net by denoising diffusion. Without --data it builds sample chips from NASA imagery ' +
        'and trains on these.',
    )
    .optionsGroup('Data')
    .option('--data <folder>', 'root of the chips')
    .option(
      '--catalog <file>',
      'catalog CSV: image columns with paths relative to --data, and a column usage',
    )
    .option('--image-columns <names>', 'catalog columns whose rasters are stacked along the bands', names, [
      'image',
    ])
    .option(
      '--size <pixels>',
      'crop or pad chips to this side, a multiple of 32 (default: as they are)',
      integer(32),
    )
    .addOption(
      choice(
        '--on-bad-chip <what>',
        'stop at an unreadable chip, or go on without it',
        ['error', 'skip'],
        'error',
      ),
    )
    .addOption(
      choice('--normalization <strategy>', 'scaling of a chip', ['min_max', 'z_value', 'none'], 'min_max'),
    )
    .addOption(
      choice(
        '--statistics <kind>',
        'over all bands of a chip (lab), or band by band (lpb)',
        ['lab', 'lpb'],
        'lab',
      ),
    )
    .option('--nodata <values>', "values masked besides the files' own", numbers, [])
    .addOption(
      choice(
        '--augmentation <kind>',
        'random changes of a chip',
        ['none', 'flips', 'flips+rotation'],
        'flips',
      ),
    )
    .optionsGroup('Training')
    .option('--epochs <n>', 'passes over the training chips', integer(1), 2)
    .option('--batch <n>', 'chips a batch', integer(1), 4)
    .option('--accumulate <n>', 'batches whose gradients make one step', integer(1), 1)
    .option('--learning-rate <x>', 'of AdamW', number, 8e-3)
    .option('--weight-decay <x>', 'of AdamW', number, 1e-4)
    .option('--betas <two numbers>', 'decay rates of the two moments of AdamW', numbers, [0.9, 0.999])
    .addOption(choice('--scheduler <name>', 'learning rate over the run', ['cosine', 'none'], 'cosine'))
    .option('--warmup <epochs>', 'epochs of linear warm-up from a tenth of the rate', number, 0.1)
    .option('--clip-norm <x>', 'largest norm of the gradients; 0: no clipping', number, 1)
    .option(
      '--ema-decay <x>',
      'moving average of the weights, used to validate and to sample; 0: none',
      number,
      0.98,
    )
    .addOption(choice('--loss <name>', 'between noise and prediction', ['mse', 'l1'], 'mse'))
    .option('--seed <n>', 'decides weights, order, augmentation, noise and dropout', integer(0), 0)
    .optionsGroup('Diffusion')
    .option('--timesteps <n>', 'length of the noise schedule', integer(2), 1000)
    .addOption(
      choice(
        '--timestep-sampling <kind>',
        'spread the timesteps of a batch over the schedule, or draw them independently',
        ['stratified', 'uniform'],
        'stratified',
      ),
    )
    .addOption(
      choice(
        '--noise-schedule <type>',
        'shape of the schedule',
        ['linear', 'cosine', 'squaredcos_cap_v2', 'scaled_linear', 'sigmoid'],
        'linear',
      ),
    )
    .option('--beta-start <x>', 'first variance', number, 1e-6)
    .option('--beta-end <x>', 'last variance', number, 0.02)
    .optionsGroup('Network')
    .option('--filter-config <channels>', 'channels of the six levels', numbers, [16, 16, 32, 32, 32, 32])
    .option('--block-num <counts>', 'convolutions a block, for each level', numbers, [1, 1, 1, 1, 1, 1])
    .option('--dropout-rate <x>', 'at the end of each block', number, 0)
    .addOption(
      choice('--dropout-type <type>', 'values or channels', ['traditional', 'spatial'], 'traditional'),
    )
    .addOption(choice('--upmode <mode>', 'upsampling', ['fixed', 'deconv_1', 'deconv_2', 'DUC'], 'deconv_2'))
    .option('--no-attention', 'without attention gates')
    .option('--time-embedding-dim <n>', 'size of the timestep embedding', integer(1), 128)
    .optionsGroup('The run')
    .option('--out <folder>', 'where everything is written (default: a new folder under runs/)')
    .option('--resume', 'go on with the run in --out', false)
    .addOption(choice('--backend <name>', 'TensorFlow.js backend', ['wasm', 'node', 'cpu'], 'wasm'))
    .option(
      '--threads <n>',
      'threads of the wasm backend; more help large networks on an idle machine',
      integer(1),
      1,
    )
    .option('--workers <n>', 'threads that read chips (default: by the number of cores)', integer(0))
    .option(
      '--checkpoint-steps <n>',
      'write latest.safetensors after so many steps, and after each epoch',
      integer(1),
      100,
    )
    .option('--bands <list>', 'bands shown as red, green and blue, from 0', numbers, [0, 1, 2])
    .showHelpAfterError('(--help lists every option)')
    .parse(args, { from: 'user' });

  const values = program.opts<PretrainConfig & RunOptions>();
  if ((values.data === undefined) !== (values.catalog === undefined)) {
    program.error('error: --data and --catalog go together');
  }
  if (values.resume && values.out === undefined)
    program.error('error: --resume needs --out, the folder of the run');
  const { out, resume, backend, threads, workers, checkpointSteps, bands, ...config } = values;
  const given = Object.keys(config).filter((key) => program.getOptionValueSource(key) === 'cli');
  return { config, run: { out, resume, backend, threads, workers, checkpointSteps, bands }, given };
}

/** The flag of a configuration key: `learningRate` is `--learning-rate`; attention can only be turned off. */
export function flagOf(key: string): string {
  if (key === 'attention') return '--no-attention';
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function choice(flags: string, description: string, values: string[], initial: string): Option {
  return new Option(flags, description).choices(values).default(initial);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It must be a number of at least 0.');
  }
  return value;
}

function integer(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`It must be an integer of at least ${min}.`);
    }
    return value;
  };
}

function numbers(text: string): number[] {
  const values = text
    .replaceAll(/[[\]\s]/g, '')
    .split(',')
    .map(Number);
  if (text.trim() === '' || !values.every(Number.isFinite)) {
    throw new InvalidArgumentError('It must be numbers separated by commas.');
  }
  return values;
}

function names(text: string): string[] {
  const values = text.split(',').map((name) => name.trim());
  if (values.some((name) => name === ''))
    throw new InvalidArgumentError('It must be names separated by commas.');
  return values;
}
