import type { SafetensorsTensor } from 'diffusion-ssl/interop';
import { countParameters, estimateMemory } from 'diffusion-ssl/models';
import type { RunSettings } from '../shared/types.js';

const MAX_BYTES = 3 * 2 ** 30;
const MAX_TIMESTEPS = 10_000;
/** Of a block: each is some entries of the list that is counted. */
const MAX_CONVOLUTIONS = 64;
/** Each is compared with every value of a chip. */
const MAX_NODATA = 1024;

/**
 * Throws where a run is another than its weights, or more than a page can hold, before anything of its size is made: every number may
 * come from a file.
 */
export function checkLimits(
  { network, schedule, batchSize, scaling }: RunSettings,
  weights: ReadonlyMap<string, SafetensorsTensor>,
): void {
  atMost('timesteps', schedule.timesteps, MAX_TIMESTEPS);
  for (const count of network.blockNum ?? []) atMost('convolutions a block', count, MAX_CONVOLUTIONS);
  const { nodata = [] } = scaling?.normalization ?? {};
  const values = Array.isArray(nodata) ? nodata.flat().length : Number.NaN;
  if (!(values <= MAX_NODATA))
    throw new Error(`it has ${values} values of missing pixels, and the page takes ${MAX_NODATA}`);
  const { trainable, runningStatistics } = countParameters(network);
  const counted = [...weights].filter(([name]) => !name.endsWith('num_batches_tracked'));
  const held = counted.reduce((sum, [, { data }]) => sum + data.length, 0);
  if (trainable + runningStatistics !== held) {
    throw new Error(`its network has ${trainable + runningStatistics} values, and the file holds ${held}`);
  }
  const { total } = estimateMemory(network, { batch: batchSize, size: [64, 64], ema: true });
  if (total > MAX_BYTES) {
    throw new Error(
      `its network needs about ${(total / 2 ** 30).toFixed(1)} GiB to train, and a page has ${MAX_BYTES / 2 ** 30}: train it in Node`,
    );
  }
}

function atMost(what: string, value: unknown, most: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) return;
  throw new Error(
    `it has ${String(JSON.stringify(value)).slice(0, 40)} ${what}, and the page takes 1 to ${most}`,
  );
}
