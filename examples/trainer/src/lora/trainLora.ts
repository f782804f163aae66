import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { DataError } from 'diffusion-ssl/errors';
import { randomIntegers, randomNormal } from 'diffusion-ssl/ops';
import { trainStep } from 'diffusion-ssl/training';
import { type JsonLinesLog, writeFileAtomic } from 'diffusion-ssl/training/node';
import type { ProgressBar } from '../console/progressBar.js';
import { csvLine } from '../results/csvLine.js';
import { turn } from '../stopping/turn.js';
import { rateAt } from '../tuning/rateAt.js';
import { type LoraRun, withLoraAverage } from './LoraRun.js';
import type { LoraEpoch } from './LoraState.js';
import type { LoraBatch } from './LoraSubject.js';
import { rateOf } from './rateOf.js';
import { saveLoraCheckpoint } from './saveLoraCheckpoint.js';

const TIMESTEP_STREAM = 10;
const NOISE_STREAM = 11;

/**
 * Trains from wherever an adaptation stands to its end; what is not trained on is measured before it and after each
 * epoch.
 *
 * @throws The reason of the run's signal; the state is then one to save.
 */
export async function trainLora(run: LoraRun, log: JsonLinesLog, bar: ProgressBar): Promise<void> {
  const { state, subject } = run;
  if (state.history.length === 0) {
    state.history.push({ epoch: 0, step: 0, losses: await subject.measure() });
    bar.print(epochLine(state.history[0]));
  }
  while (state.epoch < state.config.chips.epochs) {
    await trainEpoch(run, log, bar);
    await endEpoch(run, log, bar);
  }
}

async function trainEpoch(run: LoraRun, log: JsonLinesLog, bar: ProgressBar): Promise<void> {
  const { state, subject } = run;
  const { epochs } = state.config.chips;
  for await (const batch of subject.epoch(state.epoch, state.nextBatch)) {
    try {
      const { images, ...record } = await makeStep(run, batch);
      state.step++;
      state.nextBatch = batch.batch + 1;
      state.sum = { loss: state.sum.loss + record.loss, count: state.sum.count + 1 };
      run.unsaved = true;
      log.write({ step: state.step, ...record });
      bar.update({
        step: state.step,
        loss: record.loss,
        images,
        label: `epoch ${state.epoch + 1}/${epochs}`,
      });
    } finally {
      tf.dispose({ x0: batch.x0, ...batch.condition });
    }
    const isLast = state.nextBatch === subject.batchesPerEpoch;
    if (!isLast && state.step % run.checkpointSteps === 0) await saveLoraCheckpoint(run);
    await turn(run.signal);
  }
}

/** One step. What is drawn is the step's, so that a resumed run draws the same. */
async function makeStep(run: LoraRun, { x0, condition }: LoraBatch) {
  const { state, subject, optimizer, parameters, signal } = run;
  const { config, step } = state;
  const { seed, epochs } = config.chips;
  const learningRate = rateAt(step, {
    ...{ lr: rateOf(config), schedule: config.schedule, warmup: config.warmup },
    steps: epochs * subject.batchesPerEpoch,
  });
  optimizer.learningRate = learningRate;
  const [images] = x0.shape;
  const { alphaBars, predictionType } = subject;
  const t = randomIntegers(
    images,
    alphaBars.length,
    { seed, stream: TIMESTEP_STREAM, step },
    { stratified: true },
  );
  const noise = randomNormal<tf.Rank.R4>(x0.shape, { seed, stream: NOISE_STREAM, step });
  try {
    const result = await trainStep(subject.denoiser, [{ x0, t, noise, condition }], {
      ...{ optimizer, step, alphaBars, predictionType, signal },
      parameters: parameters.filter(({ spec }) => spec.trainable),
      minSnrGamma: config.minSnrGamma > 0 ? config.minSnrGamma : undefined,
      maxGradientNorm: config.clip > 0 ? config.clip : undefined,
    });
    run.ema?.update();
    return { ...result, learningRate, images };
  } finally {
    noise.dispose();
  }
}

async function endEpoch(run: LoraRun, log: JsonLinesLog, bar: ProgressBar): Promise<void> {
  const { state, subject, folder } = run;
  const { loss, count } = state.sum;
  if (count === 0) throw new DataError('No training chip has a valid pixel.');
  // Measured before the state counts the epoch: where it is stopped meanwhile, it is measured again.
  const losses = await withLoraAverage(run, () => subject.measure());
  const record: LoraEpoch = { epoch: state.epoch + 1, step: state.step, trainLoss: loss / count, losses };
  state.history.push(record);
  state.sum = { loss: 0, count: 0 };
  state.epoch++;
  state.nextBatch = 0;
  log.write({ epoch: record.epoch, step: record.step, trainLoss: record.trainLoss, ...losses });
  await writeFileAtomic(path.join(folder, 'log.csv'), tableOf(state.history));
  await withLoraAverage(run, () => subject.endEpoch(run));
  // Last: what goes on from it writes nothing of the above again.
  await saveLoraCheckpoint(run);
  bar.print(epochLine(record));
}

function tableOf(history: readonly LoraEpoch[]): string {
  const names = Object.keys(history[0].losses);
  const lines = history.map(({ epoch, step, trainLoss, losses }) =>
    [epoch, step, trainLoss ?? '', ...names.map((name) => losses[name])].map(String),
  );
  return [['epoch', 'step', 'trainLoss', ...names], ...lines].map(csvLine).join('');
}

function epochLine({ epoch, trainLoss, losses }: LoraEpoch): string {
  const all = { ...(trainLoss !== undefined && { training: trainLoss }), ...losses };
  const list = Object.entries(all).map(([name, loss]) => `${name} ${loss.toFixed(4)}`);
  return `${epoch === 0 ? 'before' : `epoch ${epoch}`}: loss ${list.join(', ')}`;
}
