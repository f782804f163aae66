import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type StartedBackend, startBackend } from 'diffusion-ssl/backends/node';
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { toTorchStateDict, writeSafetensors } from 'diffusion-ssl/interop';
import { l1, mse } from 'diffusion-ssl/losses';
import { estimateMemory, namedParameters, type UnetAttDConfig, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import type { LrScheduler, LrState } from 'diffusion-ssl/schedulers';
import { ExponentialMovingAverage, encodeCheckpoint, restoreCheckpoint } from 'diffusion-ssl/training';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { type ChipData, chipError, openChipData } from './chipData.js';
import { makeSchedule } from './makeSchedule.js';
import { reportMemory } from './memoryReport.js';
import { writeLossPlot, writePanel, writeSamples } from './pictures.js';
import type { PretrainConfig, PretrainOptions } from './pretrainOptions.js';
import { BEST, chooseFolder, LATEST, type ResumePoint, type RunState, readResumePoint } from './runFolder.js';
import { createRunLogs, type RunLogs } from './runLogs.js';
import { trainEpoch } from './trainEpoch.js';
import { baselineLoss, validate } from './validate.js';

/** How a run ended. */
export type PretrainOutcome = 'finished' | 'interrupted';

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

/**
 * Pretrains `unetAttD` as the options say, or goes on with a run.
 *
 * @param options The parsed command line.
 * @param interrupted Asked after each step: true ends the run with a checkpoint.
 */
export async function pretrain(
  options: PretrainOptions,
  interrupted: () => boolean,
): Promise<PretrainOutcome> {
  const folder = chooseFolder(options);
  const resumed = options.run.resume ? await readResumePoint(folder, options) : undefined;
  const config = resumed?.state.config ?? options.config;
  const backend = await startBackend({ backend: options.run.backend, threads: options.run.threads });
  console.log(`backend ${backend.name}, ${backend.threads} thread${backend.threads > 1 ? 's' : ''}`);
  if (resumed && resumed.state.build !== backend.build) {
    console.warn(
      `The run was on '${resumed.state.build}', this is '${backend.build}': results differ in the last bits.`,
    );
  }
  const data = await openChipData(config, options.run).catch((error) => {
    throw chipError(error, config);
  });
  try {
    const [height, width, channels] = data.shape;
    const { train, validate } = data;
    console.log(
      `${train.length} training and ${validate.length} validation chips of ${height} × ${width} × ${channels}`,
    );
    const modelConfig = modelConfigOf(config, channels);
    reportMemory(modelConfig, config, data.shape, backend);
    await prepareFolder(folder, { neededBytes: folderBytes(modelConfig, config) });
    const run = await createRun(options, {
      folder,
      config,
      data,
      modelConfig,
      resumed,
      backend,
      interrupted,
    });
    console.log(resumed ? `resuming ${folder} at step ${run.state.step}` : `writing ${folder}`);
    return await trainToEnd(run, options.run.bands);
  } catch (error) {
    throw chipError(error, config);
  } finally {
    await data.close();
  }
}

function modelConfigOf(config: PretrainConfig, inChannels: number): UnetAttDConfig {
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

/** Three checkpoints (best, latest and the one being written) and a megabyte of logs and pictures. */
function folderBytes(model: UnetAttDConfig, { emaDecay }: PretrainConfig): number {
  const { weights, moments, ema } = estimateMemory(model, { batch: 1, size: [32, 32], ema: emaDecay > 0 });
  return 3 * (weights + moments + ema) + 2 ** 20;
}

interface RunParts {
  folder: string;
  config: PretrainConfig;
  data: ChipData;
  modelConfig: UnetAttDConfig;
  resumed?: ResumePoint;
  backend: StartedBackend;
  interrupted: () => boolean;
}

async function createRun({ run }: PretrainOptions, parts: RunParts): Promise<Run> {
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

async function trainToEnd(run: Run, bands: number[]): Promise<PretrainOutcome> {
  const { config, state, folder, data, model, alphaBars, logs, loss } = run;
  const started = performance.now() - 1000 * state.seconds;
  const pictures = { folder, config, alphaBars, bands };
  const validation = { alphaBars, seed: config.seed };
  const baseline = await baselineLoss(data.statistics, data.validate, validation);
  console.log(`baseline: the best affine predictor reaches a mean squared error of ${baseline.toFixed(4)}`);
  const withAverage = <T>(body: () => Promise<T>) => (run.ema ? run.ema.apply(body) : body());

  while (state.epoch < config.epochs) {
    if ((await trainEpoch(run, started)) === 'interrupted') {
      logs.close();
      console.log(`stopped at step ${state.step}; go on with: npm run pretrain -- --out ${folder} --resume`);
      return 'interrupted';
    }
    if (state.epochLoss.count === 0) throw new Error('No training chip has a valid pixel.');
    const trainLoss = state.epochLoss.sum / state.epochLoss.count;
    const validationLoss = await withAverage(() => validate(model, data.validate, { ...validation, loss }));
    if (!Number.isFinite(validationLoss)) {
      throw new Error(
        `The validation loss of epoch ${state.epoch + 1} is ${validationLoss}; --resume goes on from the last checkpoint. ` +
          'Check the chips for extreme values, or lower --learning-rate.',
      );
    }
    const earlier = state.history.map((entry) => entry.validationLoss);
    const isBest = earlier.every((other) => validationLoss < other);
    const imagesPerSecond = state.epochImages / state.epochSeconds;
    state.history.push({ trainLoss, validationLoss, imagesPerSecond });
    state.seconds = (performance.now() - started) / 1000;
    const losses = state.history.map((entry) => entry.validationLoss);
    logs.epoch({
      epoch: state.history.length,
      step: state.step,
      trainLoss,
      validationLoss,
      learningRate: state.learningRate,
      bestEpoch: losses.indexOf(Math.min(...losses)) + 1,
      seconds: state.epochSeconds,
    });
    Object.assign(state, {
      epoch: state.epoch + 1,
      nextBatch: 0,
      epochLoss: { sum: 0, count: 0 },
      epochImages: 0,
      epochSeconds: 0,
    });
    if (isBest) {
      await saveCheckpoint(run, BEST);
      const title = `Epoch ${state.history.length}, validation loss ${validationLoss.toFixed(4)}`;
      await withAverage(() => writePanel(model, data.validate, pictures, title));
    }
    await saveCheckpoint(run, LATEST);
    await writeLossPlot(folder, {
      title: 'Loss of the noise prediction',
      train: state.history.map((entry, i) => ({ at: i + 1, loss: entry.trainLoss })),
      validation: state.history.map((entry, i) => ({ at: i + 1, loss: entry.validationLoss })),
      baseline: config.loss === 'mse' ? baseline : undefined,
    });
  }
  logs.close();
  await withAverage(async () => {
    await writeFileAtomic(
      path.join(folder, 'weights.safetensors'),
      writeSafetensors(await toTorchStateDict(run.parameters)),
    );
    const title = `DDIM samples after ${state.step} steps`;
    await writeSamples(model, data.shape, pictures, { title });
  });
  state.seconds = (performance.now() - started) / 1000;
  await writeSummary(run, baseline);
  return 'finished';
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

async function writeSummary(
  { config, state, folder, parameters, data }: Run,
  baseline: number,
): Promise<void> {
  const last = state.history.at(-1);
  const summary = {
    backend: tf.getBackend(),
    parameters: parameters.reduce((sum, { spec, variable }) => sum + (spec.trainable ? variable.size : 0), 0),
    images: data.train.length,
    epochs: config.epochs,
    trainLoss: last?.trainLoss,
    validationLoss: last?.validationLoss,
    baselineLoss: baseline,
    // Of the last epoch: the first one also warms up.
    imagesPerSecond: last?.imagesPerSecond,
    seconds: state.seconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
  await writeFileAtomic(path.join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  console.log(
    `validation loss ${summary.validationLoss?.toFixed(4)}, baseline ${baseline.toFixed(4)}, ` +
      `${state.seconds.toFixed(0)} s, ${summary.imagesPerSecond?.toFixed(1)} images/s; see ${folder}`,
  );
}
