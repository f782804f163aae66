import { statSync } from 'node:fs';
import { Command } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { inputBandsFlag } from '../config/inputBandsFlag.js';
import { inspectCatalog } from '../inspect/inspectCatalog.js';
import { inspectChip } from '../inspect/inspectChip.js';
import { inspectModel } from '../inspect/inspectModel.js';
import { inspectWeights } from '../inspect/inspectWeights.js';
import { type Report, reportText } from '../inspect/Report.js';

interface InspectOptions {
  data?: string;
  imageColumns?: string;
  inputBands?: string[];
  json: boolean;
}

/** `diffusion-ssl inspect FILE …`: says what is in chips, catalogs, checkpoints and models, and what would go wrong. */
export async function inspect(args: readonly string[]): Promise<void> {
  const program = new Command('diffusion-ssl inspect')
    .description('Says what is in a chip, catalog, checkpoint or model, and what would go wrong with it.')
    .argument(
      '<file...>',
      'GeoTIFFs, PNGs and JPEGs, catalogs (.csv), weights and checkpoints (.safetensors), folders of runs and models',
    )
    .option('--data <folder>', "folder that a catalog's paths are relative to (default: the catalog's)")
    .option('--image-columns <names>', 'columns of a catalog that name rasters, by commas (default: image)')
    .addOption(inputBandsFlag('bands of chips and catalogs to look at'))
    .option('--json', 'one JSON object a file, for programs', false);
  program.parse(args, { from: 'user' });
  const options = program.opts<InspectOptions>();
  for (const file of program.args) {
    try {
      const report = await reportOn(file, options);
      console.log(options.json ? JSON.stringify({ file, ...report }) : reportText(report));
    } catch (error) {
      console.error(`error: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}

async function reportOn(file: string, options: InspectOptions): Promise<Report> {
  const { data, imageColumns, inputBands } = options;
  if (/\.csv$/i.test(file))
    return inspectCatalog(file, { data, imageColumns: imageColumns?.split(','), inputBands });
  const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory();
  if (!isFolder && !/\.safetensors$/i.test(file)) return inspectChip(file, inputBands);
  if (inputBands) throw new ConfigError(`--input-bands chooses bands of chips; ${file} is none.`);
  return isFolder ? inspectModel(file) : inspectWeights(file);
}
