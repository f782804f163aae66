import { initBackend, type StartedBackend } from 'diffusion-ssl/backends/node';
import { estimateMemory, type UnetAttDConfig } from 'diffusion-ssl/models';
import { prepareFolder } from 'diffusion-ssl/training/node';
import type { PretrainConfig, PretrainOptions } from '../config/pretrainOptions.js';
import { type ChipData, chipError, openChipData } from '../data/chipData.js';
import { displayOf } from '../pictures/display.js';
import { PREDICTED, shownChips, writeLossPlot, writePanel } from '../pictures/pictures.js';
import { claimFolder } from './claimFolder.js';
import { epochRecords } from './epochRecords.js';
import { finishRun } from './finishRun.js';
import { type InitialWeights, readInitialWeights } from './initialWeights.js';
import { reportMemory } from './memoryReport.js';
import { modelConfigOf } from './modelConfigOf.js';
import { type ResumePoint, readResumePoint } from './readResumePoint.js';
import { refuseChanges } from './refuseChanges.js';
import { resumeCommand } from './resumeCommand.js';
import { createRun, onEpoch, openLogs, type Run, saveCheckpoint, withAverage } from './run.js';
import { BEST, LATEST } from './runFolder.js';
import { changedInputs, type RunInputs, runInputs } from './runInputs.js';
import { saveModel } from './saveModel.js';
import { trainEpoch } from './trainEpoch.js';
import { untilAborted } from './untilAborted.js';
import { baselineLoss, validate } from './validate.js';

/** How a run ended. */
export type PretrainOutcome = 'finished' | 'interrupted';

/** What watches over a run. */
export interface PretrainHooks {
  /** Aborting it ends the run, with a checkpoint where a step has been made. */
  signal?: AbortSignal;
  /** Hears the number of each step that was made. */
  onStep?: (step: number) => void;
}

/** Pretrains `unetAttD` as the options say, or goes on with a run. */
export async function pretrain(
  options: PretrainOptions,
  hooks: PretrainHooks = {},
): Promise<PretrainOutcome> {
  const { folder, release } = await claimFolder(options);
  let backend: StartedBackend | undefined;
  let resumed: ResumePoint | undefined;
  try {
    resumed = options.run.resume ? await readResumePoint(folder, options) : undefined;
    // Before what takes long: a wrong file of weights is told at once.
    const { paramsInit } = options.config;
    const initial = resumed || paramsInit === undefined ? undefined : await readInitialWeights(paramsInit);
    const { backend: device, threads, allowSoftware } = options.run;
    backend = await initBackend({ device, threads, allowSoftware });
    return await pretrainOn(backend, { options, folder, resumed, initial, ...hooks });
  } finally {
    await resumed?.tensors.close();
    await backend?.dispose();
    await release();
  }
}

interface Start extends PretrainHooks {
  options: PretrainOptions;
  folder: string;
  resumed: ResumePoint | undefined;
  initial: InitialWeights | undefined;
}

async function pretrainOn(
  backend: StartedBackend,
  { options, folder, resumed, initial, signal, onStep }: Start,
): Promise<PretrainOutcome> {
  const config = resumed?.config ?? options.config;
  for (const { name, reason } of backend.passedOver) console.log(`passed over ${name}: ${reason}`);
  const adapter = backend.adapter ? ` on ${backend.adapter.description || backend.adapter.architecture}` : '';
  console.log(
    `backend ${backend.name}${adapter}, ${backend.threads} thread${backend.threads > 1 ? 's' : ''}`,
  );
  if (resumed && resumed.state.build !== backend.build) {
    console.warn(
      `The run was on '${resumed.state.build}', this is '${backend.build}': results differ in the last bits.`,
    );
  }
  let data: ChipData | undefined;
  let run: Run | undefined;
  try {
    data = await untilAborted(openChipData(config, options.run, folder, signal), signal);
    const [height, width, channels] = data.shape;
    const { train, validate } = data;
    const what = `${config.windows ? 'windows' : 'chips'} of ${height} × ${width} × ${channels}`;
    console.log(`${train.length} training and ${validate.length} validation ${what}`);
    if (config.maskBands > channels) {
      const has = `${channels} band${channels > 1 ? 's' : ''}`;
      throw new Error(`${options.nameOf('maskBands')} is ${config.maskBands}, but the chips have ${has}.`);
    }
    const modelConfig = modelConfigOf(config, channels);
    reportMemory(modelConfig, config, data.shape, { ...backend, nameOf: options.nameOf });
    await prepareFolder(folder, { neededBytes: folderBytes(modelConfig, config), soleWriter: true });
    const statistics = await data.statistics();
    const { bands: shownBands = channels < 3 ? [0] : [0, 1, 2] } = options.run;
    const inputs = await runInputs(config, data, statistics);
    if (resumed) compareInputs(resumed, inputs, data, options.run.acceptChanges);
    run = await createRun(options, {
      folder,
      config,
      data,
      chips: { shape: data.shape, statistics, shownBands },
      inputs,
      modelConfig,
      resumed,
      initial,
      backend,
      signal,
      onStep,
    });
    console.log(resumed ? `resuming ${folder} at step ${run.state.step}` : `writing ${folder}`);
    await trainToEnd(run);
    return 'finished';
  } catch (error) {
    if (!signal?.aborted) throw chipError(error, config);
    await stopRun(run ?? resumed, resumeCommand(folder, options.run));
    return 'interrupted';
  } finally {
    await data?.close();
  }
}

