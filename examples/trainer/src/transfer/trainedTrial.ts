import type { Bench, Outcome } from './Bench.js';
import type { DrawnLabels } from './drawLabels.js';
import { scoredPixels } from './probeTrial.js';
import { scoreChips } from './scoreChips.js';
import { CHECKS, type TrainedStart, Training } from './Training.js';

/** Tried by every method that is trained. */
export const LEARNING_RATES = [1e-3, 4e-3];
/** After so many checks the learning rate that is ahead on the validation labels goes on alone. */
export const TRIED = CHECKS / 4;
/** A training ends where so many checks in a row brought nothing better. */
export const PATIENCE = CHECKS / 2;

/**
 * Trains network and head on the drawn labels: with each learning rate for a quarter of the steps, then on with the
 * better one, and keeps what was best on the validation labels at one of some checks.
 */
export async function trainedTrial(
  bench: Bench,
  drawn: DrawnLabels,
  start: TrainedStart & { seed: number },
): Promise<Outcome> {
  let best: Training | undefined;
  let rate = 0;
  try {
    for (const tried of LEARNING_RATES) {
      const training = new Training(bench, drawn, { ...start, rate: tried });
      try {
        await training.advance(TRIED);
      } catch (error) {
        training.dispose();
        throw error;
      }
      if (best && best.validation >= training.validation) {
        training.dispose();
      } else {
        best?.dispose();
        [best, rate] = [training, tried];
      }
    }
    await best!.advance(CHECKS, PATIENCE);
    const { tuning, validation, curve, at } = best!;
    best!.restore();
    const chips = Array.from({ length: bench.task.sets.test.count }, (_, i) => i);
    const pixels = scoredPixels(bench.task, bench.scoreEvery);
    const test = await scoreChips(bench, tuning, { split: 'test', chips, pixels });
    return {
      validation,
      test,
      choice: `rate ${rate}, step ${at} of ${bench.steps}`,
      steps: bench.steps,
      curve,
    };
  } finally {
    best?.dispose();
  }
}
