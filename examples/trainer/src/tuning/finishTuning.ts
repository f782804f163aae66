import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { HEAD_FILE, readHeadFile, type TunedFile } from '../heads/HeadFile.js';
import { type SplitScores, writeScores } from '../heads/writeScores.js';
import { openModel } from '../model/openModel.js';
import { type LabelledPicture, labelPicture } from '../pictures/labelPicture.js';
import { shownChips } from '../probing/probePicture.js';
import { imageOf } from '../transfer/features/rawSource.js';
import { answersOfChip, predictChips } from '../transfer/predictChips.js';
import { makeScorer, mostLikely, SCORE_NAMES } from '../transfer/score.js';
import { datesOf } from '../transfer/Task.js';
import { networkInput } from './networkInput.js';
import { openTuned } from './openTuned.js';
import { TUNED } from './saveTuned.js';
import type { TuneRun } from './TuneRun.js';

/** Scores the best model, as its folder has it, on validation and test chips, and draws what it says of some. */
export async function finishTuning(run: TuneRun): Promise<void> {
  const { folder, task, classes, signal } = run;
  const { task: kind } = run.state.config;
  const input = (chips: tf.Tensor4D) => networkInput(chips, kind);
  const name = path.join(folder, TUNED, HEAD_FILE);
  const file = (await readHeadFile(name)) as TunedFile;
  const model = await openModel(path.join(folder, TUNED));
  try {
    const tuning = await openTuned(name, file, model);
    const scores: Record<string, SplitScores> = {};
    for (const split of ['validate', 'test'] as const) {
      if (task.sets[split].count === 0) continue;
      const scorer = makeScorer(task);
      for await (const answer of predictChips(task, tuning, { split, input, signal })) {
        scorer.add(answer.labels, answersOfChip(task, answer));
      }
      scores[split] = await writeScores(folder, split, scorer, task.classes);
      console.log(`${split}: ${SCORE_NAMES[task.kind]} ${scorer.score().toFixed(3)}`);
    }
    await writeFileAtomic(path.join(folder, 'metrics.json'), `${JSON.stringify(scores, null, 2)}\n`);
    if (task.kind !== 'segmentation') return;
    const [height, width, channels] = task.shape;
    const shown: LabelledPicture[] = [];
    const options = { split: 'validate', input, chips: shownChips(task), signal } as const;
    for await (const { chip, probabilities, labels } of predictChips(task, tuning, options)) {
      const values = imageOf(task, 'validate', chip);
      const dates = datesOf(kind);
      const bands = channels / dates;
      const images = Array.from({ length: dates }, (_, date) => {
        const data = values.filter((_, i) => Math.floor((i % channels) / bands) === date);
        return { height, width, channels: bands, data };
      });
      const prediction = mostLikely(probabilities, classes.length);
      shown.push({ name: task.sets.validate.names[chip], images, labels, prediction });
    }
    const picture = await labelPicture(shown, model, { classes, title: 'Validation chips' });
    await writeFileAtomic(path.join(folder, 'predictions.png'), picture);
  } finally {
    model.model.dispose();
  }
}
