import { statSync } from 'node:fs';
import { Command } from 'commander';
import { inspectCatalog } from '../inspect/inspectCatalog.js';
import { inspectChip } from '../inspect/inspectChip.js';
import { inspectModel } from '../inspect/inspectModel.js';
import { inspectWeights } from '../inspect/inspectWeights.js';
import { type Report, reportText } from '../inspect/Report.js';

interface InspectOptions {
  data?: string;
  imageColumns?: string;
  json: boolean;
}

/** `diffusion-ssl inspect FILE …`: says what is in chips, catalogs, checkpoints and models, and what would go wrong. */
export async function inspect(args: readonly string[]): Promise<void> {
  const program = new Command('diffusion-ssl inspect')
    .description('Says what is in a chip, catalog, checkpoint or model, and what would go wrong with it.')
    .argument(
      '<file...>',
      'GeoTIFFs, catalogs (.csv), weights and checkpoints (.safetensors), folders of runs and models',
    )
    .option('--data <folder>', "folder that a catalog's paths are relative to (default: the catalog's)")
    .option('--image-columns <names>', 'columns of a catalog that name rasters, by commas (default: image)')
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

async function reportOn(file: string, { data, imageColumns }: InspectOptions): Promise<Report> {
  if (/\.csv$/i.test(file)) return inspectCatalog(file, { data, imageColumns: imageColumns?.split(',') });
  if (/\.safetensors$/i.test(file)) return inspectWeights(file);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) return inspectModel(file);
  return inspectChip(file);
}
