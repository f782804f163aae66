import { z } from 'zod';
import { accepting, flag, integer, numberBelow, numbers, oneOf, range, text, unused } from './schemaParts.js';

const bandValues = z.array(z.number()).min(1).optional();

/** Keys about chips: where they are, how they are scaled and how they are varied. */
export const dataKeys = {
  data_path: text('a folder').optional().describe('Root of the chips.'),
  train_csv_name: text('a file')
    .optional()
    .describe(
      'Catalog CSV: image columns with paths relative to `data_path`, and `usage` (train, validate, test, predict). ' +
        'Without this and `data_path`: the sample chips.',
    ),
  log_dir: text('a folder').optional().describe('Folder of the logs. Left out: `save_dir`.'),
  save_dir: text('a folder')
    .optional()
    .describe('Folder of the checkpoints and pictures. Left out: a new folder under `runs/`.'),
  img_path_cols: accepting(z.array(z.string().min(1)).min(1), 'a list of one column name or more')
    .default(['image'])
    .describe('Catalog columns whose rasters are stacked along the bands.'),
  channels: integer(1)
    .default(4)
    .describe('Bands in and out of the network; as many as the chips hold, or as `input_bands` lists.'),
  data_size: integer(1)
    .default(224)
    .describe('Side of a chip in pixels: larger ones are cropped, smaller ones padded.'),
  buffer: integer(0)
    .default(0)
    .describe(
      'Border in pixels around each chip: zeros after normalisation, ' +
        'with `compat: readme` what the rasters have there.',
    ),
  buffer_comp: unused(0).default(0).describe('Unused in the tutorial.'),
  catalog_index: unused(null).default(null).describe('Unused in the tutorial.'),
  trans: unused(null).default(null).describe('Unused in the tutorial; augmentation runs whatever it says.'),
  parallel: unused(null).default(null).describe('Unused in the tutorial.'),
  nodata: numbers(0)
    .default([])
    .describe("Values masked besides the files' own; with `compat: readme` one a band."),

  apply_normalization: flag().default(true).describe('Whether chips are scaled.'),
  normal_strategy: oneOf(['min_max', 'z_value', 'whiten'])
    .default('min_max')
    .describe(
      'Scaling to [0, 1] between minimum and maximum, or to mean 0 and deviation 1, ' +
        'or to that with the bands uncorrelated too (`whiten`, with `gpb`).',
    ),
  stat_procedure: oneOf(['lab', 'lpb', 'gab', 'gpb'])
    .default('lab')
    .describe(
      'Statistics of a chip, all bands together (`lab`) or band by band (`lpb`), ' +
        'or of the training chips (`gab`, `gpb`).',
    ),
  global_stats: accepting(
    z
      .union([
        z.string().min(1),
        z.strictObject({ min: bandValues, max: bandValues, mean: bandValues, std: bandValues }),
      ])
      .nullable(),
    'null, a file, or a block of lists min and max, or mean and std, of a number a band',
  )
    .default(null)
    .describe('Statistics for `gab` and `gpb`. null: taken from the training chips and saved with the run.'),
  downfactor: integer(1)
    .default(32)
    .describe('One in so many pixels counts when global statistics are taken.'),
  clip_val: numberBelow(0, 50)
    .default(0)
    .describe(
      'Percent cut off at each tail of a band before `min_max` scaling; ' +
        '`lab` and `lpb` scale by the range from before the cut. ' +
        'With `compat: readme` the limit ± of scaled values, 0 for none.',
    ),

  scale_factor: range(0.01).default([0.75, 1.5]).describe('Augmentation: random isotropic rescaling.'),
  crop_strategy: oneOf(['center', 'random'])
    .default('center')
    .describe('Augmentation: where a rescaled chip is cropped.'),
  rotation_degree: accepting(numbers(1).nullable(), 'a list of one number or more, or null for none')
    .default([-180, -90, 90, 180])
    .describe(
      'Augmentation: two numbers are a range of angles in degrees, otherwise, and with `compat: readme`, ' +
        'one of them is drawn.',
    ),
  sigma_range: range(0)
    .default([0.03, 0.07])
    .describe('Augmentation: standard deviation of Gaussian noise that is added.'),
  br_range: range().default([-0.02, 0.02]).describe('Augmentation: brightness that is added.'),
  contrast_range: range(0).default([0.9, 1.2]).describe('Augmentation: factor of the contrast.'),
  bshift_gamma_range: range(0).default([0.2, 2]).describe('Augmentation: gamma of a group of bands.'),
  patch_shift: flag()
    .default(true)
    .describe(
      'Augmentation: gamma on a warped patch, not on the whole chip; ' +
        'with `compat: readme` a shift by up to a twentieth of the side.',
    ),
};
