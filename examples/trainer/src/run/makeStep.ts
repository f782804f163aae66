import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields } from 'diffusion-ssl/diffusion';
import { randomIntegers } from 'diffusion-ssl/ops';
import {
  type DiffusionBatch,
  diffusionLoss,
  maskInput,
  NonFiniteLossError,
  regionLoss,
  trainStep,
} from 'diffusion-ssl/training';
import type { RunBatch } from '../conditions/ConditionedLoader.js';
import { drawConditions } from './drawConditions.js';
import { drawMask } from './drawMask.js';
import { drawNoise } from './drawNoise.js';
import type { Run } from './Run.js';
import { startRun } from './startRun.js';

const TIMESTEP_STREAM = 10;

/**
 * Makes one optimizer step on some batches: timesteps, noise, loss, gradients, update, average.
 *
 * Timesteps, noise and dropout are drawn for the number of the batch within the run, so that a resumed run draws the
 * same.
 *
 * @throws If the loss is not finite: the error names the chips.
 */
export async function makeStep(run: Run, chips: readonly RunBatch[]): Promise<void> {
  const { config, state, denoiser, optimizer, schedule, parameters, alphaBars, loss } = run;
  await startRun(run);
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
    run.events.stepped(run, { step: state.step, epoch: state.epoch + 1, ...result, learningRate, images });
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
function firstBatchOf({ state, data }: Run, chips: readonly RunBatch[]): number {
  return state.epoch * data.train.batchesPerEpoch + chips[0].batch;
}

function makeBatch(run: Run, chips: RunBatch): DiffusionBatch<ConditionFields | undefined> {
  const { seed, timesteps, timestepSampling } = run.config;
  const step = firstBatchOf(run, [chips]);
  const stratified = timestepSampling === 'stratified';
  return {
    x0: tf.tensor4d(chips.images, chips.shape),
    t: randomIntegers(chips.shape[0], timesteps, { seed, stream: TIMESTEP_STREAM, step }, { stratified }),
    noise: drawNoise(run.config, chips.shape, step),
    condition: merged(drawMask(run.config, chips.shape, step), drawConditions(run, chips, step)),
  };
}

function merged<T extends object>(...parts: (T | undefined)[]): T | undefined {
  return parts.some(Boolean) ? Object.assign({}, ...parts) : undefined;
}

function fileNames(chips: readonly RunBatch[]): string {
  return chips.flatMap(({ files }) => files.map((paths) => paths.join(' + '))).join(', ');
}
