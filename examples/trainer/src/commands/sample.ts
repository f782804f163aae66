import path from 'node:path';
import { Command } from 'commander';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { choice, integer, share } from '../config/flagValues.js';
import { BY_NAME, inputBandsFlag } from '../config/inputBandsFlag.js';
import { drawSamples } from '../model/drawSamples.js';
import { inUnitsOf } from '../model/inUnitsOf.js';
import { openModel } from '../model/openModel.js';
import { readImage } from '../model/readImage.js';
import { SAMPLERS, type SamplerName } from '../model/samplers.js';
import { writeImage } from '../model/writeImage.js';
import { imageMosaic } from '../pictures/imageMosaic.js';
import { withBackend } from './withBackend.js';

interface SampleOptions extends BackendOptions {
  out: string;
  count: number;
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
    .option('--count <n>', 'how many', integer(1), 8)
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
  program.addOption(inputBandsFlag('with --from: bands of the image that the model gets', BY_NAME));
  addBackendFlags(program).parse(args, { from: 'user' });
  const options = program.opts<SampleOptions>();
  const { out, count, sampler, seed, batch, strength, from: file } = options;
  if (file !== undefined && options.size !== undefined) {
    program.error('error: --size goes without --from: the samples have the size of the image.');
  }
  if (file === undefined && options.inputBands !== undefined) {
    program.error('error: --input-bands goes with --from: it chooses bands of that image.');
  }
  await withBackend(options, async (signal) => {
    const model = await openModel(program.args[0]);
    const timesteps = model.alphaBars.length;
    const { steps = sampler === 'ddpm' ? timesteps : Math.min(50, timesteps) } = options;
    const start = file === undefined ? undefined : await readImage(file, model, options.inputBands);
    const own = model.size ?? [64, 64];
    const size: [number, number] = start
      ? [start.image.height, start.image.width]
      : [options.size ?? own[0], options.size ?? own[1]];
    const from = start && { image: start.image, strength };
    await prepareFolder(out);
    const inUnits = inUnitsOf(model);
    const shown = [];
    let written = 0;
    const onStep = (done: number, total: number) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${sampler}: step ${done} of ${total}`);
    };
    const draw = { sampler, steps, count, batch, seed, size, from, onStep, signal };
    for await (const image of drawSamples(model, draw)) {
      const name = `${String(written++).padStart(String(count - 1).length, '0')}.tif`;
      await writeImage(path.join(out, name), inUnits(image), model, start);
      if (shown.length < SHOWN) shown.push(model.display.inUnits(image));
    }
    if (process.stderr.isTTY) process.stderr.write('\n');
    const title = `${sampler}, ${steps} steps, seed ${seed}`;
    await writeFileAtomic(path.join(out, 'samples.png'), await imageMosaic(shown, model, title));
    console.log(`${count} images of ${size.join(' × ')} in ${out}, and samples.png`);
  });
}
