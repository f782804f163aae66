import type { Command } from 'commander';
import { integer, names } from './flagValues.js';
import { BY_NAME, inputBandsFlag } from './inputBandsFlag.js';
import { classNames, colours } from './listFlags.js';

/** Labelled chips, as flags say where they are. */
export interface LabelFlags {
  data?: string;
  catalog: string;
  labels: string;
  classes?: string[];
  colours?: string[];
  property?: string;
  imageColumns: string[];
  inputBands?: string[];
  group?: string;
  ignoreIndex: number;
}

/** The catalog of labelled chips, in words. */
export const CATALOG = 'catalog CSV with a usage column: train, validate, and test if there is one';

/** Adds the flags that say where labelled chips are, but for `--catalog`. */
export function addLabelFlags(program: Command): Command {
  return program
    .option('--data <folder>', "folder that the catalog's paths are relative to (default: the catalog's)")
    .option(
      '--labels <source>',
      'column of the catalog: rasters, a class, or classes separated by blanks; or a file of points and polygons ' +
        '(.geojson, .csv with coordinates), or a raster of classes for all chips (.tif)',
      'label',
    )
    .option(
      '--classes <names>',
      'names of the classes in order of their labels, separated by | (default: as labels have them)',
      classNames,
    )
    .option('--colours <list>', 'colours of the classes, #rrggbb separated by |', colours)
    .option(
      '--property <name>',
      'property or column of points and polygons that holds the label (default: label)',
    )
    .option('--image-columns <names>', 'catalog columns whose rasters are stacked along the bands', names, [
      'image',
    ])
    .addOption(inputBandsFlag('bands of the chips that the network gets', BY_NAME))
    .option('--group <column>', 'catalog column of what must not cross splits, such as a region')
    .option('--ignore-index <n>', 'value of label rasters that is no label', integer(0), 255);
}
