import type { PageState } from './PageState.js';

/** Whether a run may take the place of the one at hand: asks the visitor where that one is not saved. */
export function mayReplaceRun(state: PageState): boolean {
  return !state.value.unsaved || confirm('The network at hand is not saved. Put another in its place?');
}
