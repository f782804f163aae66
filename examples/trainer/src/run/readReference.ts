import { shownChips } from '../data/shownChips.js';
import { displayOf } from '../pictures/display.js';
import type { Run, RunReference } from './Run.js';
import { baselineLoss, validationOptions } from './validate.js';

/** Reads what a run is measured by, before it trains. */
export async function readReference(run: Omit<Run, keyof RunReference>): Promise<RunReference> {
  const { config, state } = run;
  const { sample, validate, contents } = run.data;
  const baseline = await baselineLoss(sample, validate, validationOptions(run));
  contents.train.check();
  contents.validate.check();
  // Read now: a run that is asked to stop while it writes what an epoch leaves reads no more, and writes it all the
  // same.
  const shown = await shownChips(validate);
  run.events.note(
    `baseline: the best affine predictor reaches a mean squared error of ${baseline.toFixed(4)}`,
  );
  return { baseline, shown, display: displayOf(config, state.chips.statistics) };
}
