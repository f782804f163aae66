import type { Bench } from '../Bench.js';
import type { DrawnLabels } from '../drawLabels.js';
import type { NetworkMaps } from '../features/NetworkMaps.js';
import { networkSource } from '../features/networkSource.js';
import { type FittedProbe, fitProbe } from '../probeTrial.js';

/** The pretrained network, or the same with random weights. */
export type NetworkKind = 'pretrained' | 'random';

/** Of the labels drawn last, for each network: several methods of a trial ask for it. */
const found = new WeakMap<DrawnLabels, Map<NetworkMaps, FittedProbe>>();

/** The linear probe of the reading that is the best on the validation labels. */
export async function linearOf(
  bench: Bench,
  drawn: DrawnLabels,
  { network, seed }: { network: NetworkKind; seed: number },
): Promise<FittedProbe> {
  const known = found.get(drawn) ?? new Map<NetworkMaps, FittedProbe>();
  found.set(drawn, known);
  const maps = bench[network];
  let fitted = known.get(maps);
  if (!fitted) {
    const sources = bench.readings.map((reading) => networkSource(maps, reading, bench.signal));
    fitted = await fitProbe(bench, drawn, { sources, head: 'linear', seed });
    known.set(maps, fitted);
  }
  return fitted;
}
