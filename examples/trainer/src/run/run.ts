import path from 'node:path';
import type { StartedBackend } from 'diffusion-ssl/backends/node';
import { computeAlphaSchedule, makeBetaSchedule, rescaleZeroTerminalSnr } from 'diffusion-ssl/diffusion';
import { CheckpointError } from 'diffusion-ssl/errors';
import type { LossFunction } from 'diffusion-ssl/losses';
import { layersDenoiser, namedParameters, type UnetAttDConfig, unetAttD } from 'diffusion-ssl/models';
import type { PackedOptimizer } from 'diffusion-ssl/optimizers';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import type { LrState } from 'diffusion-ssl/schedulers';
import { ExponentialMovingAverage, restoreCheckpoint, writeCheckpoint } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { PretrainConfig, PretrainOptions, RunOptions } from '../config/pretrainOptions.js';
import type { ChipData } from '../data/chipData.js';
import { writeStatistics } from '../data/chipStatistics.js';
import { readBands } from '../data/readBands.js';
import type { InitialWeights } from './initialWeights.js';
import { makeLoss } from './makeLoss.js';
import { makeOptimizer } from './makeOptimizer.js';
import { makeSchedule, type RunSchedule } from './makeSchedule.js';
import type { ResumePoint } from './readResumePoint.js';
import { LATEST, type RunChips, type RunState } from './runFolder.js';
import { runHook } from './runHook.js';
import type { RunInputs } from './runInputs.js';
import { createRunLogs, type RunLogs } from './runLogs.js';

/** Messages about skipped chips that a checkpoint holds, at most. */
const MOST_SKIPPED = 1000;

/** Everything that the parts of a run share. */
export interface Run {
  config: PretrainConfig;
  folder: string;
  state: RunState;
  data: ChipData;
  model: ReturnType<typeof unetAttD>;
  modelConfig: UnetAttDConfig;
  /** What is known of the bands of its chips. */
  bands: readonly ModelBand[];
  /** The model, as losses take it. */
  denoiser: ReturnType<typeof layersDenoiser>;
  parameters: ReturnType<typeof namedParameters>;
  optimizer: PackedOptimizer;
  schedule: RunSchedule['schedule'];
  /** After what `schedule` is stepped. */
  scheduleUnit: RunSchedule['unit'];
  /** The first step whose batch norm keeps to its running statistics. */
  frozenFrom: number;
  ema?: ExponentialMovingAverage;
  alphaBars: Float64Array;
  loss: LossFunction;
  /** Opened by `openLogs`. */
  logs?: RunLogs;
  /** Folder of the logs. */
  logFolder: string;
  /** Steps of the whole run. */
  totalSteps: number;
  /** Steps between two checkpoints. */
  checkpointSteps: number;
  /** Commands of the user's, to be run as the run goes on. */
  commands: Pick<RunOptions, 'onCheckpoint' | 'onEpoch'>;
  /** Whether the state has changed since the latest checkpoint. */
  unsaved: boolean;
  /** Asks to stop. */
  signal?: AbortSignal;
  /** Hears the number of each step that was made. */
  onStep?: (step: number) => void;
}

/** What a run is made from. */
export interface RunParts {
  folder: string;
  config: PretrainConfig;
  data: ChipData;
  chips: RunChips;
  inputs: RunInputs;
  modelConfig: UnetAttDConfig;
  resumed?: ResumePoint;
  initial?: InitialWeights;
  backend: StartedBackend;
  signal?: AbortSignal;
  onStep?: (step: number) => void;
}

