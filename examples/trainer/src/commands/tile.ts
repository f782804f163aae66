import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { decimal } from '../config/decimal.js';
import { choice, integer, positive, share } from '../config/flagValues.js';
import { inputBandsFlag } from '../config/inputBandsFlag.js';
import { splitShares } from '../config/splitShares.js';
import { makeTiles } from '../tile/makeTiles.js';
import type { TileOptions } from '../tile/TileOptions.js';
import { untilStopped } from './untilStopped.js';

/** `diffusion-ssl tile`: cuts scenes into tiles, and sets the exit status of the process. */
export async function tile(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const { splitBy, splitSize, seed, split, scenes, labels, ...others } = program.opts();
  await untilStopped(async (signal) => {
    const options: TileOptions = {
      ...others,
      scenes: scenes.flatMap(rastersOf),
      labels: (labels ?? []).flatMap(rastersOf),
      split: { shares: split, kind: splitBy, size: splitSize, seed },
    } as TileOptions;
    const { written, missing, unmarked, splits } = await makeTiles(options, signal);
    const shares = Object.entries(splits).map(
      ([name, count]) => `${name} ${count} (${((100 * count) / written).toFixed(1)} %)`,
    );
    console.log(`${written} tiles in ${options.out}: ${shares.join(', ')}; catalog.csv, map.svg, map.png`);
    if (missing > 0) console.log(`${missing} tiles left out: more of them is missing than --max-missing`);
    if (unmarked > 0) {
      console.log(
        `${unmarked} tiles left out: pixels are missing and no value marks them (--nodata, --label-nodata)`,
      );
    }
  });
}

function commandOf(): Command {
  return new Command('diffusion-ssl tile')
    .description('Cuts scenes into tiles on one grid, with a catalog that is split by place.')
    .addOption(
      new Option(
        '--scenes <rasters...>',
        'GeoTIFFs, folders of them or http(s) addresses, of the same bands',
      ).makeOptionMandatory(),
    )
    .addOption(inputBandsFlag('bands of the scenes that tiles have', 'all but alpha'))
    .option('--labels <rasters...>', 'label rasters of one band of integers, taken by the nearest pixel')
    .option('--area <file>', 'GeoJSON polygons in longitude and latitude: tiles whose centre lies in them')
    .addOption(
      new Option('--size <pixels>', "pixels of a tile's side").argParser(integer(1)).makeOptionMandatory(),
    )
    .addOption(new Option('--out <folder>', 'folder that is made').makeOptionMandatory())
    .option(
      '--epsg <code>',
      "coordinate system of the tiles (default: the first scene's)",
      integer(1024, 32766),
    )
    .option('--resolution <side>', "side of a pixel in its units (default: the first scene's)", positive)
    .addOption(
      choice('--resampling <how>', 'of images that lie on another grid', ['bilinear', 'nearest'], 'bilinear'),
    )
    .option('--max-missing <share>', "largest share of a tile's pixels missing", share, 0.1)
    .option(
      '--nodata <value>',
      "what missing pixels become (default: the first scene's nodata value)",
      anyNumber,
    )
    .option('--label-nodata <value>', 'the same of labels', anyNumber)
    .option(
      '--mosaic',
      'one tile a place, of the first scene that has a value there (default: one of each scene)',
      false,
    )
    .option(
      '--split <shares>',
      'share of each split',
      splitShares,
      splitShares('train=0.7,validate=0.15,test=0.15'),
    )
    .addOption(
      choice(
        '--split-by <what>',
        'bands of the grid from north to south or west to east, or blocks',
        ['latitude', 'longitude', 'blocks'],
        'latitude',
      ),
    )
    .option(
      '--split-size <tiles>',
      'width of a band, side of a block (default: a tenth of the extent)',
      integer(1),
    )
    .option('--seed <n>', 'decides which bands or blocks a split has', integer(0), 0)
    .showHelpAfterError('(--help lists every option)');
}

/** The rasters that an argument names: those of a folder in the order of their names. */
function rastersOf(given: string): string[] {
  if (/^https?:\/\//i.test(given) || !statSync(given, { throwIfNoEntry: false })?.isDirectory())
    return [given];
  const names = readdirSync(given).filter((name) => /\.tiff?$/i.test(name));
  if (names.length === 0) throw new ConfigError(`${given} holds no .tif file.`);
  return names.sort().map((name) => path.join(given, name));
}

function anyNumber(text: string): number {
  const value = text.trim().toLowerCase() === 'nan' ? Number.NaN : decimal(text);
  if (Number.isNaN(value) && text.trim().toLowerCase() !== 'nan')
    throw new InvalidArgumentError('It must be a number.');
  return value;
}
