import { Command } from 'commander';
import { type DinoSettings, dinoPresets } from 'diffusion-ssl/ssl/dino';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { addSourceFlags } from '../config/addSourceFlags.js';
import { addWindowFlags } from '../config/addWindowFlags.js';
import { choice, integer, number, numberBelow, numbers, range, share } from '../config/flagValues.js';
import type { PretrainConfig } from '../config/PretrainConfig.js';
import { pickKeys } from '../config/pickKeys.js';
import { parsePretrainOptions } from '../config/pretrainOptions.js';
import type { DinoConfig } from './DinoConfig.js';

/** What is said of the run but is no part of what it computes. */
export interface DinoFlags extends BackendOptions {
  out: string;
  resume: boolean;
  acceptChanges: boolean;
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
  'nodata',
  'onBadChip',
  'normalization',
  'statistics',
  'batch',
  'epochs',
  'seed',
] as const satisfies (keyof PretrainConfig)[];

const OF_RUN = [
  'out',
  'resume',
  'acceptChanges',
  'takeOver',
  'workers',
  'checkpointSteps',
  'backend',
  'threads',
  'allowSoftware',
] as const satisfies (keyof DinoFlags)[];

/** What differs from a preset on small chips, such as the sample chips: sizes, and a run of minutes. */
const SMALL = {
  tokenSize: 8,
  embedDim: 96,
  depth: 4,
  numHeads: 3,
  outDim: 1024,
  hiddenDim: 256,
  bottleneckDim: 64,
  globalSize: 48,
  localSize: 24,
  localCount: 4,
  lr: 4e-3,
  warmupEpochs: 3,
  teacherMomentum: 0.99,
  dropPath: 0,
  weightDecayEnd: 0.1,
};

/**
 * Reads the command line of `diffusion-ssl dino`. Ends the process with a message on an error or on `--help`.
 *
 * @returns What the run computes, what of it was given, and what is around it.
 */
export function parseDinoOptions(args: readonly string[]): {
  config: DinoConfig;
  given: Partial<DinoConfig & PretrainConfig>;
  run: DinoFlags;
} {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const all = program.opts<DinoConfig & PretrainConfig & DinoFlags>();
  const isGiven = (key: string) => program.getOptionValueSource(key) === 'cli';
  const fill = (values: object) => {
    for (const [key, value] of Object.entries(values))
      if (!isGiven(key)) Object.assign(all, { [key]: value });
  };
  fill(flagsOf(dinoPresets[all.preset ?? 'dino']));
  if (all.preset === undefined) fill(SMALL);
  if ((all.data === undefined) !== (all.catalog === undefined))
    program.error('error: --data and --catalog go together');
  if (all.acceptChanges && !all.resume) program.error('error: --accept-changes goes with --resume');
  if (all.labels !== undefined && all.windows !== undefined)
    program.error('error: --labels are of whole chips and do not go with --windows');
  if (all.embedDim % all.numHeads !== 0)
    program.error(
      `error: --embed-dim is ${all.embedDim}; it must be a multiple of --num-heads, ${all.numHeads}`,
    );
  for (const key of ['globalSize', 'localSize'] as const) {
    if (all[key] % all.tokenSize === 0) continue;
    const flag = key === 'globalSize' ? '--global-size' : '--local-size';
    program.error(`error: ${flag} is ${all[key]}; it must be a multiple of --token-size, ${all.tokenSize}`);
  }
  const chips = {
    ...parsePretrainOptions([]).config,
    ...pickKeys(all, OF_CHIPS),
    augmentation: 'none',
    model: 'uVit',
    tokenSize: all.tokenSize,
  } as PretrainConfig;
  const own = Object.entries(all).filter(([key]) => ![...OF_CHIPS, ...OF_RUN].includes(key as never));
  return {
    config: { ...(Object.fromEntries(own) as Omit<DinoConfig, 'chips'>), chips },
    given: Object.fromEntries(
      Object.entries(all).filter(([key]) => isGiven(key) && !OF_RUN.includes(key as never)),
    ),
    run: pickKeys(all, OF_RUN) as DinoFlags,
  };
}

