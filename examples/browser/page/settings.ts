import type { BetaScheduleType } from 'diffusion-ssl/diffusion';
import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { RunSettings, ScheduleSettings } from '../shared/types.js';
import { input, select } from './element.js';

/** Networks that a page trains in minutes; what they do not say is the library's default. */
const NETWORKS: Record<string, UnetAttDConfig> = {
  tiny: { filterConfig: [4, 4, 8, 8, 8, 8], blockNum: [1, 1, 1, 1, 1, 1] },
  small: { filterConfig: [16, 16, 32, 32, 32, 32], blockNum: [1, 1, 1, 1, 1, 1] },
  medium: { filterConfig: [16, 32, 64, 128, 128, 128] },
};

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

export function scheduleSettings(): ScheduleSettings {
  return { type: select('schedule').value as BetaScheduleType, timesteps: numberIn('timesteps') };
}

/** The settings of a new run on chips of so many bands. */
export function runSettings(bands: number): RunSettings {
  const seed = numberIn('seed');
  return {
    network: { ...NETWORKS[select('network').value], inChannels: bands, seed },
    schedule: scheduleSettings(),
    batchSize: numberIn('batch'),
    learningRate: numberIn('rate'),
    seed,
  };
}
