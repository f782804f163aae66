import type { StoredTensor } from 'diffusion-ssl/interop';
import { countParameters } from 'diffusion-ssl/models';
import { checkSizes } from './checkSizes.js';
import type { SavedState } from './settingsOfState.js';

/**
 * Throws where a run is another than its weights, or more than a page can hold, before anything of its size is made:
 * every number may come from a file.
 */
export function checkLimits(
  { settings, known }: SavedState,
  weights: ReadonlyMap<string, StoredTensor>,
): void {
  const { network } = settings;
  const { trainable, runningStatistics } = countParameters(network);
  const counted = [...weights].filter(([name]) => !name.endsWith('num_batches_tracked'));
  const sizeOf = ({ shape }: StoredTensor) => shape.reduce((product, side) => product * side, 1);
  const held = counted.reduce((sum, [, tensor]) => sum + sizeOf(tensor), 0);
  const said = trainable + runningStatistics;
  if (said !== held) {
    throw new Error(
      known
        ? `it holds ${held} values of weights, and its header speaks of a network of ${said}`
        : `it holds another network than the one chosen here (${held} values, not ${said}); ` +
            'choose its size under “Network”',
    );
  }
  checkSizes(settings);
}
