import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { initBackend } from 'diffusion-ssl/backends/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { addLabelFlags, CATALOG } from '../config/addLabelFlags.js';
import { choice, integer, names, number, numberBelow, numbers, share } from '../config/flagValues.js';
import { TASK_KINDS } from '../transfer/Task.js';
import { checkLabels } from '../tuning/checkLabels.js';
import { finishTuning } from '../tuning/finishTuning.js';
import { openTuneRun } from '../tuning/openTuneRun.js';
import { readTunePoint } from '../tuning/readTunePoint.js';
import { saveTuneCheckpoint } from '../tuning/saveTuneCheckpoint.js';
import type { TuneConfig } from '../tuning/TuneConfig.js';
import type { TuneRun } from '../tuning/TuneRun.js';
import { bestCheck, isOver } from '../tuning/TuneState.js';
import { trainTuning } from '../tuning/trainTuning.js';
import { inRunFolder } from './inRunFolder.js';
import { trainTold } from './trainTold.js';
import { untilStopped } from './untilStopped.js';

/** What is said of the run but is no part of what it computes. */
interface RunFlags extends BackendOptions {
  out: string;
  resume: boolean;
  takeOver: boolean;
}

const RUN_FLAGS = ['out', 'resume', 'takeOver', 'backend', 'threads', 'allowSoftware'];

/** `diffusion-ssl finetune MODEL`: trains a pretrained network and a head on labelled chips. */
export async function finetune(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const { config, given, run } = optionsOf(program);
  if (!run.resume && (config.model === undefined || config.catalog === undefined)) {
    program.error(
      'error: give the folder of a pretrained network, and --catalog; or --out of a run, and --resume.',
    );
  }
  await untilStopped((signal) =>
    inRunFolder(
      run,
      () => readTunePoint(run.out, given),
      async (resumed) => {
        const full = resumed ? { ...resumed.state.config, ...given } : config;
        const backend = await initBackend({ ...run, device: run.backend });
        try {
          const tuneRun = await openTuneRun({ folder: run.out, config: full, resumed, backend, signal });
          await tune(tuneRun, resumed !== undefined);
        } finally {
          await backend.dispose();
        }
      },
    ),
  );
}

/** Trains, and leaves the model of the best step. */
async function tune(run: TuneRun, isResumed: boolean): Promise<void> {
  const { folder, state, task, tuning } = run;
  const { config } = state;
  const { train, validate, test } = task.sets;
  checkLabels(task, config.catalog);
  const trained = tuning.trainedAt(config.steps).reduce((sum, { variable }) => sum + variable.size, 0);
  console.log(
    `${train.count} training, ${validate.count} validation and ${test.count} test chips with labels of ` +
      `${task.classes.length} classes; ${trained.toLocaleString('en')} parameters are trained`,
  );
  await trainTold(run, {
    ...{ command: 'finetune', totalSteps: config.steps, isResumed },
    train: (log, bar) => trainTuning(run, log, bar),
    save: () => saveTuneCheckpoint(run),
  });
  const best = bestCheck(state)!;
  if (state.step < config.steps && isOver(state)) console.log(`no better score for ${config.patience} looks`);
  console.log(`best at step ${best.step}:`);
  await finishTuning(run);
  console.log(
    `the model is in ${path.join(folder, 'model')}; metrics.json, log.csv and pictures in ${folder}`,
  );
}

