import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { predictX0, qSample } from 'diffusion-ssl/diffusion';
import { inferenceModel } from 'diffusion-ssl/models';
import type { Raster } from 'diffusion-ssl/normalization';
import { randomNormal } from 'diffusion-ssl/ops';
import { prepareFolder } from 'diffusion-ssl/training/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { integer } from '../config/flagValues.js';
import { BY_NAME, inputBandsFlag } from '../config/inputBandsFlag.js';
import { imageTensor } from '../model/drawSamples.js';
import { inUnitsOf } from '../model/inUnitsOf.js';
import { type OpenModel, openModel } from '../model/openModel.js';
import { outputConflict } from '../model/outputConflict.js';
import { readImage } from '../model/readImage.js';
import { writeImage } from '../model/writeImage.js';
import { withBackend } from './withBackend.js';

interface DenoiseOptions extends BackendOptions {
  out: string;
  t: number;
  seed: number;
  asIs: boolean;
  inputBands?: string[];
}

const NOISE_STREAM = 41;

/** `diffusion-ssl denoise MODEL IMAGE …`: adds noise to images and takes it away, or takes away what they have. */
export async function denoise(args: readonly string[]): Promise<void> {
  const program = new Command('diffusion-ssl denoise')
    .description(
      'Adds noise of a timestep to images and takes it away again by one prediction, or takes away what they ' +
        'have; writes GeoTIFFs where the images lie, in their units.',
    )
    .argument('<model>', 'folder of a run or of a model, or http address of one')
    .argument('<images...>', 'GeoTIFFs, PNGs or JPEGs with the bands of the model')
    .option('--out <folder>', 'where they are written, by the names of the images', 'denoised')
    .option('--t <timestep>', 'the noise, from 0, the least, to the last timestep', integer(0), 100)
    .option('--as-is', 'the images have the noise already: none is added', false)
    .addOption(inputBandsFlag('bands of the images that the model gets', BY_NAME))
    .option('--seed <n>', 'decides the noise', integer(0), 0);
  addBackendFlags(program).parse(args, { from: 'user' });
  const options = program.opts<DenoiseOptions>();
  const [place, ...files] = program.args;
  const names = files.map(outputName);
  const conflict = outputConflict(files, { out: options.out, names });
  if (conflict !== undefined) program.error(`error: ${conflict}`);
  await withBackend(options, async (signal) => {
    const model = await openModel(place);
    const last = model.alphaBars.length - 1;
    if (options.t > last) throw new Error(`--t is ${options.t}; the model's last timestep is ${last}.`);
    await prepareFolder(options.out);
    const { denoiser, dispose } = inferenceModel(model.model);
    try {
      for (const file of files) {
        signal.throwIfAborted();
        const { image, ...place } = await readImage(file, model, options.inputBands);
        const clean = await predictClean(image, model, { ...options, denoiser });
        await writeImage(path.join(options.out, outputName(file)), inUnitsOf(model)(clean), model, place);
        const error = meanSquaredError(image, clean);
        console.log(
          `${file}: ${options.asIs ? 'changed by' : 'error'} ${error.toFixed(4)} (mean squared, as the model has it)`,
        );
      }
    } finally {
      dispose();
    }
  });
}

/** What is written of an image: a GeoTIFF, whatever it is itself. */
function outputName(file: string): string {
  const { name, ext, base } = path.parse(file);
  return /^\.tiff?$/i.test(ext) ? base : `${name}.tif`;
}

/** The clean image that one prediction implies. */
async function predictClean(
  image: Raster,
  { alphaBars, diffusion, display }: OpenModel,
  options: Pick<DenoiseOptions, 't' | 'seed' | 'asIs'> & Pick<ReturnType<typeof inferenceModel>, 'denoiser'>,
): Promise<Raster> {
  const t = Int32Array.of(options.t);
  const clean = tf.tidy(() => {
    const x = imageTensor(image);
    const noise = randomNormal<tf.Rank.R4>(x.shape, { seed: options.seed, stream: NOISE_STREAM, step: 0 });
    const xT = options.asIs ? tf.mul(x, Math.sqrt(alphaBars[options.t])) : qSample(x, t, alphaBars, noise);
    const call = { training: false, step: 0 };
    const prediction = options.denoiser(xT, tf.tensor1d(t, 'int32'), undefined, call);
    const { predictionType } = diffusion;
    return tf.clipByValue(predictX0(xT, t, prediction, { alphaBars, predictionType }), ...display.limits);
  });
  const data = await clean.data<'float32'>();
  clean.dispose();
  return { ...image, data };
}

function meanSquaredError(a: Raster, b: Raster): number {
  return a.data.reduce((sum: number, value, i) => sum + (value - b.data[i]) ** 2, 0) / a.data.length;
}
