import { createCounter } from '../console/counter.js';
import { byteText } from '../model/byteText.js';
import { type Look, MAPS_BATCH, type NetworkMaps } from '../transfer/features/NetworkMaps.js';
import { SPLITS } from '../transfer/Task.js';

/**
 * Has the maps of all chips computed, or found on disk, and says before what a pass takes. What is read later comes
 * from memory or disk.
 */
export async function readAll(maps: NetworkMaps, looks: readonly Look[], signal: AbortSignal): Promise<void> {
  const { sets } = maps.task;
  const chips = SPLITS.flatMap((split) =>
    Array.from({ length: sets[split].count }, (_, chip) => ({ split, chip })),
  );
  const images = Math.min(MAPS_BATCH, chips.length);
  const { total, stored } = maps.memory(looks[0], images);
  console.log(
    `a pass of ${images} chips takes ${byteText(total)} of memory beside the weights, ` +
      `all features ${byteText((stored / images) * chips.length * looks.length)} on disk`,
  );
  const counter = createCounter('features', chips.length * looks.length);
  let done = 0;
  for (const look of looks) {
    for (const { split, chip } of chips) {
      await maps.of(split, chip, look, signal);
      counter.update(++done);
    }
  }
  counter.close();
}
