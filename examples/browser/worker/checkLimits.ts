import type { StoredTensor } from 'diffusion-ssl/interop';
import { countParameters, estimateMemory } from 'diffusion-ssl/models';
import type { SavedState } from './settingsOfState.js';

/** Memory that a network may take to train. */
export const MAX_NETWORK_BYTES = 3 * 2 ** 30;
const MAX_TIMESTEPS = 10_000;
/** Each is compared with every value of a chip. */
const MAX_NODATA = 1024;

/**
 * Throws where a run is another than its weights, or more than a page can hold, before anything of its size is made:
 * every number may come from a file.
 */
export function checkLimits(
  { settings, known }: SavedState,
  weights: ReadonlyMap<string, StoredTensor>,
): void {
  const { network, schedule, batchSize, scaling } = settings;
  const { timesteps } = schedule;
  if (!(timesteps >= 1 && timesteps <= MAX_TIMESTEPS))
    throw new Error(
      `it has ${String(JSON.stringify(timesteps)).slice(0, 40)} timesteps, and the page takes 1 to ${MAX_TIMESTEPS}`,
    );
  const { nodata = [] } = scaling?.normalization ?? {};
  const values = Array.isArray(nodata) ? nodata.flat().length : Number.NaN;
  if (!(values <= MAX_NODATA))
    throw new Error(`it has ${values} values of missing pixels, and the page takes ${MAX_NODATA}`);
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
  const { total } = estimateMemory(network, { batch: batchSize, size: [64, 64], ema: true });
  if (total > MAX_NETWORK_BYTES) {
    throw new Error(
      `its network needs about ${(total / 2 ** 30).toFixed(1)} GiB to train, ` +
        `and a page has ${MAX_NETWORK_BYTES / 2 ** 30}: train it in Node`,
    );
  }
}