/** A preset as the flags that stand for it. */
function flagsOf({ crops, teacherTemperature, learningRate, weightDecay, ...rest }: DinoSettings) {
  const { global, local, flip: mirror } = crops;
  return {
    globalSize: global?.size,
    globalScale: global?.scale,
    localCount: local?.count,
    localSize: local?.size,
    localScale: local?.scale,
    mirror,
    studentTemp: rest.studentTemperature,
    warmupTeacherTemp: teacherTemperature.warmup,
    teacherTemp: teacherTemperature.final,
    warmupTeacherTempEpochs: teacherTemperature.warmupEpochs,
    centreMomentum: rest.centreMomentum,
    teacherMomentum: rest.teacherMomentum,
    lr: learningRate.base,
    minLr: learningRate.final,
    warmupEpochs: learningRate.warmupEpochs,
    weightDecay: weightDecay.base,
    weightDecayEnd: weightDecay.final,
    clip: rest.clipNorm,
    freezeLastLayer: rest.freezeLastLayer,
    dropPath: rest.dropPath,
  };
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl dino').description(
    'Trains a vision transformer without labels by self-distillation (DINO): the teacher is kept, as a model folder. ' +
      'Without --data it builds sample chips with land cover and trains on these. A stopped run goes on bit for bit: ' +
      '--out RUN --resume. In brackets: what --preset dino has; what there is without --preset, for small chips.',
  );
  program.addOption(
    choice('--preset <name>', "DINO's own settings, or those of a study of radar images", ['dino', 'sar']),
  );
  addWindowFlags(addSourceFlags(program))
    .option('--nodata <values>', "values masked besides the files' own", numbers, [])
    .addOption(
      choice(
        '--normalization <strategy>',
        'scaling of a chip',
        ['min_max', 'z_value', 'whiten', 'none'],
        'z_value',
      ),
    )
    .addOption(choice('--statistics <kind>', 'see pretrain', ['lab', 'lpb', 'gab', 'gpb'], 'gpb'))
    .option('--labels <column>', 'catalog column with a class a chip, for a score by nearest neighbours')
    .option('--neighbours <k>', 'how many of them', integer(1), 20)
    .optionsGroup('Crops')
    .option('--global-size <pixels>', 'side of the two large crops [224; 48]', integer(1))
    .option('--global-scale <low,high>', 'share of the chip that they show [0.4,1]', range(0))
    .option('--local-count <n>', 'small crops [8; 4]', integer(0))
    .option('--local-size <pixels>', 'their side [96; 24]', integer(1))
    .option('--local-scale <low,high>', 'share of the chip that they show [0.05,0.4]', range(0))
    .option('--mirror <share>', 'of crops that are mirrored, left to right [0.5]', share)
    .optionsGroup('Network')
    .option('--token-size <n>', 'side of the patches that are tokens, in pixels [16; 8]', integer(1), 16)
    .option('--embed-dim <n>', 'channels of a token [192; 96]', integer(1), 192)
    .option('--depth <n>', 'blocks [12; 4]', integer(1), 12)
    .option('--num-heads <n>', 'heads of the attention [3]', integer(1), 3)
    .option(
      '--drop-path <x>',
      'share of chips that go around a part of the last block [0.1; 0]',
      numberBelow(1),
    )
    .option('--out-dim <n>', 'values of the head [65536; 1024]', integer(2), 65_536)
    .option('--hidden-dim <n>', 'width of the head [2048; 256]', integer(1), 2048)
    .option('--bottleneck-dim <n>', 'width before its last layer [256; 64]', integer(1), 256)
    .option('--free-last-norm', "let the rows of the head's last layer have any length", false)
    .optionsGroup('Training')
    .option('--epochs <n>', 'passes over the training chips', integer(1), 24)
    .option('--batch <n>', 'chips a step', integer(2), 32)
    .option('--lr <rate>', 'learning rate for 256 chips a step [0.0005; 0.004]', number)
    .option('--min-lr <rate>', 'where its cosine ends, unless the rate is lower [0.000001]', number)
    .option('--warmup-epochs <n>', 'epochs in which it rises [10; 3]', integer(0))
    .option('--weight-decay <w>', 'at first [0.04]', number)
    .option('--weight-decay-end <w>', 'in the end [0.4; 0.1]', number)
    .option('--clip <norm>', 'largest norm of the gradient of each tensor; 0: any [3]', number)
    .option(
      '--freeze-last-layer <epochs>',
      "so many epochs leave the head's last layer as it is [1]",
      integer(0),
    )
    .option('--student-temp <t>', "of the student's outputs [0.1]", number)
    .option('--warmup-teacher-temp <t>', "of the teacher's, at first [0.04]", number)
    .option('--teacher-temp <t>', 'in the end [0.04]', number)
    .option('--warmup-teacher-temp-epochs <n>', 'epochs between [0]', integer(0))
    .option('--centre-momentum <m>', "of the centre of the teacher's outputs [0.9]", share)
    .option('--teacher-momentum <m>', "of the teacher's weights, at first; in the end 1 [0.996; 0.99]", share)
    .option(
      '--patience <steps>',
      'steps in a row that look like collapse and end the run; 0: never',
      integer(0),
      100,
    )
    .option('--seed <n>', 'decides weights, order and crops', integer(0), 0)
    .optionsGroup('The run')
    .option('--out <folder>', 'where model, checkpoint, logs and pictures are written', 'runs/dino')
    .option('--resume', 'go on with the run in --out, with the options that it has', false)
    .option(
      '--accept-changes',
      'with --resume: go on with a catalog, chips, labels or statistics that changed',
      false,
    )
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
