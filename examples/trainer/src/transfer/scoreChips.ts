import * as tf from '@tensorflow/tfjs-core';
import type { FineTuning } from 'diffusion-ssl/finetuning';
import { turn } from '../stopping/turn.js';
import type { Bench } from './Bench.js';
import { imageOf, picked } from './features/rawSource.js';
import { makeScorer, type Scorer } from './score.js';
import { type Split, type Task, taskSizes } from './Task.js';

/** Chips that a network is scored on. */
export interface ScoredChips {
  split: Split;
  chips: readonly number[];
  /** What is known of them. Default: all that the split knows. */
  labels?: Int32Array;
  /** The pixels that count. Default all. */
  pixels?: Int32Array;
}

/** Chips of a pass. */
const BATCH = 16;

/** The score of a network on chips. */
export async function scoreChips(
  { task, signal }: Bench,
  tuning: FineTuning,
  { split, chips, labels, pixels }: ScoredChips,
): Promise<number> {
  const set = task.sets[split];
  const { samples, questions } = taskSizes(task);
  const length = samples * questions;
  const scorer = makeScorer(task);
  for (let start = 0; start < chips.length; start += BATCH) {
    await turn(signal);
    const part = chips.slice(start, start + BATCH);
    const answers = tf.tidy(() => {
      const images = part.map((chip) => tf.tensor3d(imageOf(task, split, chip), task.shape));
      const logits = tuning.predict(tf.stack(images) as tf.Tensor4D);
      return task.kind === 'groups' ? tf.sigmoid(logits) : tf.softmax(logits);
    });
    const values = (await answers.data()) as Float32Array;
    answers.dispose();
    for (const [i, chip] of part.entries()) {
      const known = labels
        ? labels.subarray((start + i) * length, (start + i + 1) * length)
        : set.labels.subarray(chip * length, (chip + 1) * length);
      const own = values.subarray((i * values.length) / part.length, ((i + 1) * values.length) / part.length);
      addChip(scorer, task, { known, own, pixels });
    }
  }
  return scorer.score();
}

function addChip(
  scorer: Scorer,
  task: Task,
  { known, own, pixels }: { known: Int32Array; own: Float32Array; pixels?: Int32Array },
): void {
  if (task.kind === 'groups') {
    const answers = Array.from(own, (p) => Float32Array.of(1 - p, p));
    scorer.add(known, answers);
  } else if (pixels) {
    const labels = Int32Array.from(pixels, (p) => known[p]);
    scorer.add(labels, [picked(own, task.classes.length, pixels)]);
  } else {
    scorer.add(known, [own]);
  }
}
