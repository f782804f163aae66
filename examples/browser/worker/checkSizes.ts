import { estimateMemory } from 'diffusion-ssl/models';
import type { RunSettings } from '../shared/types.js';

/** Memory that a network may take to train. */
const MAX_BYTES = 3 * 2 ** 30;
const MAX_TIMESTEPS = 10_000;
/** Each is compared with every value of a chip. */
const MAX_NODATA = 1024;

/**
 * Throws where a run is more than a page can hold, before anything of its size is made: every number may be a file's.
 */
export function checkSizes({ network, schedule, batchSize, scaling }: RunSettings): void {
  const { timesteps } = schedule;
  if (!(timesteps >= 1 && timesteps <= MAX_TIMESTEPS))
    throw new Error(
      `it has ${String(JSON.stringify(timesteps)).slice(0, 40)} timesteps, and the page takes 1 to ${MAX_TIMESTEPS}`,
    );
  const { nodata = [] } = scaling?.normalization ?? {};
  const values = Array.isArray(nodata) ? nodata.flat().length : Number.NaN;
  if (!(values <= MAX_NODATA))
    throw new Error(`it has ${values} values of missing pixels, and the page takes ${MAX_NODATA}`);
  const { total } = estimateMemory(network, { batch: batchSize, size: [64, 64], ema: true });
  if (total > MAX_BYTES) {
    throw new Error(
      `its network needs about ${(total / 2 ** 30).toFixed(1)} GiB to train, ` +
        `and a page has ${MAX_BYTES / 2 ** 30}: train it in Node`,
    );
  }
}
