import { Command } from 'commander';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { addSourceFlags } from '../config/addSourceFlags.js';
import { addWindowFlags } from '../config/addWindowFlags.js';
import { flagOf } from '../config/flagOf.js';
import { choice, integer, names, number, numberBelow, range } from '../config/flagValues.js';
import type { PretrainConfig } from '../config/PretrainConfig.js';
import { pickKeys } from '../config/pickKeys.js';
import { parsePretrainOptions } from '../config/pretrainOptions.js';
import type { LoraRunConfig } from './LoraRunConfig.js';

/** What is said of the run but is no part of what it computes. */
export interface LoraFlags extends BackendOptions {
  out: string;
  resume: boolean;
  takeOver: boolean;
  workers?: number;
  checkpointSteps: number;
}

/** Flags about chips, which are those of `pretrain`. */
const OF_CHIPS = [
  'data',
  'catalog',
  'imageColumns',
  'inputBands',
  'size',
  'windows',
  'windowsPerScene',
  'maxMissing',
  'onBadChip',
  'augmentation',
  'batch',
  'epochs',
  'seed',
] as const satisfies (keyof PretrainConfig)[];

const OF_RUN = [
  'out',
  'resume',
  'takeOver',
  'workers',
  'checkpointSteps',
  'backend',
  'threads',
  'allowSoftware',
] as const satisfies (keyof LoraFlags)[];

/** Flags that all weights have no use for. */
const OF_ADAPTERS = ['rank', 'alpha', 'rslora', 'dropout', 'targets', 'exclude', 'format', 'merge'];

/** Flags that sites alone have, and texts alone. */
const OF_SITES = [
  'oldData',
  'oldCatalog',
  'windows',
  'windowsPerScene',
  'maxMissing',
  'augmentation',
  'full',
  'merge',
  'onBadChip',
];
const OF_TEXTS = ['range', 'prompt', 'guidance'];

/**
 * Reads the command line of `diffusion-ssl lora`. Ends the process with a message on an error or on `--help`.
 *
 * @returns What the run computes, what of it was given, and what is around it.
 */
