import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { readCatalog } from 'diffusion-ssl/data/node';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import type { Raster } from 'diffusion-ssl/normalization';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { samplesTold } from '../conditions/samplesTold.js';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { choice, integer, names } from '../config/flagValues.js';
import { BY_NAME, inputBandsFlag } from '../config/inputBandsFlag.js';
import { createCounter } from '../console/counter.js';
import { someStride } from '../data/someChips.js';
import { fillPicture, measurePicture } from '../filling/fillPictures.js';
import { type FillingOptions, fillRaster } from '../filling/fillRaster.js';
import { fillTable } from '../filling/fillTable.js';
import { measureFilling } from '../filling/measureFilling.js';
import {
  type FillOptions,
  fillMethodOf,
  modalitiesOf,
  openFiller,
  toldValues,
} from '../filling/openFiller.js';
import { openFillScene } from '../filling/openFillScene.js';
import { summarizeFillings } from '../filling/summarizeFillings.js';
import { type OpenModel, openModel } from '../model/openModel.js';
import { outputConflict } from '../model/outputConflict.js';
import { SAMPLERS, type SamplerName } from '../model/samplers.js';
import { scalingOf } from '../model/scalingOf.js';
import { sizeMultiple } from '../model/sizeMultiple.js';
import { writeImage } from '../model/writeImage.js';
import { csvLine } from '../results/csvLine.js';
import { withBackend } from './withBackend.js';

interface Options extends BackendOptions {
  out: string;
  mask?: string;
  given?: string[];
  samples: number;
  keepSamples: boolean;
  method?: FillOptions['method'];
  sampler: SamplerName;
  steps?: number;
  jumpLength: number;
  resamplings: number;
  seed: number;
  window?: number;
  overlap?: number;
  condition: string[];
  inputBands?: string[];
  measure: boolean;
  data?: string;
  catalog?: string;
  usage: string;
  imageColumns: string[];
  count: number;
}

/** Steps of the ways to fill, unless given. */
const STEPS = { repaint: 50, network: 20 } as const;

/** `diffusion-ssl fill MODEL IMAGE …`: fills clouds and gaps, or measures how well. */
export async function fill(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const options = program.opts<Options>();
  const [place, ...images] = program.args;
  if (options.measure !== (options.catalog !== undefined) || options.measure !== (images.length === 0))
    program.error('error: give either images, or --measure with a --catalog of chips.');
  if (options.measure && (options.mask !== undefined || options.given !== undefined))
    program.error('error: --mask and --given go with images: --measure draws gaps of its own.');
  if (options.mask !== undefined && options.given !== undefined)
    program.error('error: --given goes without --mask: what is given is given whole.');
  const outputs = images.map((image) => `${path.parse(image).name}.tif`);
  const conflict = outputConflict(images, { out: options.out, names: outputs });
  if (conflict !== undefined) program.error(`error: ${conflict}`);
  await withBackend(options, async (signal) => {
    const model = await openModel(place, { told: true });
    const { samples, condition, given } = options;
    const { method = fillMethodOf(model, given) } = options;
    const givenBands = given && bandsOfGiven(model, given);
    // Not all samplers take as many as there are timesteps.
    const { steps = Math.min(STEPS[method], model.alphaBars.length - 1) } = options;
    const [{ row: told }] = await samplesTold(toldValues(model), { condition, usage: '' }, 1);
    const filler = openFiller(model, { ...options, method, steps, told, signal });
    try {
      const filling = { filler, samples, ...windowOf(model, options) };
      await prepareFolder(options.out);
      if (options.measure) await measure(model, filling, { ...options, method, signal });
      else await fillImages(model, filling, { ...options, givenBands, images, outputs });
    } finally {
      filler.dispose();
    }
  });
}

/**
 * The bands of modalities that are given, from 0.
 *
 * @throws `ConfigError` if the network has no such modality, or all are given.
 */
function bandsOfGiven(model: OpenModel, given: readonly string[]): number[] {
  const { modalities } = modalitiesOf(model);
  const names = modalities.map(({ name }) => name);
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ConfigError(`--given names ${unknown}; the model's modalities are ${names.join(', ')}.`);
  if (names.every((name) => given.includes(name)))
    throw new ConfigError('--given names all modalities; there is nothing to generate.');
  return modalities
    .filter(({ name }) => given.includes(name))
    .flatMap(({ bands }) => bands)
    .sort((a, b) => a - b);
}

