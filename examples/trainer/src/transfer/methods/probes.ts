import type { Bench } from '../Bench.js';
import type { DrawnLabels } from '../drawLabels.js';
import type { FeatureSource } from '../features/FeatureSource.js';
import { joinedSource } from '../features/joinedSource.js';
import type { NetworkMaps } from '../features/NetworkMaps.js';
import { neighbourhoodSource } from '../features/neighbourhoodSource.js';
import { networkSource } from '../features/networkSource.js';
import { rawSource } from '../features/rawSource.js';
import type { HeadKind } from '../fitHead.js';
import { fitProbe, probeTrial } from '../probeTrial.js';
import type { Method } from './Method.js';

type Sources = (bench: Bench, drawn: DrawnLabels, seed: number) => Promise<FeatureSource[]>;

const raw: Sources = async ({ task }) => [rawSource(task)];
const neighbourhood: Sources = async ({ task }) => [neighbourhoodSource(task)];

/** Every reading of a network. */
const readingsOf =
  (network: 'pretrained' | 'random'): Sources =>
  async (bench) =>
    bench.readings.map((reading) => networkSource(bench[network], reading, bench.signal));

/** The reading that a linear probe finds the best on the validation labels. */
const bestReadingOf =
  (network: 'pretrained' | 'random'): Sources =>
  async (bench, drawn, seed) => [await bestSource(bench, drawn, { network, seed })];

/** The same, behind the means and deviations of windows. */
const besideWindows =
  (network: 'pretrained' | 'random'): Sources =>
  async (bench, drawn, seed) => {
    const source = await bestSource(bench, drawn, { network, seed });
    return [joinedSource(neighbourhoodSource(bench.task), source)];
  };

/** The methods that fit a head to vectors, without and with pretraining. */
export const probes: readonly Method[] = [
  probe('raw-linear', raw, 'linear'),
  probe('raw-forest', raw, 'forest'),
  probe('neighbourhood-linear', neighbourhood, 'linear'),
  probe('neighbourhood-forest', neighbourhood, 'forest'),
  probe('random-features-linear', readingsOf('random'), 'linear'),
  probe('random-features-windows-forest', besideWindows('random'), 'forest'),
  probe('features-linear', readingsOf('pretrained'), 'linear'),
  probe('features-forest', bestReadingOf('pretrained'), 'forest'),
  probe('features-mlp', bestReadingOf('pretrained'), 'mlp'),
  probe('features-windows-linear', besideWindows('pretrained'), 'linear'),
  probe('features-windows-forest', besideWindows('pretrained'), 'forest'),
];

function probe(name: string, sourcesOf: Sources, head: HeadKind): Method {
  return {
    name,
    pretrained: name.startsWith('features'),
    run: async (bench, drawn, seed) =>
      probeTrial(bench, drawn, { sources: await sourcesOf(bench, drawn, seed), head, seed }),
  };
}

/** Of the labels drawn last, for each network: several methods of a trial ask for it. */
const found = new WeakMap<DrawnLabels, Map<NetworkMaps, FeatureSource>>();

async function bestSource(
  bench: Bench,
  drawn: DrawnLabels,
  { network, seed }: { network: 'pretrained' | 'random'; seed: number },
): Promise<FeatureSource> {
  const known = found.get(drawn) ?? new Map<NetworkMaps, FeatureSource>();
  found.set(drawn, known);
  const maps = bench[network];
  let source = known.get(maps);
  if (!source) {
    const sources = await readingsOf(network)(bench, drawn, seed);
    source = (await fitProbe(bench, drawn, { sources, head: 'linear', seed })).source;
    known.set(maps, source);
  }
  return source;
}
