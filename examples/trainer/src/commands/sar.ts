import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { choice, integer, names, positive } from '../config/flagValues.js';
import { dateIn } from '../sar/dateIn.js';
import { findSarFiles } from '../sar/findSarFiles.js';
import { type CompositeOptions, makeComposite } from '../sar/makeComposite.js';
import { readSarCatalog } from '../sar/readSarCatalog.js';
import { POLARIZATIONS } from '../sar/SarFiles.js';
import { SEASONS, type Season } from '../sar/seasons.js';
import { untilStopped } from './untilStopped.js';

/** Where scenes are named. */
interface SarSource {
  scenes?: string[];
  catalog?: string;
  data: string;
  imageColumns: string[];
  dateColumn: string;
}

/** `diffusion-ssl sar`: makes seasonal means of radar scenes, and sets the exit status of the process. */
export async function sar(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const options = program.opts<SarSource & CompositeOptions>();
  if ((options.scenes === undefined) === (options.catalog === undefined))
    program.error('error: give either --scenes or --catalog');
  if (options.imageColumns.length > 2)
    program.error('error: --image-columns takes one column, or that of VV and that of VH');
  await untilStopped(async (signal) => {
    const { scenes, catalog } = options;
    const files = scenes ? findSarFiles(scenes) : await readSarCatalog({ ...options, catalog: catalog! });
    if (files.length === 0) throw new ConfigError(`${catalog} names no scene.`);
    const { width, height, bands, parts, units } = await makeComposite(files, options, signal);
    for (const { season, scenes: count, coverage } of parts)
      console.log(`${season}: ${count} scenes, ${(100 * coverage).toFixed(1)} % of the pixels`);
    console.log(`scenes in decibels: ${units.db}, in linear intensity: ${units.linear}`);
    console.log(
      `${width} × ${height} pixels of ${bands.length} bands in ${options.out}: ${bands.join(', ')}`,
    );
  });
}

function commandOf(): Command {
  return new Command('diffusion-ssl sar')
    .description(
      'Makes the means of the seasons of dated Sentinel-1 scenes: VV, VH and their difference of each, in decibels, ' +
        '12 bands of one GeoTIFF, which tile cuts.',
    )
    .option(
      '--scenes <rasters...>',
      'GeoTIFFs, http(s) addresses or folders, with those within; names tell dates, and VV and VH where they are ' +
        'files of their own',
    )
    .option('--catalog <file>', 'catalog CSV of scenes in place of --scenes')
    .option('--data <folder>', "what the catalog's paths are relative to", '.')
    .option(
      '--image-columns <names>',
      'its column of rasters with both polarizations, or that of VV and that of VH',
      names,
      ['image'],
    )
    .option('--date-column <name>', 'its column of dates', 'date')
    .option(
      '--input-bands <names>',
      'of rasters with both: the bands of VV and VH, names or numbers',
      bands,
      [...POLARIZATIONS],
    )
    .addOption(new Option('--out <file>', 'GeoTIFF that is written').makeOptionMandatory())
    .option('--seasons <names>', `of ${SEASONS.join(', ')}`, seasons, [...SEASONS])
    .option('--from <date>', 'first date that counts, such as 2019-12-01', date)
    .option('--to <date>', 'last date that counts', date)
    .addOption(
      choice('--units <what>', "of the scenes' values (default: told by the values)", ['db', 'linear']),
    )
    .addOption(
      choice(
        '--average <unit>',
        'means of decibels, or of the intensity, which bright points sway',
        ['db', 'linear'],
        'db',
      ),
    )
    .option('--border <pixels>', 'left out around missing pixels', integer(0), 2)
    .option(
      '--epsg <code>',
      "coordinate system of the result (default: the first scene's)",
      integer(1024, 32766),
    )
    .option('--resolution <side>', "side of a pixel in its units (default: the first scene's)", positive)
    .addOption(
      choice('--resampling <how>', 'of scenes that lie on another grid', ['bilinear', 'nearest'], 'bilinear'),
    )
    .option(
      '--area <file>',
      'GeoJSON polygons in longitude and latitude: no more than the rectangle around them',
    )
    .showHelpAfterError('(--help lists every option)');
}

function seasons(text: string): Season[] {
  const given = names(text).map((name) => name.toUpperCase());
  const chosen = SEASONS.filter((season) => given.includes(season));
  if (chosen.length === given.length && chosen.length > 0) return chosen;
  throw new InvalidArgumentError(`It must be names of ${SEASONS.join(', ')}, each once.`);
}

function bands(text: string): string[] {
  const given = names(text);
  if (given.length === 2) return given;
  throw new InvalidArgumentError('It must be two: that of VV and that of VH.');
}

function date(text: string): string {
  const found = dateIn(text);
  if (found === undefined || found !== text) throw new InvalidArgumentError('It must be as 2019-12-01.');
  return found;
}
