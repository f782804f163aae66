import { Command } from 'commander';
import { addBackendFlags } from './addBackendFlags.js';
import { addDataFlags } from './addDataFlags.js';
import { addModelFlags } from './addModelFlags.js';
import { addTrainingFlags } from './addTrainingFlags.js';
import { applyConfigFile, isFromFile } from './applyConfigFile.js';
import { expandPath } from './expandPath.js';
import { flagOf } from './flagOf.js';
import { integer, integers } from './flagValues.js';
import { optionConflicts } from './optionConflicts.js';
import { NULLABLE_FIELDS, type PretrainConfig, type RunOptions } from './PretrainConfig.js';
import { keyOf } from './parseConfig.js';
import { placeholdersOf } from './placeholdersOf.js';
import { specialFile } from './specialFile.js';
import { unreadOptions } from './unreadOptions.js';

/** What differs from the defaults on the sample chips, whose sides are multiples of 64: it trains in minutes. */
const SAMPLE_RUN = {
  batch: 16,
  patchSize: 2,
  filterConfig: [32, 64, 128, 128, 128, 128],
  blockNum: [1, 1, 1, 1, 1, 1],
} as const satisfies Partial<PretrainConfig>;

/** Options that are files which a run reads, more than once where it is resumed. */
const FILE_FIELDS = [
  'catalog',
  'globalStats',
  'paramsInit',
  'perceptualWeights',
] as const satisfies (keyof PretrainConfig)[];

/** Options that are files and folders. */
const PATH_FIELDS = ['data', ...FILE_FIELDS, 'out', 'logDir'] as const satisfies (keyof (PretrainConfig &
  RunOptions))[];

export type { PretrainConfig, RunOptions } from './PretrainConfig.js';

/** Parsed command line. */
export interface PretrainOptions {
  config: PretrainConfig;
  run: RunOptions;
  /** Keys of `config` that were given on the command line or by the file that `--config` names. */
  given: string[];
  /** How a key of `config` was given: the flag, or the key of the file. */
  nameOf: (key: string) => string;
  /** What was given and is not read, for people to see: a line for each. */
  notes: string[];
}

/**
 * Reads the command line of the trainer. Ends the process with a message on an error or on `--help`.
 *
 * @param args Arguments behind the program's name.
 */
export function parsePretrainOptions(args: readonly string[]): PretrainOptions {
  const program = new Command('diffusion-ssl pretrain').description(
    'Pretrains the attention U-Net by denoising diffusion. Without --data it builds sample chips from NASA imagery ' +
      'and trains on these.',
  );
  program.option(
    '--config <file>',
    "configuration in the form of the tutorial's ssl_train.yaml; flags override it (docs/configuration.md)",
  );
  addDataFlags(program);
  addTrainingFlags(program);
  addModelFlags(program);
  addRunFlags(program);
  program.showHelpAfterError('(--help lists every option)').allowExcessArguments();
  program.parse(args, { from: 'user' });
  if (program.args.length > 0) {
    const [stray] = program.args;
    program.error(
      `error: '${stray}' belongs to no option; a value with blanks, such as a list, stands in quotes.`,
    );
  }

  // commander makes an empty text of the null that the word none is read as.
  for (const field of NULLABLE_FIELDS) {
    if (program.getOptionValue(field) === '') program.setOptionValueWithSource(field, null, 'cli');
  }
  const isFlag = (key: string) => program.getOptionValueSource(key) === 'cli';
  for (const [field, value] of Object.entries(program.opts<Record<string, unknown>>())) {
    if (isFlag(field) && placeholdersOf(value).length > 0)
      program.error(`error: ${flagOf(field)} is '${value}', a placeholder; put the value in its place.`);
  }
  expandPaths(program, ['config'], flagOf);
  const { config: file } = program.opts<{ config?: string }>();
  const notes: string[] = [];
  try {
    if (file !== undefined) notes.push(...applyConfigFile(program, file));
  } catch (error) {
    program.error(`error: ${(error as Error).message}`);
  }
  if (file === undefined && program.getOptionValue('data') === undefined) applySampleRun(program);
  const nameOf = (key: string) =>
    isFromFile(program, key as keyof PretrainConfig) ? `${keyOf(key)} in ${file}` : flagOf(key);
  notes.push(...leaveOutUnread(program, nameOf));
  expandPaths(program, PATH_FIELDS, nameOf);
  const { config: _, ...values } = program.opts<PretrainConfig & RunOptions & { config?: string }>();
  if ((values.data === undefined) !== (values.catalog === undefined)) {
    program.error('error: --data and --catalog go together');
  }
  if (values.resume && values.out === undefined)
    program.error('error: --resume needs --out, the folder of the run');
  if (values.acceptChanges && !values.resume) program.error('error: --accept-changes goes with --resume');
  const { out, logDir, resume, acceptChanges, takeOver, backend, allowSoftware, threads, ...others } = values;
  const { workers, checkpointSteps, onCheckpoint, onEpoch, bands, ...config } = others;
  for (const { field, message } of optionConflicts(config, nameOf)) {
    program.error(`error: ${nameOf(field)} ${message}`);
  }
  for (const field of FILE_FIELDS) {
    const { [field]: file } = config;
    const kind = typeof file === 'string' ? specialFile(file) : undefined;
    if (kind)
      program.error(
        `error: ${nameOf(field)} is '${file}', ${kind}: give a file, which can be read again to resume the run.`,
      );
  }
  const given = Object.keys(config).filter(
    (key) => isFlag(key) || isFromFile(program, key as keyof PretrainConfig),
  );
  const machine = { backend, allowSoftware, threads, workers };
  const run = {
    out,
    logDir,
    resume,
    acceptChanges,
    takeOver,
    ...machine,
    checkpointSteps,
    onCheckpoint,
    onEpoch,
    bands,
  };
  return { config, run, given, nameOf, notes };
}

