import path from 'node:path';
import type { StartedBackend } from 'diffusion-ssl/backends/node';
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { l1, mse } from 'diffusion-ssl/losses';
import { namedParameters, type UnetAttDConfig, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import type { LrScheduler, LrState } from 'diffusion-ssl/schedulers';
import { ExponentialMovingAverage, encodeCheckpoint, restoreCheckpoint } from 'diffusion-ssl/training';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { ChipData } from './chipData.js';
import { makeSchedule } from './makeSchedule.js';
import type { PretrainConfig, PretrainOptions } from './pretrainOptions.js';
import type { ResumePoint, RunState } from './runFolder.js';
import { createRunLogs, type RunLogs } from './runLogs.js';

/** Everything that the parts of a run share. */
export interface Run {
  config: PretrainConfig;
  folder: string;
  state: RunState;
  data: ChipData;
  model: ReturnType<typeof unetAttD>;
  parameters: ReturnType<typeof namedParameters>;
  optimizer: AdamW;
  schedule: LrScheduler;
  ema?: ExponentialMovingAverage;
  alphaBars: Float64Array;
  loss: typeof mse;
  logs: RunLogs;
  /** Steps between two checkpoints. */
  checkpointSteps: number;
  /** Set when the run is to stop at the next step. */
  interrupted: () => boolean;
}

/** The network that a configuration names. */
export function modelConfigOf(config: PretrainConfig, inChannels: number): UnetAttDConfig {
  const { filterConfig, blockNum, dropoutRate, dropoutType, upmode, timeEmbeddingDim, seed } = config;
  const useSkipAtt = config.attention;
  return {
    inChannels,
    filterConfig,
    blockNum,
    dropoutRate,
    dropoutType,
    upmode,
    useSkipAtt,
    timeEmbeddingDim,
    seed,
  };
}

/** What a run is made from. */
export interface RunParts {
  folder: string;
  config: PretrainConfig;
  data: ChipData;
  modelConfig: UnetAttDConfig;
  resumed?: ResumePoint;
  backend: StartedBackend;
  interrupted: () => boolean;
}

/** Makes the parts of a run, or restores them from a checkpoint. */
export async function createRun({ run }: PretrainOptions, parts: RunParts): Promise<Run> {
  const { folder, config, data, modelConfig, resumed, backend, interrupted } = parts;
  const model = unetAttD(modelConfig);
  const parameters = namedParameters(model);
  const { learningRate, weightDecay, betas } = config;
  const optimizer = new AdamW({ learningRate, weightDecay, betas: betas as [number, number] });
  const ema = config.emaDecay > 0 ? new ExponentialMovingAverage(parameters, config.emaDecay) : undefined;
  const stepsPerEpoch = Math.ceil(data.train.batchesPerEpoch / config.accumulate);
  const schedule = makeSchedule(config, stepsPerEpoch);
  let state: RunState = {
    config,
    build: backend.build,
    epoch: 0,
    nextBatch: 0,
    step: 0,
    schedule: schedule.state(),
    learningRate: schedule.lr,
    epochLoss: { sum: 0, count: 0 },
    epochImages: 0,
    epochSeconds: 0,
    history: [],
    seconds: 0,
  };
  if (resumed) {
    try {
      state = restoreCheckpoint(resumed.bytes, { parameters, optimizer, ema }) as RunState;
    } catch (error) {
      throw new Error(`${resumed.file}: ${(error as Error).message}`, { cause: error });
    }
    schedule.restore(state.schedule as LrState);
    state.build = backend.build;
  }
  const { noiseSchedule: type, timesteps, betaStart, betaEnd } = config;
  const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(timesteps, { type, betaStart, betaEnd }));
  return {
    config,
    folder,
    state,
    data,
    model,
    parameters,
    optimizer,
    schedule,
    ema,
    alphaBars,
    loss: config.loss === 'l1' ? l1 : mse,
    logs: await createRunLogs(folder, state, config.epochs * stepsPerEpoch),
    checkpointSteps: run.checkpointSteps,
    interrupted,
  };
}

/** Writes a checkpoint of where the run stands. */
export async function saveCheckpoint(
  { folder, parameters, optimizer, ema, schedule, state }: Run,
  name: string,
): Promise<void> {
  state.schedule = schedule.state();
  await writeFileAtomic(
    path.join(folder, name),
    await encodeCheckpoint({ parameters, optimizer, ema }, state),
  );
}

/** Runs `body` with the average of the weights in the model's place, if the run keeps one. */
export function withAverage<T>({ ema }: Run, body: () => Promise<T>): Promise<T> {
  return ema ? ema.apply(body) : body();
}
