import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { namedParameters } from 'diffusion-ssl/models';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { addLabelFlags, CATALOG, type LabelFlags } from '../config/addLabelFlags.js';
import { choice, integer, names, number, numbers, positive } from '../config/flagValues.js';
import { openVit } from '../model/openVit.js';
import { scalingOf } from '../model/scalingOf.js';
import { runStudy } from '../study/runStudy.js';
import { STUDY_METHODS } from '../study/StudyMethod.js';
import type { StudyLoss } from '../study/studyLoss.js';
import { studyPicture } from '../study/studyPicture.js';
import { budgetName, budgetsInOrder } from '../transfer/Budget.js';
import { readTask } from '../transfer/readTask.js';
import { writeReport } from '../transfer/report/writeReport.js';
import { openTrialLog, type Trial, type TrialLog } from '../transfer/trialLog.js';
import { withBackend } from './withBackend.js';

interface Options extends BackendOptions, LabelFlags {
  out: string;
  methods: string[];
  fractions: number[];
  seeds: number;
  steps: number;
  batch: number;
  width: number;
  lr: number;
  backboneRate: number;
  loss: StudyLoss;
  shown: number;
}

/** Rows whose predictions the picture shows. */
const PICTURED = ['maps-frozen', 'maps-and-bands-frozen', 'bands'];

/** `diffusion-ssl study MODEL …`: what the maps and tokens of transformers are worth for classes of pixels. */
export async function study(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const options = program.opts<Options>();
  await withBackend(options, async (signal) => {
    await prepareFolder(options.out);
    const log = await openTrialLog(path.join(options.out, 'trials.jsonl'));
    const [first, ...others] = program.args;
    const trials = await ofModel(first, options, { log, signal, isFirst: true });
    const further: { model: string; trials: Trial[] }[] = [];
    for (const model of others)
      further.push({ model, trials: await ofModel(model, options, { log, signal }) });
    const methods = STUDY_METHODS.map(({ name, start }) => ({
      ...{ name, pretrained: start === 'frozen' || start === 'unfrozen' },
    }));
    const text = await writeReport(options.out, 'segmentation', { trials, others: further, methods });
    console.log(`\n${text}`);
    console.log(`segmentation.md, segmentation.csv, the plots and trials.jsonl are in ${options.out}`);
  });
}

async function ofModel(
  place: string,
  options: Options,
  { log, signal, isFirst = false }: { log: TrialLog; signal: AbortSignal; isFirst?: boolean },
): Promise<Trial[]> {
  const model = await openVit(place);
  try {
    const { out, catalog, data = path.dirname(catalog), classes, steps, batch, loss, seeds } = options;
    const source = { ...options, data, kind: 'segmentation' as const, groupColumn: options.group };
    const task = await readTask({ ...source, bands: model.bands, normalization: scalingOf(model) }, signal);
    const divisor = Math.max(8, model.patch);
    if (task.shape[0] % divisor !== 0 || task.shape[1] % divisor !== 0) {
      const sides = `${task.shape[0]} × ${task.shape[1]}`;
      throw new ConfigError(
        `${catalog}: chips are ${sides}; sides must be multiples of 8 and of the patches' ${model.patch}.`,
      );
    }
    const budgets = budgetsInOrder(
      options.fractions.map((amount) => ({ kind: 'fraction' as const, amount })),
    );
    const shown = isFirst ? spread(task.sets.test.count, options.shown) : [];
    const said = new Map<string, Int32Array[]>();
    const settings = {
      ...{ classes: task.classes.length, width: options.width, rate: options.lr },
      backboneRate: options.backboneRate,
    };
    console.log(
      `${place}: ${task.sets.train.count} training, ${task.sets.validate.count} validation and ` +
        `${task.sets.test.count} test chips, ${classes?.join(', ') ?? `${task.classes.length} classes`}`,
    );
    const trials = await runStudy(
      { task, model, settings, steps, batch, loss, signal },
      {
        methods: STUDY_METHODS.filter(({ name }) => options.methods.includes(name)),
        ...{ budgets, seeds, shown },
        fingerprint: await weightsFingerprint(namedParameters(model.model)),
        onTrial: async ({ budget, seed, method, validation, test, seconds }, pictures) => {
          const scores = `validation ${validation.toFixed(3)}, test ${test.toFixed(3)}`;
          console.log(`${budget}, seed ${seed}, ${method}: ${scores}; ${seconds} s`);
          if (seed !== 0 || budget !== budgetName(budgets.at(-1)!) || !PICTURED.includes(method)) return;
          said.set(method, pictures);
          if (shown.length === 0) return;
          const title = `What ${path.basename(place)} gives, from ${budget} of the labels`;
          const picture = await studyPicture(task, model, { shown, said, title });
          await writeFileAtomic(path.join(out, 'chips.png'), picture);
        },
      },
      log,
    );
    return trials;
  } finally {
    model.model.dispose();
  }
}

/** So many numbers from 0 to below `count`, far from one another. */
function spread(count: number, most: number): number[] {
  const chosen = Math.min(count, most);
  return Array.from({ length: chosen }, (_, i) => Math.floor(((i + 0.5) * count) / chosen));
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl study')
    .description(
      'Scores what vision transformers give for classes of pixels, as a study of radar images does: their attention ' +
        'maps at full size into a U-Net, with the bands and without, their tokens into a decoder, and a U-Net of the ' +
        'bands alone; the transformer from random weights, frozen, or trained on. A stopped study goes on where it ' +
        'stood when it is started again.',
    )
    .argument(
      '<models...>',
      'folders of runs of dino or of models of vit; the second one and others beside the first',
    )
    .requiredOption('--catalog <file>', CATALOG);
  addLabelFlags(program)
    .option('--out <folder>', 'where trials, tables, plots and a picture are written', 'study')
    .optionsGroup('Trials')
    .option(
      '--methods <names>',
      `which of ${STUDY_METHODS.map(({ name }) => name).join(', ')}`,
      methodNames,
      STUDY_METHODS.map(({ name }) => name),
    )
    .option('--fractions <shares>', 'shares of the training chips that are labelled', shares, [0.01, 0.1, 1])
    .option('--seeds <n>', 'how often labels and initial weights are drawn', integer(1), 3)
    .option('--steps <n>', 'steps of a training', integer(1), 200)
    .option('--batch <n>', 'chips a step', integer(1), 8)
    .option(
      '--width <n>',
      'channels of the U-Net at full size; the decoder begins with four times as many',
      integer(1),
      64,
    )
    .option('--lr <rate>', 'learning rate, which falls to 0 by a cosine', positive, 1e-3)
    .option(
      '--backbone-rate <factor>',
      "the pretrained transformer's over it, where it is not frozen",
      number,
      0.1,
    )
    .addOption(
      choice(
        '--loss <name>',
        'binary cross-entropy over one-hot classes, or cross-entropy',
        ['bce', 'ce'],
        'bce',
      ),
    )
    .option('--shown <n>', 'test chips in the picture', integer(0), 4)
    .optionsGroup('Backend');
  return addBackendFlags(program).showHelpAfterError('(--help lists every option)');
}

function methodNames(text: string): string[] {
  const known = STUDY_METHODS.map(({ name }) => name);
  const given = names(text);
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return given;
  throw new InvalidArgumentError(`'${unknown}' is none of ${known.join(', ')}.`);
}

function shares(text: string): number[] {
  const values = numbers(text);
  if (values.every((value) => value > 0 && value <= 1)) return values;
  throw new InvalidArgumentError('It must be numbers above 0 and at most 1.');
}
