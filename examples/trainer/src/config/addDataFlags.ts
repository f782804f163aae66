import type { Command } from 'commander';
import { addSourceFlags } from './addSourceFlags.js';
import { choice, integer, number, numbers, numbersOrNone, range, share } from './flagValues.js';

/** Adds the flags for where chips come from, how they are scaled and how they are varied. */
export function addDataFlags(program: Command): void {
  addSourceFlags(program)
    .option('--channels <n>', 'bands that the network must get (default: as many as there are)', integer(1))
    .option(
      '--size <pixels>',
      'crop or pad chips to this side, a multiple of 32 · --patch-size (default: as they are)',
      integer(32),
    )
    .addOption(
      choice(
        '--windows <where>',
        'take windows of --size of scenes or larger chips, at random or on a grid ' +
          '(default: one chip around the centre)',
        ['random', 'grid'],
      ),
    )
    .option(
      '--windows-per-scene <n>',
      'windows of a scene in an epoch; 1 crops chips at random (default: as many as its area holds)',
      integer(1),
    )
    .option('--max-missing <share>', "largest share of a window's pixels missing (default: 0.5)", share)
    .option(
      '--buffer <pixels>',
      'border around each chip: zeros; by --compat readme what the rasters have there',
      integer(0),
      0,
    )
    .option(
      '--nodata <values>',
      "values masked besides the files' own; by --compat readme one a band",
      numbers,
      [],
    )
    .addOption(
      choice(
        '--on-bad-chip <what>',
        'stop at an unreadable chip, or go on without it',
        ['error', 'skip'],
        'error',
      ),
    )
    .optionsGroup('Normalization')
    .addOption(
      choice(
        '--normalization <strategy>',
        'scaling of a chip',
        ['min_max', 'z_value', 'whiten', 'none'],
        'z_value',
      ),
    )
    .addOption(
      choice(
        '--statistics <kind>',
        'over all bands of a chip (lab), band by band (lpb), or of all training chips (gab, gpb)',
        ['lab', 'lpb', 'gab', 'gpb'],
        'gpb',
      ),
    )
    .option(
      '--global-stats <file>',
      'statistics for gab and gpb (default: taken from the training chips, saved with the run)',
    )
    .option('--downfactor <n>', 'one in so many pixels counts in global statistics', integer(1), 32)
    .option(
      '--clip-percent <x>',
      'percent cut off at each tail before min_max scaling; by --compat readme the limit of scaled values',
      number,
      0,
    )
    .optionsGroup('Augmentation')
    .addOption(
      choice(
        '--augmentation <kind>',
        'random changes of a chip; the flags below are for all',
        ['none', 'flips', 'flips+rotation', 'all'],
        'flips',
      ),
    )
    .option('--scale-factor <low,high|none>', 'rescaling', range(0.01), [0.75, 1.5])
    .addOption(
      choice('--crop-strategy <where>', 'where a rescaled chip is cropped', ['center', 'random'], 'center'),
    )
    .option(
      '--rotation-degree <degrees|none>',
      'two numbers are a range, otherwise, and by --compat readme, one of them is drawn',
      numbersOrNone,
      [-90, 90, 180],
    )
    .option('--bshift-gamma-range <low,high|none>', 'gamma of a group of bands', range(0), [0.2, 2])
    .option('--patch-shift', 'gamma on a warped patch; by --compat readme a small shift', true)
    .option('--no-patch-shift', 'gamma everywhere; by --compat readme no shift')
    .option('--contrast-range <low,high|none>', 'factor of the contrast', range(0), [0.9, 1.2])
    .option('--br-range <low,high|none>', 'brightness that is added', range(), [-0.02, 0.02])
    .option(
      '--sigma-range <low,high|none>',
      'standard deviation of noise that is added',
      range(0),
      [0.03, 0.07],
    );
}
