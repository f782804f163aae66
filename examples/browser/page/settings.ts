import type { BetaScheduleType } from 'diffusion-ssl/diffusion';
import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { DatasetInfo, RunSettings, ScheduleSettings, StepSettings } from '../shared/types.js';
import { input, select } from './element.js';

const ONE_EACH = [1, 1, 1, 1, 1, 1];
/** Networks that a page trains in minutes; what they do not say is the library's default. */
const NETWORKS: Record<string, UnetAttDConfig> = {
  tiny: { filterConfig: [4, 4, 8, 8, 8, 8], blockNum: ONE_EACH },
  small: { filterConfig: [32, 64, 128, 128, 128, 128], blockNum: ONE_EACH },
  medium: { filterConfig: [32, 64, 128, 256, 256, 256], blockNum: [1, 1, 2, 2, 2, 2] },
};
/** The choice that stands for the network of an opened file. */
const OF_FILE = 'file';

/** Where the fields say of a network or of a schedule what they cannot show. */
let opened: RunSettings | undefined;

/** The number in a field; what is no number, or beyond the field's limits, is an error that names it. */
export function numberIn(id: string): number {
  const field = input(id);
  if (!field.validity.valid || field.value === '') {
    const name = field.labels?.[0]?.textContent?.trim() || id;
    field.focus();
    throw new Error(`“${name}” takes a number from ${field.min} to ${field.max}, not “${field.value}”.`);
  }
  return field.valueAsNumber;
}

/** The schedule chosen; with the betas of the opened run's, where it is that. */
export function scheduleSettings(): ScheduleSettings {
  const type = select('schedule').value as BetaScheduleType;
  const timesteps = numberIn('timesteps');
  return opened?.schedule.type === type ? { ...opened.schedule, timesteps } : { type, timesteps };
}

/** What the run at hand, or a new one, takes for its next steps. */
export function stepSettings(): StepSettings {
  return { batchSize: numberIn('batch'), learningRate: numberIn('rate') };
}

/** The settings of a new run on these chips: those of the trainer in Node, but for the length of the run. */
export function runSettings({ bands, size }: Pick<DatasetInfo, 'bands' | 'size'>): RunSettings {
  const seed = numberIn('seed');
  const choice = select('network').value;
  const chosen = choice === OF_FILE ? opened?.network : NETWORKS[choice];
  return {
    network: { dropoutRate: 0, patchSize: size % 64 === 0 ? 2 : 1, ...chosen, inChannels: bands, seed },
    schedule: scheduleSettings(),
    predictionType: 'x0',
    snrPower: 0.25,
    ...stepSettings(),
    seed,
  };
}

/** Lets the fields say what a run has. */
export function showSettings(settings: RunSettings): void {
  opened = settings;
  const { network, schedule, batchSize, learningRate, seed } = settings;
  const isThis = ({ filterConfig, blockNum }: UnetAttDConfig) =>
    String([filterConfig, blockNum]) === String([network.filterConfig, network.blockNum]);
  const known = Object.keys(NETWORKS).find((name) => isThis(NETWORKS[name]));
  const networks = select('network');
  networks.querySelector(`[value=${OF_FILE}]`)?.remove();
  if (!known) networks.append(new Option('as in the file', OF_FILE));
  networks.value = known ?? OF_FILE;
  select('schedule').value = schedule.type;
  for (const [id, value] of Object.entries({
    timesteps: schedule.timesteps,
    batch: batchSize,
    rate: learningRate,
    seed,
  })) {
    input(id).value = String(value);
  }
}
