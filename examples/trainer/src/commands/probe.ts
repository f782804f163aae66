import path from 'node:path';
import { Command } from 'commander';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { layersDenoiser, namedParameters } from 'diffusion-ssl/models';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { addLabelFlags, CATALOG, type LabelFlags } from '../config/addLabelFlags.js';
import { choice, integer, integers } from '../config/flagValues.js';
import { layerSets } from '../config/listFlags.js';
import { modelPlace } from '../heads/HeadFile.js';
import { modelClasses } from '../heads/ModelClass.js';
import { checkReading } from '../model/checkReading.js';
import { defaultLayers } from '../model/defaultLayers.js';
import { type OpenModel, openModel } from '../model/openModel.js';
import { allLabels } from '../probing/allLabels.js';
import { readAll } from '../probing/readAll.js';
import { PROBE_SETTINGS } from '../probing/settings.js';
import { sourceOf } from '../probing/sourceOf.js';
import { writeProbe } from '../probing/writeProbe.js';
import { NetworkMaps } from '../transfer/features/NetworkMaps.js';
import { networkSource, type Reading } from '../transfer/features/networkSource.js';
import type { HeadKind } from '../transfer/fitHead.js';
import { type FittedProbe, fitProbe } from '../transfer/probeTrial.js';
import { readTask } from '../transfer/readTask.js';
import { SCORE_NAMES } from '../transfer/score.js';
import { TASK_KINDS, type TaskKind } from '../transfer/Task.js';
import { withBackend } from './withBackend.js';

interface Options extends BackendOptions, LabelFlags {
  out: string;
  task: TaskKind;
  head: HeadKind;
  timesteps: number[];
  layers?: string[][];
  noise: 'shared' | 'none';
  maxRows: number;
  seed: number;
}

/** `diffusion-ssl probe MODEL`: fits a head to the features of labelled chips, chosen on the validation chips. */
export async function probe(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const options = program.opts<Options>();
  const [place] = program.args;
  await withBackend(options, async (signal) => {
    const model = await openModel(place);
    const { out, inputBands } = options;
    const sets = layerSetsOf(model, options);
    const task = await readTask(sourceOf(options, options.task, model), signal);
    const classes = modelClasses(task.classes, options.colours);
    const { train, validate, test } = task.sets;
    console.log(
      `${train.count} training, ${validate.count} validation and ${test.count} test chips with labels of ` +
        `${classes.length} classes: ${task.classes.join(', ')}`,
    );
    await prepareFolder(out);
    const maps = await NetworkMaps.open(model.model, task, {
      layers: [...new Set(sets.flat())],
      alphaBars: model.alphaBars,
      folder: path.join(out, 'features'),
    });
    try {
      const { best, reading } = await fit(maps, sets, { ...options, signal });
      const fingerprint = await weightsFingerprint(namedParameters(model.model));
      const network = { model: modelPlace(out, place), fingerprint, inputBands };
      await writeProbe(out, { task, best, reading, classes, model, network }, signal);
      const pictures = task.kind === 'segmentation' ? ', predictions.png' : '';
      console.log(`chosen: ${best.choice}; head.json, metrics.json, tried.csv${pictures} are in ${out}`);
    } finally {
      maps.dispose();
    }
  });
}

/** The sets of layers that are tried: those given, or the last blocks of the decoder, each and all. */
function layerSetsOf(model: OpenModel, { layers, timesteps }: Options): string[][] {
  const denoiser = layersDenoiser(model.model);
  const known = defaultLayers(model, denoiser);
  const sets = layers ?? [...known.map((layer) => [layer]), known];
  checkReading(model, denoiser, { timesteps, layers: sets.flat() });
  return sets;
}

/** Tries all readings and strengths, and says what each is worth on the validation labels. */
async function fit(
  maps: NetworkMaps,
  sets: readonly string[][],
  { out, timesteps, noise, head, seed, maxRows, signal }: Options & { signal: AbortSignal },
): Promise<{ best: FittedProbe; reading: Reading }> {
  const { task } = maps;
  const looks = timesteps.map((timestep) => ({ timestep, noise }));
  await readAll(maps, looks, signal);
  const readings: Reading[] = looks.flatMap((look) => sets.map((layers) => ({ ...look, layers })));
  const sources = readings.map((reading) => networkSource(maps, reading, signal));
  const score = SCORE_NAMES[task.kind];
  const lines = [`choice,${score}`];
  const best = await fitProbe({ task, maxRows, signal }, allLabels(task), {
    ...{ sources, head, seed, settings: PROBE_SETTINGS[head] },
    onFit: (choice, validation) => {
      lines.push(`"${choice}",${validation}`);
      console.log(`${choice}: ${score} ${validation.toFixed(3)}`);
    },
  });
  await writeFileAtomic(path.join(out, 'tried.csv'), `${lines.join('\n')}\n`);
  return { best, reading: readings[sources.indexOf(best.source)] };
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl probe')
    .description(
      'Fits a head to the features of labelled chips: of the timesteps, layers and strengths that are tried, those ' +
        'that are the best on the validation chips are kept. Features are computed once and kept in the folder.',
    )
    .argument('<model>', 'folder of a run or of a model, or http address of one')
    .requiredOption('--catalog <file>', CATALOG)
    .option('--out <folder>', 'where the head, its scores and pictures are written', 'probe')
    .addOption(choice('--task <kind>', 'what is asked of a chip', TASK_KINDS, 'segmentation'))
    .addOption(choice('--head <kind>', 'what is fitted', ['linear', 'knn', 'mlp', 'forest'], 'linear'))
    .optionsGroup('Labels');
  addLabelFlags(program)
    .optionsGroup('Features')
    .option('--timesteps <list>', 'timesteps that are tried', integers(0), [0, 50, 200])
    .option(
      '--layers <sets>',
      'layers stacked to a vector; several sets separated by ; are tried (default: the last blocks of the decoder, ' +
        'each and all)',
      layerSets,
    )
    .addOption(choice('--noise <kind>', 'what chips get of a timestep', ['shared', 'none'], 'none'))
    .option('--max-rows <n>', 'most pixels that a head is fitted to', integer(1), 20_000)
    .option('--seed <n>', 'decides which pixels are taken, and what a head draws', integer(0), 0)
    .optionsGroup('Backend');
  return addBackendFlags(program).showHelpAfterError('(--help lists every option)');
}
