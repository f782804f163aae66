import type { StartedBackend } from 'diffusion-ssl/backends/node';
import { ConfigError } from 'diffusion-ssl/errors';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { namedParameters } from 'diffusion-ssl/models';
import { ExponentialMovingAverage, restoreCheckpoint } from 'diffusion-ssl/training';
import { warnOfBuild } from '../checkpoint/warnOfBuild.js';
import { modelClasses } from '../heads/ModelClass.js';
import { openModel } from '../model/openModel.js';
import { sourceOf } from '../probing/sourceOf.js';
import { readTask } from '../transfer/readTask.js';
import type { Task } from '../transfer/Task.js';
import { headParameters } from './headParameters.js';
import { makeTuning } from './makeTuning.js';
import type { TunePoint } from './readTunePoint.js';
import type { TuneConfig } from './TuneConfig.js';
import type { TuneRun } from './TuneRun.js';
import type { TuneState } from './TuneState.js';
import { tuningLoss } from './tuningLoss.js';
import { twoDateScaling } from './twoDateScaling.js';

/** What a run of fine-tuning is opened with. */
export interface TuneStart {
  folder: string;
  config: TuneConfig;
  /** Where to go on from. */
  resumed?: TunePoint;
  backend: Pick<StartedBackend, 'build'>;
  signal: AbortSignal;
}

/**
 * Opens network, chips and labels, and makes a run of them, from its beginning or from a checkpoint.
 *
 * @throws If one cannot be read, or on resuming another is found than before.
 */
export async function openTuneRun({ folder, config, resumed, backend, signal }: TuneStart): Promise<TuneRun> {
  const model = await openModel(config.model);
  const network = await weightsFingerprint(namedParameters(model.model));
  const task = await readTuneTask(config, model, signal);
  const inputs = { chips: task.fingerprint, network };
  const { build } = backend;
  const tuning = makeTuning(model, task.classes.length, config);
  // What stays as it is is its own average, to the last bit.
  const averaged = config.frozen ? headParameters(tuning, model) : tuning.parameters;
  const ema = config.ema > 0 ? new ExponentialMovingAverage(averaged, config.ema) : undefined;
  let state: TuneState = { config, inputs, build, step: 0, losses: { sum: 0, count: 0 }, checks: [] };
  if (resumed) {
    const { inputs: before, build: earlier } = resumed.state;
    for (const [what, names] of Object.entries({ chips: 'chips or labels', network: 'pretrained network' })) {
      if (before[what as keyof typeof before] === inputs[what as keyof typeof inputs]) continue;
      throw new ConfigError(
        `The ${names} are not those that ${folder} began with: a resumed run needs the same.`,
      );
    }
    warnOfBuild(earlier, build, (text) => console.warn(text));
    await restoreCheckpoint(resumed.tensors, {
      parameters: tuning.parameters,
      optimizer: tuning.optimizer,
      ema,
    });
    state = { ...resumed.state, config };
  }
  const classes = modelClasses(task.classes, config.colours);
  const loss = tuningLoss(task, config);
  return { folder, state, model, task, classes, tuning, loss, ema, unsaved: false, signal };
}

/** The labelled chips; of change with the bands of both dates, and two classes where there are no others. */
async function readTuneTask(
  config: TuneConfig,
  model: Awaited<ReturnType<typeof openModel>>,
  signal: AbortSignal,
): Promise<Task> {
  if (config.task !== 'change') return readTask(sourceOf(config, config.task, model), signal);
  const { imageColumns, inputBands, classes = ['unchanged', 'changed'] } = config;
  if (imageColumns.length !== 2) {
    throw new ConfigError(
      '--task change needs two --image-columns: the rasters of the first date, of the second.',
    );
  }
  if (inputBands)
    throw new ConfigError('--input-bands does not go with change: each date has all bands of the network.');
  const source = sourceOf({ ...config, classes }, 'segmentation', model);
  const normalization = source.normalization && twoDateScaling(source.normalization);
  return readTask({ ...source, bands: [...model.bands, ...model.bands], normalization }, signal);
}
