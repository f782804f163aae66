import * as tf from '@tensorflow/tfjs-core';
import type { OpenVit } from '../model/openVit.js';
import { turn } from '../stopping/turn.js';
import type { Outcome } from '../transfer/Bench.js';
import { drawBatch } from '../transfer/drawBatch.js';
import type { DrawnLabels } from '../transfer/drawLabels.js';
import { imageOf } from '../transfer/features/rawSource.js';
import { makeScorer, mostLikely } from '../transfer/score.js';
import type { Split, Task } from '../transfer/Task.js';
import type { StudyMethod } from './StudyMethod.js';
import { StudyNetwork, type StudySettings } from './StudyNetwork.js';
import { type StudyLoss, studyLoss } from './studyLoss.js';

/** What all trials of a study share. */
export interface StudyBench {
  task: Task;
  model: OpenVit;
  settings: StudySettings;
  steps: number;
  batch: number;
  loss: StudyLoss;
  signal?: AbortSignal;
}

/** An outcome, and what was said of the test chips that are shown. */
export interface StudyOutcome extends Outcome {
  shown: Int32Array[];
}

/**
 * Trains a network on the drawn labels for so many steps, its rate falling to 0 by a cosine, and scores it.
 *
 * @param shown Test chips whose predictions are handed over.
 */
export async function studyTrial(
  bench: StudyBench,
  method: StudyMethod,
  { drawn, seed, shown }: { drawn: DrawnLabels; seed: number; shown: readonly number[] },
): Promise<StudyOutcome> {
  const { task, model, settings, steps, batch, loss, signal } = bench;
  const network = new StudyNetwork(model, method, { ...settings, seed });
  try {
    for (let step = 0; step < steps; step++) {
      await turn(signal);
      const { x, labels } = await drawBatch(task, drawn.train, { seed, step, size: batch });
      network.optimizer.learningRate = (settings.rate * (1 + Math.cos((Math.PI * step) / steps))) / 2;
      const given = network.isFrozen ? network.input(x) : undefined;
      try {
        const value = network.optimizer.minimize(
          () => tf.tidy(() => studyLoss(loss, network.logits(given ?? network.input(x), true), labels)),
          true,
          network.variables,
        );
        const [current] = (await value?.data()) ?? [Number.NaN];
        value?.dispose();
        if (!Number.isFinite(current))
          throw new Error(`${method.name}: the loss is ${current} at step ${step + 1}.`);
      } finally {
        tf.dispose([x, labels, ...(given ? [given] : [])]);
      }
    }
    const score = async (split: Split, chips: readonly number[]) => {
      const scorer = makeScorer(task);
      const pixels = task.shape[0] * task.shape[1];
      for (const chip of chips) {
        await turn(signal);
        const probabilities = await predictChip(network, task, split, chip);
        scorer.add(task.sets[split].labels.slice(chip * pixels, (chip + 1) * pixels), [probabilities]);
      }
      return scorer.score();
    };
    const validation = await score('validate', drawn.validate.chips);
    const test = await score(
      'test',
      Array.from({ length: task.sets.test.count }, (_, i) => i),
    );
    const pictures: Int32Array[] = [];
    for (const chip of shown)
      pictures.push(mostLikely(await predictChip(network, task, 'test', chip), task.classes.length));
    return { validation, test, choice: `step ${steps}`, steps, shown: pictures };
  } finally {
    network.dispose();
  }
}

async function predictChip(
  network: StudyNetwork,
  task: Task,
  split: Split,
  chip: number,
): Promise<Float32Array> {
  const answer = tf.tidy(() => {
    const x = tf.tensor4d(imageOf(task, split, chip, 0), [1, ...task.shape]);
    return tf.softmax(network.logits(network.input(x), false));
  });
  try {
    return (await answer.data()) as Float32Array;
  } finally {
    answer.dispose();
  }
}