/** Makes the parts of a run, or restores them from a checkpoint. */
export async function createRun({ run }: PretrainOptions, parts: RunParts): Promise<Run> {
  const { folder, config, data, chips, inputs, modelConfig, resumed, initial, backend, signal, onStep } =
    parts;
  const model = unetAttD(modelConfig);
  const parameters = namedParameters(model);
  await initial?.load(parameters);
  const optimizer = makeOptimizer(config);
  const ema = config.emaDecay > 0 ? new ExponentialMovingAverage(parameters, config.emaDecay) : undefined;
  const stepsPerEpoch = Math.ceil(data.train.batchesPerEpoch / config.accumulate);
  const { schedule, unit } = makeSchedule(config, stepsPerEpoch);
  let state: RunState = {
    config,
    chips,
    inputs,
    build: backend.build,
    epoch: 0,
    nextBatch: 0,
    step: 0,
    schedule: schedule.state(),
    learningRate: schedule.lr,
    epochLoss: { sum: 0, count: 0 },
    epochImages: 0,
    epochSeconds: 0,
    epochWaitSeconds: 0,
    history: [],
    seconds: 0,
  };
  if (resumed) {
    try {
      await restoreCheckpoint(resumed.tensors, { parameters, optimizer, ema });
      // Of another length it is brought there below.
      if (config.epochs === resumed.state.config.epochs) schedule.restore(resumed.state.schedule as LrState);
    } catch (error) {
      throw new CheckpointError(`${resumed.file}: ${(error as Error).message}`, { cause: error });
    }
    const before = resumed.state.config.epochs;
    state = Object.assign(resumed.state, { config, build: backend.build, chips, inputs });
    if (config.epochs !== before) lengthenSchedule(schedule, unit, state, before);
  }
  const { noiseSchedule: type, timesteps, betaStart, betaEnd } = config;
  const betas = makeBetaSchedule(timesteps, { type, betaStart, betaEnd });
  const { alphaBars } = computeAlphaSchedule(config.zeroTerminalSnr ? rescaleZeroTerminalSnr(betas) : betas);
  return {
    config,
    folder,
    state,
    data,
    model,
    modelConfig,
    bands: await readBands(config.data, modelConfig.inChannels ?? 4),
    denoiser: layersDenoiser(model),
    parameters,
    optimizer,
    schedule,
    scheduleUnit: unit,
    frozenFrom: Math.ceil((1 - config.freezeBatchNorm) * config.epochs * stepsPerEpoch),
    ema,
    alphaBars,
    loss: await makeLoss(config, modelConfig.inChannels ?? 4),
    logFolder: run.logDir ?? folder,
    totalSteps: config.epochs * stepsPerEpoch,
    checkpointSteps: run.checkpointSteps,
    commands: run,
    unsaved: false,
    signal,
    onStep,
  };
}

/** Brings a schedule of another length to where the run stands, and says how the learning rate jumps. */
function lengthenSchedule(
  schedule: RunSchedule['schedule'],
  unit: RunSchedule['unit'],
  { config: { epochs }, step, history, learningRate }: RunState,
  before: number,
): void {
  if (unit === 'epoch') for (const { validationLoss } of history) schedule.step(validationLoss);
  else for (let i = 0; i < step; i++) schedule.step();
  console.log(
    `${epochs} epochs where there were ${before}: the schedule is that of ${epochs}, and the learning rate goes from ` +
      `${learningRate.toPrecision(3)} to ${schedule.lr.toPrecision(3)} after step ${step}`,
  );
}

/** Opens the logs and saves the statistics: before the first step, so that a run that made none leaves nothing. */
export async function openLogs(run: Run): Promise<RunLogs> {
  if (!run.logs) {
    await writeStatistics(run.folder, run.state.chips.statistics);
    run.logs = await createRunLogs(run.logFolder, run.state, run.totalSteps);
  }
  return run.logs;
}

/** Writes a checkpoint of where the run stands. */
export async function saveCheckpoint(run: Run, name: string): Promise<void> {
  const { folder, data, parameters, optimizer, ema, schedule, state } = run;
  state.schedule = schedule.state();
  state.skipped = data.skipped.first(MOST_SKIPPED);
  state.contents = {
    train: String(data.contents.train),
    validate: String(data.contents.validate),
  };
  await writeCheckpoint(folderFiles(folder), name, { parameters, optimizer, ema }, state);
  if (name === LATEST) run.unsaved = false;
  const { onCheckpoint } = run.commands;
  const file = path.resolve(folder, name);
  if (onCheckpoint)
    await runHook('--on-checkpoint', onCheckpoint, { ...standing(run), DIFFUSION_SSL_CHECKPOINT: file });
}

/** Runs the command that the user has given for the end of an epoch. */
export async function onEpoch(run: Run): Promise<void> {
  const { onEpoch } = run.commands;
  const { trainLoss, validationLoss } = run.state.history.at(-1)!;
  if (onEpoch) {
    await runHook('--on-epoch', onEpoch, {
      ...standing(run),
      DIFFUSION_SSL_TRAIN_LOSS: String(trainLoss),
      DIFFUSION_SSL_VALIDATION_LOSS: String(validationLoss),
    });
  }
}

/** Where a run stands, as variables of the environment. */
function standing({ folder, state }: Run): Record<string, string> {
  return {
    DIFFUSION_SSL_RUN: path.resolve(folder),
    DIFFUSION_SSL_EPOCH: String(state.history.length),
    DIFFUSION_SSL_STEP: String(state.step),
  };
}

/** Runs `body` with the average of the weights in the model's place, if the run keeps one. */
export function withAverage<T>({ ema }: Run, body: () => Promise<T>): Promise<T> {
  return ema ? ema.apply(body) : body();
}
