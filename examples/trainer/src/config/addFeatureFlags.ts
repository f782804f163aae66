import type { Command } from 'commander';
import { choice, integer, integers, names } from './flagValues.js';

/** How features are read, as flags say it. */
export interface FeatureFlags {
  timesteps: number[];
  layers?: string[];
  noise: 'shared' | 'none';
  seed: number;
}

/** Adds the flags of features that are read in one way. */
export function addFeatureFlags(program: Command, timesteps: string): Command {
  return program
    .option('--timesteps <list>', 'timesteps that the network is told', integers(0), integers(0)(timesteps))
    .option(
      '--layers <names>',
      'layers that are read (default: the last blocks of the decoder, from fine to coarse)',
      names,
    )
    .addOption(
      choice(
        '--noise <kind>',
        'what images get of a timestep: the same noise each, or none',
        ['shared', 'none'],
        'shared',
      ),
    )
    .option('--seed <n>', 'decides the noise', integer(0), 0);
}