export function parseLoraOptions(args: readonly string[]): {
  config: LoraRunConfig;
  given: object;
  run: LoraFlags;
} {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const all = program.opts<LoraRunConfig & PretrainConfig & LoraFlags>();
  if (program.args.length > 0) all.model = program.args[0] as never;
  const isGiven = (key: string) =>
    program.getOptionValueSource(key) === 'cli' || (key === 'model' && program.args.length > 0);
  const isTold = all.captions !== undefined || all.captionColumn !== undefined;
  if (
    !all.resume &&
    (program.args.length === 0 || (all.catalog === undefined && all.captions === undefined))
  ) {
    program.error(
      'error: give the folder of a pretrained network, --data and --catalog; or --out of a run, and --resume.',
    );
  }
  for (const [data, catalog] of [
    ['data', 'catalog'],
    ['oldData', 'oldCatalog'],
  ] as const) {
    if ((all[data] === undefined) === (all[catalog] === undefined)) continue;
    const flags = data === 'data' ? '--data and --catalog' : '--old-data and --old-catalog';
    program.error(`error: ${flags} go together`);
  }
  if (all.captions !== undefined && all.catalog !== undefined)
    program.error('error: --captions names its own images: leave out --catalog and --data');
  const useless = (isTold ? OF_SITES : OF_TEXTS).filter(isGiven);
  if (useless.length > 0 && !all.resume) {
    const which = isTold ? 'captions' : 'chips without captions';
    program.error(`error: ${which} have no use for ${useless.map(flagOf).join(', ')}`);
  }
  if (all.windows !== undefined && all.size === undefined) program.error('error: --windows needs --size');
  const unread = all.full ? OF_ADAPTERS.filter(isGiven) : [];
  if (unread.length > 0)
    program.error(`error: --full trains all weights: leave out ${unread.map(flagOf).join(', ')}`);
  const chips = {
    ...parsePretrainOptions([]).config,
    ...pickKeys(all, OF_CHIPS),
    // Chips are scaled as the pretrained network says.
    ...{ normalization: 'none', model: 'uVit' },
  } as PretrainConfig;
  const own = Object.entries(all).filter(([key]) => ![...OF_CHIPS, ...OF_RUN].includes(key as never));
  return {
    config: { ...(Object.fromEntries(own) as Omit<LoraRunConfig, 'chips'>), chips },
    given: Object.fromEntries(
      Object.entries(all).filter(([key]) => isGiven(key) && !OF_RUN.includes(key as never)),
    ),
    run: pickKeys(all, OF_RUN) as LoraFlags,
  };
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl lora')
    .description(
      'Adapts a pretrained network to the chips of a new site by low-rank adapters, which alone are trained, or with ' +
        '--full by all of its weights. Chips are scaled as those were that it was pretrained on. Losses and samples ' +
        'of the new site, and of the old one where its chips are given, before and after. With --captions or ' +
        '--caption-column the U-Net of a folder of Stable Diffusion is adapted to captioned images. A stopped run ' +
        'goes on bit for bit: --out RUN --resume.',
    )
    .argument('[model]', 'folder of a run or of a model, or http address of one; not with --resume');
  addWindowFlags(
    addSourceFlags(program)
      .option(
        '--old-data <folder>',
        'root of the chips that the network was pretrained on, to see what is forgotten',
      )
      .option('--old-catalog <file>', 'catalog of those; its validation chips are looked at'),
  )
    .addOption(
      choice(
        '--augmentation <kind>',
        'random changes of a chip',
        ['none', 'flips', 'flips+rotation'],
        'flips',
      ),
    )
    .optionsGroup('Captions, for a folder of Stable Diffusion')
    .option(
      '--captions <file>',
      'JSON lines of file_name, relative to the file, and text; each tenth is held out',
    )
    .option('--caption-column <name>', 'column of --catalog with captions, in place of --captions')
    .option('--range <low,high>', 'values that are black and white (default: 0,255 of 8 bits)', range())
    .option('--prompt <text...>', 'what samples are of (default: four captions)')
    .option('--guidance <scale>', 'how far samples follow it', number, 7.5)
    .optionsGroup('What is trained')
    .option('--full', 'all weights, in place of adapters', false)
    .option('--rank <r>', 'rank of the adapters', integer(1), 4)
    .option('--alpha <a>', 'what they add has the factor alpha / rank (default: the rank)', number)
    .option('--rslora', 'the factor is alpha / √rank', false)
    .option('--dropout <p>', 'probability of dropping a value that an adapter takes', numberBelow(1), 0)
    .option(
      '--targets <names>',
      'layers that get one: ends of names, or a pattern for whole names (default: all; with captions attention)',
      names,
    )
    .option('--exclude <names>', 'layers that get none: ends of names', names, [])
    .optionsGroup('Training')
    .option('--epochs <n>', 'passes over the training chips', integer(1), 10)
    .option('--batch <n>', 'chips a step', integer(1), 16)
    .option('--lr <rate>', 'learning rate (default: 0.001 of adapters, 0.0001 of all weights)', number)
    .addOption(choice('--schedule <kind>', 'how it goes on', ['cosine', 'constant'], 'cosine'))
    .option('--warmup <steps>', 'so many steps lead up to it', integer(0), 0)
    .option('--weight-decay <w>', 'of AdamW', number, 0.01)
    .option('--clip <norm>', 'largest norm of the gradients; 0: any', number, 1)
    .option(
      '--ema <decay>',
      'of the moving average of what is trained, which is kept; 0: none',
      numberBelow(1),
      0.99,
    )
    .option('--min-snr-gamma <g>', 'weigh the loss by min(SNR, g); 0: all timesteps the same', number, 0)
    .option(
      '--seed <n>',
      "decides the adapters' first values, order, noise, dropout and samples",
      integer(0),
      0,
    )
    .optionsGroup('Results')
    .option(
      '--samples <n>',
      'samples before and after, with captions of each prompt (default: 32; 2); 0: none',
      integer(0),
    )
    .option('--sample-steps <n>', 'steps of DPM++ 2M', integer(1), 20)
    .addOption(
      choice('--format <names>', 'whose names the file of adapters has', ['diffusers', 'peft'], 'diffusers'),
    )
    .option('--merge', 'write the network with the adapters in its weights, as a model folder', false)
    .optionsGroup('The run')
    .option('--out <folder>', 'where adapters, checkpoint, logs and pictures are written', 'runs/lora')
    .option('--resume', 'go on with the run in --out, with the options that it has', false)
    .option('--take-over', 'take the folder over from a process of another machine that has ended', false);
  return addBackendFlags(program)
    .option('--workers <n>', 'threads that read chips (default: by the number of cores)', integer(0))
    .option(
      '--checkpoint-steps <n>',
      'write a checkpoint after so many steps, and after each epoch',
      integer(1),
      100,
    )
    .showHelpAfterError('(--help lists every option)');
}
