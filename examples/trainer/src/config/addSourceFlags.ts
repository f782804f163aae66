import type { Command } from 'commander';
import { names } from './flagValues.js';
import { inputBandsFlag } from './inputBandsFlag.js';

/** Adds the flags for where the chips of a training lie and what of them is read. */
export function addSourceFlags(program: Command): Command {
  return program
    .optionsGroup('Data')
    .option('--data <folder>', 'root of the chips')
    .option(
      '--catalog <file>',
      'catalog CSV: image columns with paths relative to --data, and a column usage',
    )
    .option('--image-columns <names>', 'catalog columns whose rasters are stacked along the bands', names, [
      'image',
    ])
    .addOption(inputBandsFlag('bands of the chips that the network gets'));
}
