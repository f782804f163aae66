import path from 'node:path';
import { Command } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { type ConditionSpec, isColumn } from '../conditions/ConditionSpec.js';
import { conditionFields } from '../conditions/conditionFields.js';
import { ImageReader } from '../conditions/ImageReader.js';
import { samplesTold, type ToldSample } from '../conditions/samplesTold.js';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { choice, integer, number, share } from '../config/flagValues.js';
import { BY_NAME, inputBandsFlag } from '../config/inputBandsFlag.js';
import { drawSamples } from '../model/drawSamples.js';
import { inUnitsOf } from '../model/inUnitsOf.js';
import { openModel } from '../model/openModel.js';
import { readImage } from '../model/readImage.js';
import { SAMPLERS, type SamplerName } from '../model/samplers.js';
import { writeImage } from '../model/writeImage.js';
import { imageMosaic } from '../pictures/imageMosaic.js';
import { csvLine } from '../results/csvLine.js';
import { withBackend } from './withBackend.js';

interface SampleOptions extends BackendOptions {
  out: string;
  count?: number;
  condition: string[];
  like?: string;
  usage: string;
  guidance: number;
  guidanceRescale: number;
  sampler: SamplerName;
  steps?: number;
  seed: number;
  size?: number;
  batch: number;
  from?: string;
  strength: number;
  inputBands?: string[];
}

/** Samples in the picture beside the GeoTIFFs, at most. */
const SHOWN = 36;

/** `diffusion-ssl sample MODEL`: draws images from noise, or from an image; writes GeoTIFFs and a picture of all. */
export async function sample(args: readonly string[]): Promise<void> {
  const program = new Command('diffusion-ssl sample')
    .description(
      'Draws images with a trained model, as GeoTIFFs in the units of its chips and as a picture of all.',
    )
    .argument('<model>', 'folder of a run or of a model, or http address of one')
    .option('--out <folder>', 'where they are written', 'samples')
    .option('--count <n>', 'how many (default: 8; with --like one a row)', integer(1))
    .addOption(choice('--sampler <name>', 'by which method', Object.keys(SAMPLERS), 'ddim'))
    .option('--steps <n>', 'steps of it (default: 50; all timesteps of ddpm)', integer(1))
    .option('--seed <n>', 'decides the noise', integer(0), 0)
    .option(
      '--size <pixels>',
      "side of the images (default: the training chips' size, or the image's)",
      integer(32),
    )
    .option('--batch <n>', 'images drawn at once', integer(1), 8)
    .option('--from <image>', 'GeoTIFF, PNG or JPEG to start from: the samples lie where it does')
    .option(
      '--strength <s>',
      'with --from: share of the steps taken, 1 leaves nothing of the image',
      share,
      0.5,
    );
  program
    .optionsGroup('Conditions, of a network that is told some')
    .option('--condition <name=value...>', 'what all samples are to follow, such as group=3 lat=45', [])
    .option(
      '--like <catalog>',
      'what each sample is to follow: a row of a catalog with the columns of the conditions',
    )
    .addOption(
      choice(
        '--usage <name>',
        'with --like: rows of which usage',
        ['train', 'validate', 'test', 'predict'],
        'validate',
      ),
    )
    .option('--guidance <scale>', 'how far to follow it; 1: as it was learned', number, 1)
    .option(
      '--guidance-rescale <share>',
      "how far to bring the samples' deviation back; 0.7 suits large scales",
      share,
      0,
    )
    .optionsGroup('Options');
  program.addOption(inputBandsFlag('with --from: bands of the image that the model gets', BY_NAME));
  addBackendFlags(program).parse(args, { from: 'user' });
  const options = program.opts<SampleOptions>();
  const { out, sampler, seed, batch, strength, from: file } = options;
  if (file !== undefined && options.size !== undefined) {
    program.error('error: --size goes without --from: the samples have the size of the image.');
  }
  if (file === undefined && options.inputBands !== undefined) {
    program.error('error: --input-bands goes with --from: it chooses bands of that image.');
  }
  await withBackend(options, async (signal) => {
    const model = await openModel(program.args[0], { told: true });
    const conditions = (model.conditions ?? []).filter(isColumn);
    const { like, guidance: scale, guidanceRescale: rescale } = options;
    if (conditions.length === 0 && (like !== undefined || scale !== 1)) {
      throw new ConfigError(`${program.args[0]} is told nothing: leave out --like and --guidance.`);
    }
    const told = await samplesTold(
      conditions,
      options,
      options.count ?? (like === undefined ? 8 : undefined),
    );
    const count = told.length;
    const timesteps = model.alphaBars.length;
    const { steps = sampler === 'ddpm' ? timesteps : Math.min(50, timesteps) } = options;
    const start = file === undefined ? undefined : await readImage(file, model, options.inputBands);
    const own = model.size ?? [64, 64];
    const reader = new ImageReader(conditions, [options.size ?? own[0], options.size ?? own[1]]);
    const size = start ? ([start.image.height, start.image.width] as const) : await reader.sizeOf(told);
    if (options.size !== undefined && size.some((side) => side !== options.size)) {
      throw new ConfigError(
        `--size is ${options.size}, but samples have the size of what they are told, ${size.join(' × ')}.`,
      );
    }
    const from = start && { image: start.image, strength };
    await prepareFolder(out);
    const inUnits = inUnitsOf(model);
    const shown = [];
    let written = 0;
    const onStep = (done: number, total: number) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${sampler}: step ${done} of ${total}`);
    };
    const guidance = { scale, rescale };
    const fields = async (first: number, images: number) => {
      const some = told.slice(first, first + images);
      const rows = some.map(({ row }) => row);
      return conditionFields(conditions, rows, await reader.read(some, size));
    };
    const draw = { sampler, steps, count, batch, seed, size, from, told: fields, guidance, onStep, signal };
    const lines = [['image', 'usage', ...conditions.map(({ name }) => name)]];
    for await (const image of drawSamples(model, draw)) {
      const name = `${String(written++).padStart(String(count - 1).length, '0')}.tif`;
      const place = start ?? reader.places.get(told[written - 1]);
      await writeImage(path.join(out, name), inUnits(image), model, place);
      lines.push([name, 'predict', ...textsFrom(out, conditions, told[written - 1])]);
      if (shown.length < SHOWN) shown.push(model.display.inUnits(image));
    }
    if (process.stderr.isTTY) process.stderr.write('\n');
    if (conditions.length > 0)
      await writeFileAtomic(path.join(out, 'catalog.csv'), lines.map(csvLine).join(''));
    const title = `${sampler}, ${steps} steps, seed ${seed}`;
    await writeFileAtomic(path.join(out, 'samples.png'), await imageMosaic(shown, model, title));
    console.log(`${count} images of ${size.join(' × ')} in ${out}, and samples.png`);
  });
}

/** What a sample was told, as the catalog of `out` says it: paths of images from there. */
function textsFrom(
  out: string,
  conditions: readonly ConditionSpec[],
  { texts, files }: ToldSample,
): string[] {
  const paths = [...files];
  return conditions.map(({ kind }, i) => {
    if (kind !== 'image') return texts[i];
    const file = paths.shift();
    return file === undefined || /^https?:/.test(file) ? (file ?? '') : path.relative(out, file);
  });
}