/** Compares what a resumed run depends on with what it was; the contents of chips are compared as they are read. */
function compareInputs(
  { file, state, config }: ResumePoint,
  now: RunInputs,
  { contents, skipped }: ChipData,
  accept: boolean,
): void {
  const { inputs, contents: before } = state;
  if (!inputs || !before) {
    const what = 'whether catalog, chips, statistics and first weights are still the same is not checked';
    console.warn(`${file} is from before hashes of its inputs were saved: ${what}.`);
    return;
  }
  const changed = changedInputs(inputs, now);
  refuseChanges('The run depends on what has changed since', changed, accept);
  // They tell where the chips are.
  if (changed.length === 0 && config.data === state.config.data) skipped.restore(state.skipped ?? []);
  contents.train.expect(before.train);
  contents.validate.expect(before.validate);
}

/** Saves what a run that is asked to stop has done, and says how to go on. */
async function stopRun(run: Run | ResumePoint | undefined, command: string): Promise<void> {
  if (run && 'unsaved' in run) {
    if (run.unsaved) await saveCheckpoint(run, LATEST);
    run.logs?.close();
  }
  console.log(
    run && run.state.step > 0
      ? `stopped at step ${run.state.step}; go on with: ${command}`
      : 'stopped before the first step: there is nothing to save',
  );
}

/**
 * The checkpoints (best, latest, the one being written and those kept), the model, of which a new one is written beside
 * the old, and a megabyte of logs and pictures.
 */
function folderBytes(model: UnetAttDConfig, config: PretrainConfig): number {
  const { emaDecay, epochs, checkpointInterval } = config;
  const kept = checkpointInterval > 0 ? Math.floor(epochs / checkpointInterval) : 0;
  const { weights, moments, ema } = estimateMemory(model, { batch: 1, size: [32, 32], ema: emaDecay > 0 });
  return (3 + kept) * (weights + moments + ema) + 2 * weights + 2 ** 20;
}

async function trainToEnd(run: Run): Promise<void> {
  const { config, state, folder, data, denoiser, alphaBars, loss, signal } = run;
  const started = performance.now() - 1000 * state.seconds;
  const { statistics, shownBands: bands } = state.chips;
  const pictures = { folder, config, alphaBars, bands, display: displayOf(config, statistics), signal };
  const { seed, predictionType } = config;
  const validation = { alphaBars, seed, predictionType, skipped: data.skipped, signal };
  const baseline = await baselineLoss(data.sample, data.validate, validation);
  data.contents.train.check();
  data.contents.validate.check();
  // Read now: a run that is asked to stop while it writes what an epoch leaves reads no more, and writes it all the
  // same.
  const chips = await shownChips(data.validate);
  console.log(`baseline: the best affine predictor reaches a mean squared error of ${baseline.toFixed(4)}`);

  while (state.epoch < config.epochs) {
    await trainEpoch(run, started);
    if (state.epochLoss.count === 0) throw new Error('No training chip has a valid pixel.');
    const trainLoss = state.epochLoss.sum / state.epochLoss.count;
    const validationLoss = await withAverage(run, () =>
      validate(denoiser, data.validate, { ...validation, loss }),
    );
    if (!Number.isFinite(validationLoss)) {
      throw new Error(
        `The validation loss of epoch ${state.epoch + 1} is ${validationLoss}; ` +
          '--resume goes on from the last checkpoint. ' +
          'Check the chips for extreme values, or lower --learning-rate.',
      );
    }
    if (run.scheduleUnit === 'epoch') run.schedule.step(validationLoss);
    const earlier = state.history.map((entry) => entry.validationLoss);
    const isBest = earlier.every((other) => validationLoss < other);
    const imagesPerSecond = state.epochImages / state.epochSeconds;
    const waitShare = state.epochWaitSeconds / state.epochSeconds;
    // As they were before this epoch.
    const logs = await openLogs(run);
    run.unsaved = true;
    const { step, learningRate, epochSeconds: seconds } = state;
    state.history.push({
      ...{ trainLoss, validationLoss, imagesPerSecond, waitShare },
      ...{ step, learningRate, seconds },
    });
    state.seconds = (performance.now() - started) / 1000;
    logs.epoch(epochRecords(state).at(-1)!);
    Object.assign(state, {
      epoch: state.epoch + 1,
      nextBatch: 0,
      epochLoss: { sum: 0, count: 0 },
      epochImages: 0,
      epochSeconds: 0,
      epochWaitSeconds: 0,
    });
    if (isBest) {
      const title = `Epoch ${state.history.length}, validation loss ${validationLoss.toFixed(4)}`;
      logs.picture('panel', await withAverage(run, () => writePanel(denoiser, chips, pictures, title)));
    }
    const { checkpointInterval } = config;
    if (checkpointInterval > 0 && state.epoch % checkpointInterval === 0) {
      await saveCheckpoint(run, `epoch-${state.epoch}.safetensors`);
    }
    await writeLossPlot(folder, {
      title: `Loss of the predicted ${PREDICTED[predictionType]}`,
      train: state.history.map((entry, i) => ({ at: i + 1, loss: entry.trainLoss })),
      validation: state.history.map((entry, i) => ({ at: i + 1, loss: entry.validationLoss })),
      baseline: config.loss === 'mse' ? baseline : undefined,
    });
    // Last, since a run that goes on from one of them writes nothing of the above again.
    if (isBest) {
      await saveModel(run, baseline);
      await saveCheckpoint(run, BEST);
    }
    await saveCheckpoint(run, LATEST);
    await onEpoch(run);
  }
  (await openLogs(run)).close();
  await finishRun(run, { baseline, pictures, chips, started });
}
