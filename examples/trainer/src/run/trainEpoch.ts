import * as tf from '@tensorflow/tfjs-core';
import type { ChipBatch } from 'diffusion-ssl/data/node';
import { randomIntegers } from 'diffusion-ssl/ops';
import {
  type DiffusionBatch,
  diffusionLoss,
  maskInput,
  NonFiniteLossError,
  regionLoss,
  trainStep,
} from 'diffusion-ssl/training';
import { drawMask } from './drawMask.js';
import { drawNoise } from './drawNoise.js';
import { openLogs, type Run, saveCheckpoint } from './run.js';
import { LATEST } from './runFolder.js';
import { turn } from './turn.js';

const TIMESTEP_STREAM = 10;

/**
 * Trains to the end of the epoch in progress, from wherever it stands.
 *
 * Timesteps, noise and dropout are drawn for the number of the batch within the run, so that a resumed run draws the
 * same.
 *
 * @param started When the run started, in `performance.now()` milliseconds.
 * @throws The reason of the run's signal, between two steps.
 */
export async function trainEpoch(run: Run, started: number): Promise<void> {
  const { config, state, data } = run;
  const { batchesPerEpoch } = data.train;
  const begun = performance.now() - 1000 * state.epochSeconds;
  let chips: ChipBatch[] = [];
  const batches = data.train.epoch(state.epoch, { startBatch: state.nextBatch });
  for await (const batch of countWaits(batches, run)) {
    chips.push(batch);
    data.skipped.add(batch.skipped);
    const isLast = batch.batch + 1 === batchesPerEpoch;
    if (chips.length < config.accumulate && !isLast) continue;
    await step(run, chips);
    chips = [];
    state.nextBatch = batch.batch + 1;
    state.seconds = (performance.now() - started) / 1000;
    state.epochSeconds = (performance.now() - begun) / 1000;
    // The end of an epoch is saved once it is validated and drawn.
    if (!isLast && state.step % run.checkpointSteps === 0) await saveCheckpoint(run, LATEST);
    run.onStep?.(state.step);
    await turn(run.signal);
  }
  const windows = config.windows ? batchesPerEpoch * config.batch : 0;
  if (state.epochImages < windows) {
    console.log(
      `${windows - state.epochImages} of ${windows} windows were left out: too much of them is missing (--max-missing)`,
    );
  }
}

/**
 * The same batches; the time until each arrives is added to what the epoch has waited. Where one cannot be read, or
 * holds chips that have changed, the run is saved as it stands before the error goes on.
 */
async function* countWaits(batches: AsyncIterable<ChipBatch>, run: Run): AsyncIterable<ChipBatch> {
  let since = performance.now();
  try {
    for await (const batch of batches) {
      run.data.contents.train.check();
      run.state.epochWaitSeconds += (performance.now() - since) / 1000;
      yield batch;
      since = performance.now();
    }
  } catch (error) {
    if (run.unsaved && !run.signal?.aborted) await saveCheckpoint(run, LATEST);
    throw error;
  }
}

async function step(run: Run, chips: readonly ChipBatch[]): Promise<void> {
  const { config, state, denoiser, optimizer, schedule, parameters, alphaBars, loss } = run;
  const logs = await openLogs(run);
  const before = tf.memory().numTensors;
  const batches = chips.map((batch) => makeBatch(run, batch));
  optimizer.learningRate = schedule.lr;
  if (schedule.momentum !== undefined) optimizer.momentum = schedule.momentum;
  try {
    const options = {
      alphaBars,
      predictionType: config.predictionType,
      minSnrGamma: config.minSnrGamma > 0 ? config.minSnrGamma : undefined,
      snrPower: config.snrPower,
    };
    const result = await trainStep(maskInput(denoiser), batches, {
      optimizer,
      step: firstBatchOf(run, chips),
      parameters: parameters.filter(({ spec }) => spec.trainable),
      training: state.step < run.frozenFrom,
      maxGradientNorm: config.clipNorm > 0 ? config.clipNorm : undefined,
      objective: (denoiser, batch, call) => {
        const mask = batch.condition?.mask;
        const ofRegion = mask ? regionLoss(loss, mask, config.maskLoss) : loss;
        return diffusionLoss(denoiser, batch, { ...options, ...call, loss: ofRegion });
      },
    });
    state.learningRate = optimizer.learningRate;
    if (run.scheduleUnit === 'step') schedule.step();
    run.ema?.update();
    state.step++;
    run.unsaved = true;
    const images = chips.reduce((sum, { shape }) => sum + shape[0], 0);
    state.epochImages += images;
    state.epochLoss = { sum: state.epochLoss.sum + result.loss, count: state.epochLoss.count + 1 };
    const { learningRate } = state;
    logs.step({ step: state.step, epoch: state.epoch + 1, ...result, learningRate, images });
  } catch (error) {
    if (error instanceof NonFiniteLossError)
      throw new Error(`${error.message}\nChips of the batch: ${fileNames(chips)}`);
    throw error;
  } finally {
    tf.dispose(batches.map(({ x0, noise, condition }) => ({ x0, noise, ...condition })));
  }
  const after = tf.memory().numTensors;
  // The first step makes the optimizer's state.
  if (optimizer.step > 1 && after !== before)
    throw new Error(`step ${state.step} left ${after - before} tensors behind.`);
}

/** The number within the whole run of the first of these batches. */
function firstBatchOf({ state, data }: Run, chips: readonly ChipBatch[]): number {
  return state.epoch * data.train.batchesPerEpoch + chips[0].batch;
}

function makeBatch(run: Run, chips: ChipBatch): DiffusionBatch<{ mask: tf.Tensor } | undefined> {
  const { seed, timesteps, timestepSampling } = run.config;
  const step = firstBatchOf(run, [chips]);
  const stratified = timestepSampling === 'stratified';
  return {
    x0: tf.tensor4d(chips.images, chips.shape),
    t: randomIntegers(chips.shape[0], timesteps, { seed, stream: TIMESTEP_STREAM, step }, { stratified }),
    noise: drawNoise(run.config, chips.shape, step),
    condition: drawMask(run.config, chips.shape, step),
  };
}

function fileNames(chips: readonly ChipBatch[]): string {
  return chips.flatMap(({ files }) => files.map((paths) => paths.join(' + '))).join(', ');
}
