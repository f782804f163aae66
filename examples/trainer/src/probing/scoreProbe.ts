import { turn } from '../stopping/turn.js';
import type { FittedProbe } from '../transfer/probeTrial.js';
import { makeScorer, type Scorer } from '../transfer/score.js';
import { type Split, type Task, taskSizes } from '../transfer/Task.js';

/** What a probe says of all samples of a split. */
export async function scoreProbe(
  task: Task,
  { source, predict }: Pick<FittedProbe, 'source' | 'predict'>,
  split: Split,
  signal?: AbortSignal,
): Promise<Scorer> {
  const { samples, questions } = taskSizes(task);
  const scorer = makeScorer(task);
  const length = samples * questions;
  for (let chip = 0; chip < task.sets[split].count; chip++) {
    await turn(signal);
    const known = task.sets[split].labels.subarray(chip * length, (chip + 1) * length);
    scorer.add(known, await predict(await source.rows(split, chip)));
  }
  return scorer;
}
