import type { LoraRunConfig } from './LoraRunConfig.js';

/** Where none is given: adapters begin at nothing and are small, and bear ten times the rate of all weights. */
const OF_ADAPTERS = 1e-3;
const OF_ALL = 1e-4;

/** The learning rate of an adaptation. */
export function rateOf({ lr, full }: Pick<LoraRunConfig, 'lr' | 'full'>): number {
  return lr ?? (full ? OF_ALL : OF_ADAPTERS);
}
