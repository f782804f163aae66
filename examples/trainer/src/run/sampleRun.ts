import * as tf from '@tensorflow/tfjs-core';
import { inferenceModel } from 'diffusion-ssl/models';
import type { Raster } from 'diffusion-ssl/normalization';
import { sampleDdim } from 'diffusion-ssl/samplers';
import { conditionedDenoiser } from '../conditions/conditionedDenoiser.js';
import { validationFields } from '../conditions/validationFields.js';
import { imagesOf } from '../data/imagesOf.js';
import { firstChips } from '../data/shownChips.js';
import { turn } from '../stopping/turn.js';
import type { Run } from './Run.js';

/** Samples of a run, as the network has them. */
export interface RunSamples {
  samples: Raster[];
  /** How they form: what they were at some timesteps, the first one first. */
  moments: { t: number; images: Raster[] }[];
  /** Real chips to compare them with. */
  chips: Raster[];
}

const COUNT = 6;
const STEPS = 50;
/** Moments of the reverse process that are kept, as parts of it. */
const KEPT = [0, 0.3, 0.5, 0.7, 0.8, 0.9];

/** Draws samples with DDIM, of the size of the run's chips. */
export async function sampleRun({
  model,
  conditions,
  data,
  shown,
  config,
  alphaBars,
  display,
  signal,
}: Run): Promise<RunSamples> {
  const moments: RunSamples['moments'] = [];
  const steps = Math.min(STEPS, alphaBars.length);
  const keptSteps = new Set(KEPT.map((part) => 1 + Math.floor(part * steps)));
  const { denoiser, dispose } = inferenceModel(model);
  // Each is told what the network is told of the chip beside it.
  const seen = firstChips(shown, COUNT);
  const condition = validationFields(data.conditions, seen);
  const samples = await sampleDdim(conditionedDenoiser(denoiser, conditions), alphaBars, {
    shape: [condition ? seen.shape[0] : COUNT, ...shown.shape.slice(1)],
    steps,
    condition,
    clip: display.limits,
    eta: 1,
    useClippedModelOutput: true,
    predictionType: config.predictionType,
    // A schedule that ends at nothing but noise is sampled from there.
    spacing: config.zeroTerminalSnr ? 'trailing' : 'leading',
    seed: config.seed,
    onStep: async ({ step, t, xT }) => {
      await turn(signal);
      if (keptSteps.has(step)) moments.push({ t, images: await rastersOf(xT) });
    },
  }).finally(() => {
    dispose();
    if (condition) tf.dispose(condition);
  });
  const images = await rastersOf(samples);
  samples.dispose();
  return { samples: images, moments, chips: imagesOf(shown.images, shown.shape) };
}

async function rastersOf(tensor: tf.Tensor): Promise<Raster[]> {
  return imagesOf(await tensor.data<'float32'>(), (tensor as tf.Tensor4D).shape);
}
