import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { prepareFolder } from 'diffusion-ssl/training/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { choice, integer, names, numbers } from '../config/flagValues.js';
import { classNames, layerSets } from '../config/listFlags.js';
import { type Budget, budgetName, budgetsInOrder } from '../transfer/Budget.js';
import { chooseCheckpoint } from '../transfer/chooseCheckpoint.js';
import type { Reading } from '../transfer/features/networkSource.js';
import { METHODS } from '../transfer/methods/methods.js';
import { minutesOf } from '../transfer/minutesOf.js';
import type { BenchOptions } from '../transfer/openBench.js';
import { writeReport } from '../transfer/report/writeReport.js';
import { runModel } from '../transfer/runModel.js';
import { isPerPixel, TASK_KINDS, type TaskKind } from '../transfer/Task.js';
import { openTrialLog, type Trial } from '../transfer/trialLog.js';
import { withBackend } from './withBackend.js';

interface Options extends BackendOptions {
  data: string;
  catalog: string;
  out: string;
  task: TaskKind;
  classes: string[];
  imageColumns: string[];
  labelColumn: string;
  group?: string;
  ignoreIndex: number;
  chips: number[];
  points: number[];
  fractions: number[];
  seeds: number;
  methods: string[];
  also: string[];
  checkpoints?: boolean;
  features?: string;
  timesteps: number[];
  noise: 'shared' | 'none';
  layers: string[][];
  maxRows: number;
  scoreEvery: number;
  steps: number;
  sceneLayers: string[];
}

/** What is read of `unetAttD`, from fine to coarse. */
const LAYERS = 'conv5 conv4 conv3; conv4 conv3 conv2; conv3 conv2 conv1';

/** `diffusion-ssl evaluate-transfer MODEL`: scores methods with and without pretraining by few labels. */
export async function evaluateTransfer(args: readonly string[]): Promise<void> {
  const program = commandOf();
  addBackendFlags(program).parse(args, { from: 'user' });
  const options = program.opts<Options>();
  await withBackend(options, async (signal) => {
    const { out, task: kind, seeds } = options;
    const budgets = budgetsOf(options);
    await prepareFolder(out);
    const benchOptions: BenchOptions = {
      ...options,
      model: program.args[0],
      source: { ...options, kind, labels: options.labelColumn, groupColumn: options.group },
      readings: readingsOf(options),
      cache: options.features ?? path.join(out, 'features'),
      task: undefined,
      signal,
    };
    if (options.checkpoints) {
      const chosen = await chooseCheckpoint(benchOptions, { budget: budgets.at(-1)!, out });
      console.log(chosen.text);
      benchOptions.model = chosen.model;
    }
    const log = await openTrialLog(path.join(out, 'trials.jsonl'));
    const asked = METHODS.filter(({ name }) => options.methods.includes(name));
    const first = await runModel(benchOptions, log, { budgets, seeds, methods: asked });
    const others: { model: string; trials: Trial[] }[] = [];
    const plan = { budgets: middle(budgets), seeds, methods: asked.filter(({ pretrained }) => pretrained) };
    for (const model of options.also) {
      const trials = await runModel({ ...benchOptions, model }, log, plan);
      const isPlanned = ({ budget, method }: Trial) =>
        plan.budgets.some((one) => budgetName(one) === budget) &&
        plan.methods.some(({ name }) => name === method);
      others.push({ model, trials: trials.filter(isPlanned) });
    }
    const pretrainingMinutes = await minutesOf(program.args[0]);
    const text = await writeReport(out, kind, {
      trials: first,
      others,
      pretrainingMinutes,
      methods: METHODS,
    });
    console.log(`\n${text}`);
    console.log(`${kind}.md, ${kind}.csv, the plots and trials.jsonl are in ${out}`);
  });
}