/** The options as what the run computes, what of it was given, and what is around it. */
function optionsOf(program: Command): { config: TuneConfig; given: Partial<TuneConfig>; run: RunFlags } {
  const all = program.opts();
  const ofRun = ([key]: [string, unknown]) => RUN_FLAGS.includes(key);
  const entries = Object.entries(all).filter((entry) => !ofRun(entry));
  const model = program.args.length > 0 ? { model: program.args[0] } : {};
  const given = entries.filter(([key]) => program.getOptionValueSource(key) === 'cli');
  return {
    config: { ...Object.fromEntries(entries), ...model } as unknown as TuneConfig,
    given: { ...Object.fromEntries(given), ...model } as Partial<TuneConfig>,
    run: Object.fromEntries(Object.entries(all).filter(ofRun)) as unknown as RunFlags,
  };
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl finetune')
    .description(
      'Trains a pretrained network and a head on labelled chips; the state with the best score on the validation ' +
        'chips is kept, as a folder that predict takes. A stopped run goes on bit for bit: --out RUN --resume.',
    )
    .argument('[model]', 'folder of a run or of a model, or http address of one; not with --resume')
    .option('--catalog <file>', CATALOG)
    .option('--out <folder>', 'where model, checkpoint, logs, scores and pictures are written', 'finetuned')
    .option('--resume', 'go on with the run in --out, with the options that it has', false)
    .option('--take-over', 'take the folder over from a process of another machine that has ended', false)
    .addOption(
      choice(
        '--task <kind>',
        'what is asked of a chip, or of two dates',
        [...TASK_KINDS, 'change'],
        'segmentation',
      ),
    )
    .optionsGroup('Labels');
  addLabelFlags(program)
    .optionsGroup('Network and head')
    .addOption(choice('--head <kind>', 'of segmentation', ['linear', 'conv', 'fpn'], 'linear'))
    .option('--width <n>', 'channels within the heads conv, fpn and change', integer(1), 64)
    .option(
      '--layers <names>',
      'layers that the head reads (default: the last; of fpn and change the last blocks)',
      names,
    )
    .option('--timestep <t>', 'the timestep that the network is told with clean chips', integer(0), 0)
    .option('--frozen', 'train the head alone', false)
    .addOption(choice('--batch-norm <by>', 'what the network normalises by', ['running', 'batch'], 'batch'))
    .option('--rate <part>', "the network's learning rate as a part of the head's", number, 0.3)
    .option('--layer-decay <factor>', 'the rate of each block as a part of that of the next', share, 1)
    .option('--head-first <steps>', 'so many steps train the head alone', integer(0), 0)
    .optionsGroup('Training')
    .addOption(
      choice(
        '--loss <name>',
        'cross-entropy, Dice, focal, or the first two',
        ['ce', 'dice', 'focal', 'ce+dice'],
        'ce',
      ),
    )
    .option('--class-weights <list>', 'one number a class, or balanced: by how rare it is', classWeights)
    .option('--label-smoothing <s>', 'of the cross-entropy', numberBelow(1), 0)
    .option('--steps <n>', 'steps of the optimizer', integer(1), 400)
    .option('--batch <n>', 'chips of a step', integer(2), 8)
    .option('--lr <rate>', "the head's learning rate", number, 1e-3)
    .addOption(choice('--schedule <kind>', 'how the rate goes on', ['cosine', 'constant'], 'cosine'))
    .option('--warmup <steps>', 'so many steps lead up to it', integer(0), 0)
    .option('--weight-decay <w>', 'of AdamW', number, 0.01)
    .option('--clip <norm>', 'largest norm of the gradients; 0: none', number, 1)
    .option(
      '--ema <decay>',
      'of the moving average of the weights that is kept; 0: none',
      numberBelow(1),
      0.99,
    )
    .option('--check-every <steps>', 'steps between two looks at the validation chips', integer(1), 50)
    .option('--patience <looks>', 'looks without a better score after which it ends; 0: never', integer(0), 0)
    .option(
      '--seed <n>',
      "decides the head's first weights, order and mirroring of chips, dropout",
      integer(0),
      0,
    )
    .optionsGroup('Backend');
  return addBackendFlags(program).showHelpAfterError('(--help lists every option)');
}

function classWeights(text: string): number[] | 'balanced' {
  if (text.trim() === 'balanced') return 'balanced';
  const values = numbers(text);
  if (values.every((value) => value >= 0)) return values;
  throw new InvalidArgumentError('It must be numbers of at least 0, one a class, or the word balanced.');
}
