import type { Bench } from '../Bench.js';
import type { DrawnLabels } from '../drawLabels.js';
import type { FeatureSource } from '../features/FeatureSource.js';
import { joinedSource } from '../features/joinedSource.js';
import { neighbourhoodSource } from '../features/neighbourhoodSource.js';
import { rawSource } from '../features/rawSource.js';
import { type HeadKind, SETTINGS } from '../fitHead.js';
import { type FittedProbe, fitProbe, probeOutcome } from '../probeTrial.js';
import type { Task } from '../Task.js';
import { linearOf, type NetworkKind } from './linearOf.js';
import type { Method } from './Method.js';

type Sources = (bench: Bench, drawn: DrawnLabels, seed: number) => Promise<FeatureSource[]>;

const raw: Sources = async ({ task }) => [rawSource(task)];
const neighbourhood: Sources = async ({ task }) => [neighbourhoodSource(task)];

/** The reading that a linear probe finds the best on the validation labels. */
const bestReadingOf =
  (network: NetworkKind): Sources =>
  async (bench, drawn, seed) => [(await linearOf(bench, drawn, { network, seed })).source];

/** The same, behind the bands, or behind the means and deviations of windows too. */
const beside =
  (inputOf: (task: Task) => FeatureSource, network: NetworkKind): Sources =>
  async (bench, drawn, seed) => {
    const { source } = await linearOf(bench, drawn, { network, seed });
    return [joinedSource(inputOf(bench.task), source)];
  };

/** The methods that fit a head to vectors, without and with pretraining. */
export const probes: readonly Method[] = [
  probe('raw-linear', raw, 'linear'),
  probe('raw-forest', raw, 'forest'),
  probe('neighbourhood-linear', neighbourhood, 'linear'),
  probe('neighbourhood-forest', neighbourhood, 'forest'),
  probe('neighbourhood-mlp', neighbourhood, 'mlp'),
  linearProbeOf('random-features-linear', 'random'),
  probe('random-features-bands-linear', beside(rawSource, 'random'), 'linear'),
  probe('random-features-windows-forest', beside(neighbourhoodSource, 'random'), 'forest'),
  linearProbeOf('features-linear', 'pretrained'),
  probe('features-forest', bestReadingOf('pretrained'), 'forest'),
  probe('features-mlp', bestReadingOf('pretrained'), 'mlp'),
  probe('features-bands-linear', beside(rawSource, 'pretrained'), 'linear'),
  probe('features-windows-linear', beside(neighbourhoodSource, 'pretrained'), 'linear'),
  probe('features-windows-forest', beside(neighbourhoodSource, 'pretrained'), 'forest'),
  probe('features-windows-mlp', beside(neighbourhoodSource, 'pretrained'), 'mlp'),
];

function probe(name: string, sourcesOf: Sources, head: HeadKind): Method {
  return method(name, head, async (bench, drawn, seed) =>
    fitProbe(bench, drawn, { sources: await sourcesOf(bench, drawn, seed), head, seed }),
  );
}

/** Of every reading of a network. */
function linearProbeOf(name: string, network: NetworkKind): Method {
  return method(name, 'linear', (bench, drawn, seed) => linearOf(bench, drawn, { network, seed }));
}

function method(
  name: string,
  head: HeadKind,
  fit: (bench: Bench, drawn: DrawnLabels, seed: number) => Promise<FittedProbe>,
): Method {
  const network = ({ features: 'pretrained', random: 'random' } as const)[name.split('-')[0]];
  return {
    name,
    pretrained: network === 'pretrained',
    settings: (bench) => ({
      network: network && [bench[network].fingerprint, bench.readings],
      head: [bench.maxRows, SETTINGS[head]],
    }),
    run: async (bench, drawn, seed) => probeOutcome(bench, await fit(bench, drawn, seed)),
  };
}
