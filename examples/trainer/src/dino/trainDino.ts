import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from 'diffusion-ssl/errors';
import { type JsonLinesLog, writeFileAtomic } from 'diffusion-ssl/training/node';
import type { ProgressBar } from '../console/progressBar.js';
import { turn } from '../stopping/turn.js';
import { attentionPicture } from './attentionPicture.js';
import { cropsOfBatch } from './cropsOfBatch.js';
import type { DinoRun } from './DinoRun.js';
import type { DinoEpoch } from './DinoState.js';
import { measureTeacher } from './measureTeacher.js';
import { plainScores } from './neighbourScore.js';
import { noSums } from './openDinoRun.js';
import { saveDinoCheckpoint, saveDinoModel } from './saveDino.js';

/**
 * Trains from wherever a self-distillation stands to its end; after each epoch the teacher is measured, drawn and
 * kept.
 *
 * @throws The reason of the run's signal; the state is then one to save. `ConfigError` if it has collapsed.
 */
export async function trainDino(run: DinoRun, log: JsonLinesLog, bar: ProgressBar): Promise<void> {
  const { state } = run;
  if (state.history.length === 0) {
    if (run.task) {
      const { pixels, means } = await plainScores(run.task, state.config.neighbours);
      const [ofPixels, ofMeans] = [pixels, means].map((score) => `${(100 * score).toFixed(1)} %`);
      bar.print(
        `neighbours without a network: right ${ofPixels} by all pixels, ${ofMeans} by the means of bands`,
      );
    }
    state.history.push({ epoch: 0, step: 0, ...(await measureTeacher(run)) });
    bar.print(epochLine(state.history[0], state.config.outDim));
  }
  while (state.epoch < state.config.chips.epochs) {
    await trainEpoch(run, log, bar);
    await endEpoch(run, log, bar);
  }
}

async function trainEpoch(run: DinoRun, log: JsonLinesLog, bar: ProgressBar): Promise<void> {
  const { state, data, training, alarm, schedules, temperatures } = run;
  const { config } = state;
  for await (const batch of data.train.epoch(state.epoch, { startBatch: state.nextBatch })) {
    data.contents.train.check();
    data.skipped.add(batch.skipped);
    const crops = cropsOfBatch(batch, config, state.epoch);
    try {
      // The place in the run, not the step: they differ where the number of chips has changed meanwhile.
      const place = state.epoch * data.train.batchesPerEpoch + batch.batch;
      const health = await training.step(crops, {
        step: state.step,
        learningRate: schedules.learningRate[place],
        weightDecay: schedules.weightDecay[place],
        teacherMomentum: schedules.teacherMomentum[place],
        teacherTemperature: temperatures[state.epoch],
        freezeLastLayer: state.epoch < config.freezeLastLayer,
      });
      state.step++;
      state.nextBatch = batch.batch + 1;
      state.sums = {
        steps: state.sums.steps + 1,
        loss: state.sums.loss + health.loss,
        teacherEntropy: state.sums.teacherEntropy + health.teacherEntropy,
        teacherSpread: state.sums.teacherSpread + health.teacherSpread,
      };
      run.unsaved = true;
      log.write({ step: state.step, ...health, learningRate: schedules.learningRate[place] });
      const label = `epoch ${state.epoch + 1}/${config.chips.epochs}`;
      bar.update({ step: state.step, loss: health.loss, images: batch.shape[0], label });
      // Before the rate has risen nothing is learned yet, which looks the same.
      const warmup = Math.min(config.warmupEpochs, config.chips.epochs - 1);
      const trouble = state.epoch >= warmup ? alarm.watch(health) : undefined;
      if (trouble !== undefined && config.patience > 0) throw new ConfigError(trouble);
    } finally {
      tf.dispose(crops);
    }
    const isLast = state.nextBatch === data.train.batchesPerEpoch;
    if (!isLast && state.step % run.checkpointSteps === 0) await saveDinoCheckpoint(run);
    await turn(run.signal);
  }
}

async function endEpoch(run: DinoRun, log: JsonLinesLog, bar: ProgressBar): Promise<void> {
  const { state, folder } = run;
  const { steps, loss, teacherEntropy, teacherSpread } = state.sums;
  if (steps === 0) throw new ConfigError('No training chip has a valid pixel.');
  // Measured before the state counts the epoch: where it is stopped meanwhile, it is measured again.
  const measured = await measureTeacher(run);
  const record: DinoEpoch = {
    epoch: state.epoch + 1,
    step: state.step,
    loss: loss / steps,
    teacherEntropy: teacherEntropy / steps / Math.log(state.config.outDim),
    teacherSpread: teacherSpread / steps,
    ...measured,
  };
  state.history.push(record);
  state.sums = noSums();
  state.epoch++;
  state.nextBatch = 0;
  log.write({ ...record });
  await writeFileAtomic(path.join(folder, 'log.csv'), tableOf(state.history));
  await writeFileAtomic(path.join(folder, 'attention.png'), await attentionPicture(run));
  await saveDinoModel(run);
  // Last: what goes on from it writes nothing of the above again.
  await saveDinoCheckpoint(run);
  bar.print(epochLine(record, state.config.outDim));
}

const COLUMNS = [
  'epoch',
  'step',
  'loss',
  'teacherEntropy',
  'teacherSpread',
  'featureSpread',
  'accuracy',
] as const;

function tableOf(history: readonly DinoEpoch[]): string {
  const lines = history.map((one) => COLUMNS.map((column) => one[column] ?? '').join(','));
  return `${COLUMNS.join(',')}\n${lines.join('\n')}\n`;
}

function epochLine(record: DinoEpoch, outDim: number): string {
  const { epoch, loss, teacherEntropy, teacherSpread = 0, featureSpread, accuracy } = record;
  const trained =
    loss === undefined || teacherEntropy === undefined
      ? ['untrained']
      : [
          `loss ${loss.toFixed(4)}`,
          `teacher's entropy ${(100 * teacherEntropy).toFixed(0)} % of ln ${outDim}`,
          `spread ${teacherSpread.toFixed(3)}`,
        ];
  const score = accuracy === undefined ? [] : [`neighbours right ${(100 * accuracy).toFixed(1)} %`];
  return [
    `epoch ${epoch}: ${trained.join(', ')}`,
    `features' spread ${featureSpread.toFixed(3)}`,
    ...score,
  ].join(', ');
}