/** The size of windows and what they share. */
function windowOf(model: OpenModel, { window, overlap }: Options): Pick<FillingOptions, 'window' | 'margin'> {
  const own = model.size ?? [64, 64];
  const size = [window ?? own[0], window ?? own[1]] as const;
  const multiple = sizeMultiple(model);
  if (size.some((side) => side % multiple !== 0))
    throw new ConfigError(
      `--window is ${size[0]}; it must be a multiple of ${multiple}, as the network needs.`,
    );
  const margin = overlap ?? Math.floor(Math.min(...size) / 4);
  if (2 * margin >= Math.min(...size))
    throw new ConfigError(
      `--overlap is ${margin}; it must be below half a window, ${Math.min(...size) / 2}.`,
    );
  return { window: size, margin };
}

async function fillImages(
  model: OpenModel,
  filling: FillingOptions,
  options: Options & { givenBands?: number[]; images: readonly string[]; outputs: readonly string[] },
): Promise<void> {
  const { out, mask, samples, keepSamples, inputBands, images, outputs } = options;
  for (const [i, image] of images.entries()) {
    const reading = { inputBands, mask: maskOf(mask, image), samples, given: options.givenBands };
    const source = await openFillScene(image, model, reading);
    let counter: ReturnType<typeof createCounter> | undefined;
    const onWindow = (done: number, total: number) => {
      counter ??= createCounter(`${image}: windows`, total);
      counter.update(done);
    };
    const { fillings, gaps } = await fillRaster(image, source.raster, model, { ...filling, onWindow });
    counter?.close();
    const { mean, spread } = summarizeFillings(fillings);
    const file = path.join(out, outputs[i]);
    const write = (to: string, raster: Raster, bands: OpenModel['bands']) =>
      writeImage(to, raster, { bands }, source.place);
    for (const [k, one] of (keepSamples ? fillings : []).entries())
      await write(beside(file, `-${k + 1}.tif`), one, model.bands);
    const spreads = model.bands.map(({ name }, band) => ({
      name: `spread of ${name ?? `band ${band + 1}`}`,
    }));
    if (samples > 1) await write(file, stacked(mean, spread), [...model.bands, ...spreads]);
    else await write(file, mean, model.bands);
    const title = `${path.basename(image)}: ${gaps} pixels filled`;
    const picture = await fillPicture(title, { known: source.raster, mean, spread }, model.shownBands);
    await writeFileAtomic(beside(file, '.png'), picture);
    const { height, width } = source.raster;
    console.log(`${image}: ${gaps} of ${height * width} pixels filled, in ${file}`);
  }
}

async function measure(
  model: OpenModel,
  filling: FillingOptions,
  options: Options & { method: FillOptions['method']; signal: AbortSignal },
): Promise<void> {
  const { catalog = '', data = path.dirname(catalog), usage, imageColumns, count, out } = options;
  const all = await readCatalog(catalog, { imageColumns });
  const rows = all.filter((row) => row.usage === usage);
  if (rows.length === 0) throw new DataError(`${catalog} has no row with usage '${usage}' (--usage).`);
  const some = rows.filter((_, i) => i % someStride(rows, count) === 0);
  const { bands, size, shownBands } = model;
  const scaling = { data, bands, normalization: scalingOf(model), inputBands: options.inputBands, size };
  const counter = createCounter('chips', some.length);
  const { method, seed, signal } = options;
  const onChip = (done: number) => counter.update(done);
  const report = await measureFilling({ ...filling, rows: some, scaling, method, seed, onChip, signal });
  counter.close();
  const { shown, ...numbers } = report;
  await writeFileAtomic(path.join(out, 'measure.json'), `${JSON.stringify(numbers, null, 2)}\n`);
  const table = fillTable(report, bands);
  await writeFileAtomic(path.join(out, 'measure.csv'), table.map(csvLine).join(''));
  await writeFileAtomic(path.join(out, 'measure.png'), await measurePicture(report, shownBands));
  for (const line of table) console.log(line.join('  '));
  console.log(`${report.chips} chips of usage ${usage}; measure.json, measure.csv and measure.png in ${out}`);
}