function commandOf(): Command {
  return new Command('diffusion-ssl evaluate-transfer')
    .description(
      'Scores methods with and without pretraining on labelled chips, by budgets of labels and seeds. ' +
        'Everything is chosen on validation labels, half as many as the budget; the test chips are read once. ' +
        'A stopped run goes on where it stood when it is started again.',
    )
    .argument('<model>', 'folder of a run or of a model, or http address of one')
    .requiredOption('--data <folder>', 'root of the chips')
    .requiredOption('--catalog <file>', 'catalog CSV with a usage column: train, validate, test')
    .requiredOption(
      '--classes <names>',
      'names of the classes in order of their labels, separated by |',
      classNames,
    )
    .option('--out <folder>', 'where trials, tables and plots are written', 'transfer')
    .addOption(choice('--task <kind>', 'what is asked of a chip', [...TASK_KINDS, 'change'], 'segmentation'))
    .option(
      '--image-columns <names>',
      'catalog columns whose rasters are stacked along the bands; of change the columns of the two dates',
      names,
      ['image'],
    )
    .option(
      '--label-column <name>',
      'catalog column: rasters, a class, or classes separated by blanks',
      'label',
    )
    .option('--group <column>', 'catalog column of what must not cross splits, such as a region')
    .option('--ignore-index <n>', 'value of label rasters that is no label', integer(0), 255)
    .optionsGroup('Trials')
    .option('--chips <counts>', 'budgets of labelled chips', positiveIntegers, [])
    .option('--points <counts>', 'budgets of labelled pixels a class', positiveIntegers, [])
    .option('--fractions <shares>', 'budgets as shares of the training chips', shares, [])
    .option('--seeds <n>', 'how often labels, heads and initial weights are drawn', integer(1), 3)
    .option('--also <runs>', 'other pretrained networks, to be tried at the middle budget', names, [])
    .option('--checkpoints', 'score the checkpoints of the run by a linear probe, and take the best')
    .option(
      '--methods <names>',
      `which of ${METHODS.map(({ name }) => name).join(', ')}`,
      methodNames,
      METHODS.map(({ name }) => name),
    )
    .optionsGroup('Features')
    .option('--timesteps <list>', 'timesteps that features are tried at', numbers, [0, 50, 200])
    .addOption(choice('--noise <kind>', 'what chips get of a timestep', ['shared', 'none'], 'none'))
    .option(
      '--layers <sets>',
      'layers stacked to a vector; several sets separated by ;',
      layerSets,
      layerSets(LAYERS),
    )
    .option('--features <folder>', 'where features are kept (default: in the folder of --out)')
    .option('--max-rows <n>', 'most pixels that a head is fitted to', integer(1), 8000)
    .option('--score-every <n>', 'one of so many rows and columns of a test chip counts', integer(1), 2)
    .optionsGroup('Training of scratch and finetuned')
    .option(
      '--steps <n>',
      'steps of 8 chips with each of two learning rates; the best state is kept',
      integer(1),
      160,
    )
    .option('--scene-layers <names>', 'layers that a head for whole chips reads', names, ['add_time'])
    .showHelpAfterError('(--help lists every option)');
}

function budgetsOf({ chips, fractions, points, task }: Options): Budget[] {
  const budgets: Budget[] = [
    ...chips.map((amount) => ({ kind: 'chips' as const, amount })),
    ...fractions.map((amount) => ({ kind: 'fraction' as const, amount })),
    ...points.map((amount) => ({ kind: 'points' as const, amount })),
  ];
  if (budgets.length === 0)
    throw new ConfigError('Give budgets of labels: --chips, --fractions or --points.');
  if (points.length > 0 && !isPerPixel(task))
    throw new ConfigError(`--points are pixels: they go with --task segmentation or change, not ${task}.`);
  return budgetsInOrder(budgets);
}

/** Of each kind of budget the one in the middle. */
function middle(budgets: readonly Budget[]): Budget[] {
  return [...new Set(budgets.map(({ kind }) => kind))].map((wanted) => {
    const own = budgets.filter(({ kind }) => kind === wanted);
    return own[Math.floor((own.length - 1) / 2)];
  });
}

function readingsOf({ timesteps, noise, layers }: Options): Reading[] {
  return timesteps.flatMap((timestep) => layers.map((set) => ({ timestep, noise, layers: set })));
}

function methodNames(text: string): string[] {
  const given = names(text);
  const known = METHODS.map(({ name }) => name);
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${known.join(', ')}.`);
  return given;
}

function positiveIntegers(text: string): number[] {
  const values = numbers(text);
  if (values.every((value) => Number.isSafeInteger(value) && value > 0)) return values;
  throw new InvalidArgumentError('It must be integers of at least 1.');
}

function shares(text: string): number[] {
  const values = numbers(text);
  if (values.every((value) => value > 0 && value <= 1)) return values;
  throw new InvalidArgumentError('It must be numbers above 0 and at most 1.');
}
