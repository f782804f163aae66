import { fromPretrained, type ModelBand, type PretrainedNetwork } from 'diffusion-ssl/pretrained';
import { describeCondition } from '../conditions/describeCondition.js';
import { countNetwork } from '../model/countNetwork.js';
import { filesOf } from '../model/openModel.js';
import type { Report } from './Report.js';

/** What a folder of a run or of a model, or an http address of one, says of its network; no weight is read. */
export async function inspectModel(place: string): Promise<Report> {
  let network: PretrainedNetwork | undefined;
  const seen = new Error('seen');
  await fromPretrained(filesOf(place), {
    accept: (described) => {
      network = described;
      throw seen;
    },
  }).catch((error) => {
    if (error !== seen) throw error;
  });
  const { factory, config, bands, diffusion, normalization, size, conditions, remarks } = network!;
  const { trainable, stateDictEntries } = countNetwork(network!);
  const report: Report = { title: `${place}: a model, ${factory}`, facts: [], warnings: remarks };
  report.facts.push([
    'parameters',
    `${trainable.toLocaleString('en')} that train, in ${stateDictEntries} tensors with the running statistics`,
  ]);
  report.facts.push(['bands', bands.map(bandText).join(', ')]);
  if (conditions?.length) report.facts.push(['conditions', conditions.map(describeCondition).join(', ')]);
  if (size) report.facts.push(['trained on', `chips of ${size.join(' × ')} pixels`]);
  if (diffusion) {
    const { schedule, timesteps, predictionType, zeroTerminalSnr } = diffusion;
    const terminal = zeroTerminalSnr ? ', zero terminal SNR' : '';
    report.facts.push([
      'diffusion',
      `${timesteps} timesteps, ${schedule}${terminal}; predicts ${predictionType}`,
    ]);
  }
  if (normalization === null) report.facts.push(['scaling', 'none: chips as they are']);
  else if (normalization) {
    const { strategy, procedure, globalStats } = normalization;
    report.facts.push([
      'scaling',
      `${strategy}, ${procedure}${globalStats ? ', its statistics are here' : ''}`,
    ]);
  }
  report.facts.push(['network', JSON.stringify(config)]);
  return report;
}

function bandText({ name, unit, wavelength }: ModelBand, i: number): string {
  const details = [unit, wavelength === undefined ? undefined : `${wavelength} µm`].filter(
    (text) => text !== undefined,
  );
  return `${name ?? `band ${i + 1}`}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}
