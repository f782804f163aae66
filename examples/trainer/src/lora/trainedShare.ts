import type { NamedParameter } from 'diffusion-ssl/models';
import type { LoraRun } from './LoraRun.js';

/** How many weights an adaptation trains, and as a share of the network's. */
export function trainedShare({ parameters, weights }: Pick<LoraRun, 'parameters' | 'weights'>): {
  trained: number;
  share: number;
} {
  const trained = countTrainable(parameters);
  return { trained, share: trained / weights };
}

/** How many weights can be trained. */
export function countTrainable(parameters: readonly NamedParameter[]): number {
  return parameters.reduce((sum, { spec, variable }) => sum + (spec.trainable ? variable.size : 0), 0);
}