/** The mask of an image: of a folder of masks the one of the image's name. */
function maskOf(mask: string | undefined, image: string): string | undefined {
  if (mask === undefined || !statSync(mask, { throwIfNoEntry: false })?.isDirectory()) return mask;
  const file = path.join(mask, path.basename(image));
  if (!existsSync(file)) throw new DataError(`${mask} holds no mask ${path.basename(image)} for ${image}.`);
  return file;
}

function beside(file: string, ending: string): string {
  return `${file.replace(/\.tif$/, '')}${ending}`;
}

/** The bands of two rasters in one. */
function stacked(first: Raster, second: Raster): Raster {
  const channels = first.channels + second.channels;
  const data = new Float32Array(first.height * first.width * channels);
  for (let i = 0; i < data.length; i++) {
    const [pixel, band] = [Math.floor(i / channels), i % channels];
    const [from, at] = band < first.channels ? [first, band] : [second, band - first.channels];
    data[i] = from.data[pixel * from.channels + at];
  }
  return { ...first, channels, data };
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl fill')
    .description(
      'Fills clouds and gaps of chips or scenes with a trained model: GeoTIFFs in the units and at the place of the ' +
        'image, what is known as it was, and a picture of each. Or it measures how well, on chips that were held out.',
    )
    .argument('<model>', 'folder of a run or of a model, or http address of one')
    .argument('[images...]', 'GeoTIFFs, PNGs or JPEGs of any size; what they mark as missing is filled')
    .option('--out <folder>', 'where they are written, by the names of the images', 'filled')
    .option(
      '--mask <file>',
      'raster, or folder of rasters by the names of the images: not 0 where to fill too',
    )
    .option(
      '--given <names>',
      'of a model of modalities: those that the images have, such as optical; the others are generated',
      names,
    )
    .option(
      '--samples <n>',
      'fillings: more than one give their mean, and their spread as further bands',
      integer(1),
      1,
    )
    .option('--keep-samples', 'write each filling too: NAME-1.tif, …', false)
    .addOption(
      choice(
        '--method <name>',
        'by RePaint, with any model, or by a model that was trained to fill: pretrain --conditions gaps:fill ' +
          '(default: as the model was trained)',
        ['repaint', 'network'],
      ),
    )
    .addOption(choice('--sampler <name>', 'of --method network', Object.keys(SAMPLERS), 'dpm++2m'))
    .option(
      '--steps <n>',
      `steps (default: ${STEPS.repaint} of repaint, ${STEPS.network} of network)`,
      integer(1),
    )
    .option('--jump-length <n>', 'of repaint: steps that are taken back at once', integer(1), 5)
    .option('--resamplings <n>', 'of repaint: how often each such stretch is walked', integer(1), 5)
    .option('--seed <n>', 'decides the noise', integer(0), 0)
    .option('--window <pixels>', "side of the windows (default: the training chips')", integer(1))
    .option(
      '--overlap <pixels>',
      'what a window sees beyond the pixels that it fills, to each side (default: a quarter of it)',
      integer(0),
    )
    .option('--condition <name=value...>', 'what the model is told besides, such as group=3 lat=45', [])
    .addOption(inputBandsFlag('bands of the image that the model gets', BY_NAME))
    .optionsGroup('Measure')
    .option(
      '--measure',
      'fill synthetic clouds and gaps of scan lines in chips, and say how far off it is',
      false,
    )
    .option('--catalog <file>', 'catalog CSV of the chips')
    .option('--data <folder>', "root of the chips (default: the catalog's folder)")
    .addOption(
      choice('--usage <name>', 'rows of which usage', ['train', 'validate', 'test', 'predict'], 'test'),
    )
    .option('--image-columns <names>', 'catalog columns whose rasters are stacked along the bands', names, [
      'image',
    ])
    .option('--count <n>', 'chips, evenly spread over the rows', integer(1), 32)
    .optionsGroup('Backend');
  return addBackendFlags(program).showHelpAfterError('(--help lists every option)');
}