/**
 * Puts flags that nothing reads back to their defaults. One that stands beside the flag by which it is not read was
 * left there when that one was switched: a note. Else it was given to have an effect, and is an error.
 */
function leaveOutUnread(program: Command, nameOf: (field: string) => string): string[] {
  const isFlag = (field: string) => program.getOptionValueSource(field) === 'cli';
  return unreadOptions(program.opts<PretrainConfig>(), isFlag, nameOf).map(({ field, because, reason }) => {
    if (!isFlag(because)) program.error(`error: ${nameOf(field)} ${reason}; leave it out.`);
    const { defaultValue } = program.options.find((option) => option.attributeName() === field) ?? {};
    program.setOptionValueWithSource(field, defaultValue, 'default');
    return `${flagOf(field)} ${reason}; it is not read.`;
  });
}

/** Replaces `~` and variables in the options that are paths. */
function expandPaths(program: Command, fields: readonly string[], nameOf: (field: string) => string): void {
  for (const field of fields) {
    const given: unknown = program.getOptionValue(field);
    if (typeof given !== 'string') continue;
    try {
      program.setOptionValueWithSource(field, expandPath(given), program.getOptionValueSource(field));
    } catch (error) {
      program.error(`error: ${nameOf(field)} is '${given}': ${(error as Error).message}`);
    }
  }
}

function applySampleRun(program: Command): void {
  for (const [field, value] of Object.entries(SAMPLE_RUN)) {
    if (program.getOptionValueSource(field) === 'default') {
      program.setOptionValueWithSource(field, value, 'default');
    }
  }
}

function addRunFlags(program: Command): void {
  program
    .optionsGroup('The run')
    .option('--out <folder>', 'where everything is written (default: a new folder under runs/)')
    .option(
      '--log-dir <folder>',
      'where the logs are written, in place of what other runs left there (default: --out)',
    )
    .option('--resume', 'go on with the run in --out', false)
    .option(
      '--accept-changes',
      'with --resume: go on with a catalog, chips, statistics or weights that changed',
      false,
    )
    .option(
      '--take-over',
      'write in --out although a process of another machine has not let it go; it must have ended',
      false,
    );
  addBackendFlags(program)
    .option('--workers <n>', 'threads that read chips (default: by the number of cores)', integer(0))
    .option(
      '--checkpoint-steps <n>',
      'write latest.safetensors after so many steps, and after each epoch',
      integer(1),
      100,
    )
    .option(
      '--on-checkpoint <command>',
      'shell command to run after each checkpoint, told of it by $DIFFUSION_SSL_CHECKPOINT',
    )
    .option(
      '--on-epoch <command>',
      'shell command to run after each epoch; $DIFFUSION_SSL_RUN, _EPOCH, _STEP, _TRAIN_LOSS, _VALIDATION_LOSS',
    )
    .option(
      '--bands <list>',
      'bands shown as red, green and blue, or one in grey, from 0 (default: the first three)',
      integers(0, [1, 3]),
    );
}
