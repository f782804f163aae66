import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type JsonLinesLog, writeFileAtomic } from 'diffusion-ssl/training/node';
import type { ProgressBar } from '../console/progressBar.js';
import { allLabels } from '../probing/allLabels.js';
import { turn } from '../stopping/turn.js';
import { drawBatch } from '../transfer/drawBatch.js';
import { answersOfChip, predictChips } from '../transfer/predictChips.js';
import { makeScorer, SCORE_NAMES } from '../transfer/score.js';
import { networkInput } from './networkInput.js';
import { rateAt } from './rateAt.js';
import { saveTuneCheckpoint } from './saveTuneCheckpoint.js';
import { saveTuned } from './saveTuned.js';
import { type TuneRun, withTunedAverage } from './TuneRun.js';
import { bestCheck, isOver, type TuneCheck } from './TuneState.js';
import { writeTunePlot } from './writeTunePlot.js';

/**
 * Trains from wherever a fine-tuning stands to its end; the model of the best look at the validation chips is kept.
 *
 * @throws The reason of the run's signal; the state is then one to save.
 */
export async function trainTuning(run: TuneRun, log: JsonLinesLog, bar: ProgressBar): Promise<void> {
  const { state, tuning, task, ema } = run;
  const { config } = state;
  const { train } = allLabels(task);
  while (!isOver(state)) {
    await turn(run.signal);
    const { step } = state;
    const learningRate = rateAt(step, config);
    tuning.optimizer.learningRate = learningRate;
    const batch = await drawBatch(task, train, { seed: config.seed, step, size: config.batch });
    const x = tf.tidy(() => networkInput(batch.x, config.task));
    try {
      const maxGradientNorm = config.clip > 0 ? config.clip : undefined;
      const { loss, gradientNorm } = await tuning.step([{ x, labels: batch.labels }], {
        ...{ step, loss: run.loss, maxGradientNorm, signal: run.signal },
      });
      ema?.update();
      state.step++;
      state.losses = { sum: state.losses.sum + loss, count: state.losses.count + 1 };
      run.unsaved = true;
      log.write({ step: state.step, loss, gradientNorm, learningRate });
      bar.update({ step: state.step, loss, images: config.batch });
    } finally {
      tf.dispose([batch.x, batch.labels, ...(x === batch.x ? [] : [x])]);
    }
    if (state.step % config.checkEvery === 0 || state.step === config.steps) await look(run, log, bar);
  }
}

/** Scores the validation chips; keeps the model where it is the best so far, and a checkpoint in any case. */
async function look(run: TuneRun, log: JsonLinesLog, bar: ProgressBar): Promise<void> {
  const { state, task, folder } = run;
  const { sum, count } = state.losses;
  const validation = await withTunedAverage(run, () => validate(run));
  const check: TuneCheck = { step: state.step, trainLoss: sum / count, ...validation };
  state.checks.push(check);
  state.losses = { sum: 0, count: 0 };
  const isBest = bestCheck(state) === check;
  log.write({ ...check });
  const lines = state.checks.map((one) => [one.step, one.trainLoss, one.validationLoss, one.score].join(','));
  const table = `step,trainLoss,validationLoss,score\n${lines.join('\n')}\n`;
  await writeFileAtomic(path.join(folder, 'log.csv'), table);
  await writeTunePlot(run);
  if (isBest) await withTunedAverage(run, () => saveTuned(run));
  // Last: what goes on from it writes nothing of the above again.
  await saveTuneCheckpoint(run);
  bar.print(
    `step ${check.step}: training loss ${check.trainLoss.toFixed(4)}, validation loss ` +
      `${check.validationLoss.toFixed(4)}, ${SCORE_NAMES[task.kind]} ${check.score.toFixed(3)}` +
      `${isBest ? ', best so far' : ''}`,
  );
}

async function validate({
  task,
  tuning,
  loss,
  state,
  signal,
}: TuneRun): Promise<Pick<TuneCheck, 'validationLoss' | 'score'>> {
  const scorer = makeScorer(task);
  let [sum, chips] = [0, 0];
  const input = (chips: tf.Tensor4D) => networkInput(chips, state.config.task);
  for await (const answer of predictChips(task, tuning, { split: 'validate', input, loss, signal })) {
    scorer.add(answer.labels, answersOfChip(task, answer));
    sum += answer.loss;
    chips++;
  }
  return { validationLoss: sum / chips, score: scorer.score() };
}
