import type { FineTuning } from 'diffusion-ssl/finetuning';
import type { Bench } from './Bench.js';
import { picked } from './features/rawSource.js';
import { answersOfChip, predictChips } from './predictChips.js';
import { makeScorer } from './score.js';
import { type Split, taskSizes } from './Task.js';

/** Chips that a network is scored on. */
export interface ScoredChips {
  split: Split;
  chips: readonly number[];
  /** What is known of them. Default: all that the split knows. */
  labels?: Int32Array;
  /** The pixels that count. Default all. */
  pixels?: Int32Array;
}

/** The score of a network on chips. */
export async function scoreChips(
  { task, signal }: Bench,
  tuning: FineTuning,
  { split, chips, labels, pixels }: ScoredChips,
): Promise<number> {
  const { samples, questions } = taskSizes(task);
  const length = samples * questions;
  const scorer = makeScorer(task);
  let i = 0;
  for await (const answer of predictChips(task, tuning, { split, chips, batch: 16, signal })) {
    const known = labels?.subarray(i * length, (i + 1) * length) ?? answer.labels;
    i++;
    const answers = answersOfChip(task, answer);
    if (!pixels) scorer.add(known, answers);
    else {
      const own = answers.map((one) => picked(one, task.classes.length, pixels));
      scorer.add(
        Int32Array.from(pixels, (p) => known[p]),
        own,
      );
    }
  }
  return scorer.score();
}
