import type { StartedBackend } from 'diffusion-ssl/backends/node';
import { CheckpointError } from 'diffusion-ssl/errors';
import { enableGradientCheckpointing, layersDenoiser, namedParameters } from 'diffusion-ssl/models';
import type { LrState } from 'diffusion-ssl/schedulers';
import { ExponentialMovingAverage, restoreCheckpoint } from 'diffusion-ssl/training';
import type { RunChips, RunState } from '../checkpoint/RunState.js';
import type { ResumePoint } from '../checkpoint/readResumePoint.js';
import type { RunInputs } from '../checkpoint/runInputs.js';
import { conditionedDenoiser } from '../conditions/conditionedDenoiser.js';
import type { PretrainConfig, PretrainOptions } from '../config/pretrainOptions.js';
import type { ChipData } from '../data/chipData.js';
import { alphaBarsOf } from '../model/alphaBarsOf.js';
import type { Run, RunReference } from '../run/Run.js';
import type { RunListener } from '../run/RunListener.js';
import { diffusionOf } from './diffusionOf.js';
import { makeLoss } from './makeLoss.js';
import { makeOptimizer } from './makeOptimizer.js';
import { makeSchedule, type RunSchedule } from './makeSchedule.js';
import { bandsOf, buildNetwork, type RunNetwork } from './networkOf.js';
import type { InitialWeights } from './readInitialWeights.js';

/** What a run is made from. */
export interface RunParts {
  folder: string;
  config: PretrainConfig;
  data: ChipData;
  chips: RunChips;
  inputs: RunInputs;
  network: RunNetwork;
  resumed?: ResumePoint;
  initial?: InitialWeights;
  backend: StartedBackend;
  events: Required<RunListener>;
  signal?: AbortSignal;
}

/** Makes the parts of a run, or restores them from a checkpoint. */
export async function createRun(
  { run }: PretrainOptions,
  parts: RunParts,
): Promise<Omit<Run, keyof RunReference>> {
  const { folder, config, data, chips, inputs, network, resumed, initial, backend, events, signal } = parts;
  const { conditions = [] } = data.conditions ?? {};
  const model = buildNetwork(network);
  if (config.gradientCheckpointing) enableGradientCheckpointing(model);
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
    if (config.epochs !== before) events.note(lengthenSchedule({ schedule, unit }, state, before));
  }
  return {
    config,
    folder,
    state,
    data,
    model,
    network,
    bands: data.bands,
    denoiser: conditionedDenoiser(layersDenoiser(model), conditions),
    conditions,
    parameters,
    optimizer,
    schedule,
    scheduleUnit: unit,
    frozenFrom: Math.ceil((1 - config.freezeBatchNorm) * config.epochs * stepsPerEpoch),
    ema,
    alphaBars: alphaBarsOf(diffusionOf(config)),
    loss: await makeLoss(config, bandsOf(network)),
    logFolder: run.logDir ?? folder,
    totalSteps: config.epochs * stepsPerEpoch,
    checkpointSteps: run.checkpointSteps,
    beginning: performance.now() - 1000 * state.seconds,
    isStarted: false,
    unsaved: false,
    events,
    signal,
  };
}

/** Brings a schedule of another length to where the run stands, and says how the learning rate jumps. */
function lengthenSchedule(
  { schedule, unit }: RunSchedule,
  { config: { epochs }, step, history, learningRate }: RunState,
  before: number,
): string {
  if (unit === 'epoch') for (const { validationLoss } of history) schedule.step(validationLoss);
  else for (let i = 0; i < step; i++) schedule.step();
  return (
    `${epochs} epochs where there were ${before}: the schedule is that of ${epochs}, and the learning rate goes from ` +
    `${learningRate.toPrecision(3)} to ${schedule.lr.toPrecision(3)} after step ${step}`
  );
}
