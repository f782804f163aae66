import type { ChipData } from '../data/chipData.js';
import { refuseChanges } from '../data/refuseChanges.js';
import type { ResumePoint } from './readResumePoint.js';
import { changedInputs, type RunInputs } from './runInputs.js';

/**
 * Compares what a resumed run depends on with what it was; the contents of chips are compared as they are read.
 *
 * @returns What to say of changes that are accepted, or of a checkpoint that does not tell what it was.
 * @throws If something has changed and is not accepted.
 */
export function compareInputs(
  { file, state, config }: ResumePoint,
  now: RunInputs,
  { contents, skipped }: ChipData,
  accept: boolean,
): string | undefined {
  const { inputs, contents: before } = state;
  if (!inputs || !before) {
    const what = 'whether catalog, chips, statistics and first weights are still the same is not checked';
    return `${file} is from before hashes of its inputs were saved: ${what}.`;
  }
  const changed = changedInputs(inputs, now);
  const accepted = refuseChanges('The run depends on what has changed since', changed, accept);
  // They tell where the chips are.
  if (changed.length === 0 && config.data === state.config.data) skipped.restore(state.skipped ?? []);
  contents.train.expect(before.train);
  contents.validate.expect(before.validate);
  return accepted;
}
