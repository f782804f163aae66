import type { Head } from 'diffusion-ssl/heads';
import type { Bench, Outcome } from './Bench.js';
import type { DrawnLabels } from './drawLabels.js';
import type { FeatureSource } from './features/FeatureSource.js';
import { answersOf, fitHeads, type HeadKind, type HeadSetting, type Predict, SETTINGS } from './fitHead.js';
import { gatherRows, pickRows } from './gatherRows.js';
import { makeScorer } from './score.js';
import { isPerPixel, type Task, taskSizes } from './Task.js';

/** The vectors and the head that were the best on the validation labels. */
export interface FittedProbe {
  source: FeatureSource;
  /** One a question. */
  heads: Head[];
  predict: Predict;
  validation: number;
  choice: string;
}

/** What is tried of a probe. */
export interface ProbeOptions {
  sources: readonly FeatureSource[];
  head: HeadKind;
  seed: number;
  /** Default those of trials. */
  settings?: readonly HeadSetting[];
  /** Hears what each is worth on the validation labels. */
  onFit?(choice: string, validation: number): void;
}

/** Fits a head to the drawn labels on each of some sources, and takes what is best on the validation labels. */
export async function fitProbe(
  { task, maxRows, signal }: Pick<Bench, 'task' | 'maxRows' | 'signal'>,
  drawn: DrawnLabels,
  { sources, head, seed, settings = SETTINGS[head], onFit }: ProbeOptions,
): Promise<FittedProbe> {
  const train = await pickRows(task, drawn.train, { limit: maxRows, seed, part: 0 });
  const validate = await pickRows(task, drawn.validate, { limit: maxRows, seed, part: 1 });
  let best: FittedProbe | undefined;
  for (const source of sources) {
    const rows = await gatherRows(source, 'train', train);
    const held = await gatherRows(source, 'validate', validate);
    for (const setting of settings) {
      const heads = await fitHeads(task, rows, { kind: head, setting, seed, signal });
      const predict = answersOf(heads);
      const scorer = makeScorer(task);
      scorer.add(held.labels, await predict(held.features));
      const validation = scorer.score();
      const choice = settings.length > 1 ? `${source.name}; ${setting.name}` : source.name;
      onFit?.(choice, validation);
      if (best && validation <= best.validation) continue;
      best = { source, heads, predict, validation, choice };
    }
  }
  return best!;
}

/** Scores a fitted head on the test chips. */
export async function probeOutcome(
  bench: Bench,
  { source, predict, validation, choice }: FittedProbe,
): Promise<Outcome> {
  const { task } = bench;
  const { samples, questions } = taskSizes(task);
  const pixels = scoredPixels(task, bench.scoreEvery);
  const scorer = makeScorer(task);
  for (let chip = 0; chip < task.sets.test.count; chip++) {
    bench.signal?.throwIfAborted();
    const known = task.sets.test.labels.subarray(
      chip * samples * questions,
      (chip + 1) * samples * questions,
    );
    const labels = pixels ? Int32Array.from(pixels, (pixel) => known[pixel]) : known;
    scorer.add(labels, await predict(await source.rows('test', chip, pixels)));
  }
  return { validation, test: scorer.score(), choice };
}

/** The pixels of a chip that count, one of every so many rows and columns; of scenes none. */
export function scoredPixels({ kind, shape: [height, width] }: Task, every: number): Int32Array | undefined {
  if (!isPerPixel(kind)) return undefined;
  const all = Int32Array.from({ length: height * width }, (_, i) => i);
  return all.filter((i) => Math.floor(i / width) % every === 0 && (i % width) % every === 0);
}
