import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { ChipBatch, ChipLoader } from 'diffusion-ssl/data/node';
import { type Denoiser, getVelocity, predictNoise, predictX0, qSample } from 'diffusion-ssl/diffusion';
import { inferenceModel } from 'diffusion-ssl/models';
import type { Raster } from 'diffusion-ssl/normalization';
import { randomNormal } from 'diffusion-ssl/ops';
import { sampleDdim } from 'diffusion-ssl/samplers';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import { turn } from '../run/turn.js';
import type { Display } from './display.js';
import { type LossPlotOptions, lossPlotSvg } from './lossPlot.js';
import { type PanelSample, samplePanel } from './samplePanel.js';
import { type SamplingColumn, samplingGrid } from './samplingGrid.js';
import { svgToPng } from './svgToPng.js';

/** What the pictures need to know of the run. */
export interface PictureOptions {
  folder: string;
  config: PretrainConfig;
  alphaBars: Float64Array;
  bands: number[];
  display: Display;
  /** Asks to stop: samples take a while. */
  signal?: AbortSignal;
}

const PANEL_CHIPS = 4;
/** Real chips that are kept to be shown and to compare samples with, at most. */
const KEPT_CHIPS = 16;
const PANEL_STREAM = 21;
const SAMPLE_STEPS = 50;
/** Bands beside those in colour that are shown of a sample, at most. */
const GREY_BANDS = 2;
/** Moments of the reverse process that are shown, as parts of it. */
const SHOWN = [0, 0.3, 0.5, 0.7, 0.8, 0.9];

/** Writes the loss plot as SVG and as PNG. */
export async function writeLossPlot(folder: string, options: LossPlotOptions): Promise<void> {
  const svg = lossPlotSvg(options);
  await writeFileAtomic(path.join(folder, 'loss.svg'), svg);
  await writeFileAtomic(path.join(folder, 'loss.png'), await svgToPng(svg));
}

/** What a network predicts, in words. */
export const PREDICTED = { noise: 'noise', x0: 'clean chip', v: 'v' } as const;

/** Some chips of a batch. */
export type ShownChips = Pick<ChipBatch, 'images' | 'shape'>;

/** The chips that pictures show: the first of a loader's, with nothing else kept of their batch. */
export async function shownChips(loader: ChipLoader): Promise<ShownChips> {
  const { value } = await loader.epoch(0).next();
  const { images, shape } = value as ChipBatch;
  const count = Math.min(KEPT_CHIPS, shape[0]);
  return {
    images: images.slice(0, (images.length / shape[0]) * count),
    shape: [count, shape[1], shape[2], shape[3]],
  };
}

/**
 * Writes x0, x_t, noise and reconstruction as they follow from the prediction for the first chips of a batch as
 * `best.png`, with the error of what the network predicts.
 *
 * @returns The picture.
 */
export async function writePanel(
  denoiser: Denoiser<undefined>,
  chips: ShownChips,
  { folder, config, alphaBars, bands, display }: PictureOptions,
  title: string,
): Promise<Uint8Array> {
  const samples = await panelSamples(denoiser, chips, { config, alphaBars, display });
  const png = await samplePanel(samples, {
    title,
    bands,
    imageRange: display.rangeOf(bands),
    note: `Error: mean squared error of the predicted ${PREDICTED[config.predictionType]}.`,
  });
  await writeFileAtomic(path.join(folder, 'best.png'), png);
  return png;
}

/** The rows of `best.png`: the first chips of a batch at timesteps spread over the schedule. */
export async function panelSamples(
  denoiser: Denoiser<undefined>,
  { images, shape }: ShownChips,
  { config, alphaBars, display }: Pick<PictureOptions, 'config' | 'alphaBars' | 'display'>,
): Promise<PanelSample[]> {
  const count = Math.min(PANEL_CHIPS, shape[0]);
  const t = Int32Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) / count) * alphaBars.length));
  const tensors = tf.tidy(() => {
    const x0 = tf.slice(tf.tensor4d(images, shape), 0, count);
    const noise = randomNormal<tf.Rank.R4>(x0.shape, { seed: config.seed, stream: PANEL_STREAM, step: 0 });
    const xT = qSample(x0, t, alphaBars, noise);
    const call = { training: false, step: 0 };
    const prediction = denoiser(xT, tf.tensor1d(t, 'int32'), undefined, call) as tf.Tensor4D;
    const { predictionType } = config;
    const target = { noise: () => noise, x0: () => x0, v: () => getVelocity(x0, t, alphaBars, noise) };
    const predictedNoise = predictNoise(xT, t, prediction, { alphaBars, predictionType });
    const reconstruction = tf.clipByValue(
      predictX0(xT, t, prediction, { alphaBars, predictionType }),
      ...display.limits,
    );
    const error = tf.mean(tf.squaredDifference(prediction, target[predictionType]()), [1, 2, 3]);
    return { x0, xT, predictedNoise, reconstruction, error };
  });
  const errors = await tensors.error.data();
  const [x0, xT, predictedNoise, reconstruction] = await Promise.all(
    [tensors.x0, tensors.xT, tensors.predictedNoise, tensors.reconstruction].map(toImages),
  );
  tf.dispose(tensors);
  return Array.from(t, (step, i) => ({
    x0: display.inUnits(x0[i]),
    xT: xT[i],
    predictedNoise: predictedNoise[i],
    reconstruction: display.inUnits(reconstruction[i]),
    t: step,
    note: `error ${errors[i].toFixed(3)}`,
  }));
}

/** What {@link writeSamples} has drawn, as the network has it, and the chips it was shown beside. */
export interface WrittenSamples {
  samples: Raster[];
  chips: Raster[];
  /** `samples.png`. */
  png: Uint8Array;
}

/** Draws samples with DDIM and writes how they form, and real chips beside them, as `samples.png`. */
export async function writeSamples(
  model: LayersModel,
  shown: ShownChips,
  { folder, config, alphaBars, bands, display, signal }: PictureOptions,
  { count = 6, title }: { count?: number; title: string },
): Promise<WrittenSamples> {
  const columns: SamplingColumn[] = [];
  const inUnits = async (tensor: tf.Tensor) => (await toImages(tensor as tf.Tensor4D)).map(display.inUnits);
  const steps = Math.min(SAMPLE_STEPS, alphaBars.length);
  const shownSteps = new Set(SHOWN.map((part) => 1 + Math.floor(part * steps)));
  const { denoiser, dispose } = inferenceModel(model);
  const samples = await sampleDdim(denoiser, alphaBars, {
    shape: [count, ...shown.shape.slice(1)],
    steps,
    clip: display.limits,
    eta: 1,
    useClippedModelOutput: true,
    predictionType: config.predictionType,
    // A schedule that ends at nothing but noise is sampled from there.
    spacing: config.zeroTerminalSnr ? 'trailing' : 'leading',
    seed: config.seed,
    onStep: async ({ step, t, xT }) => {
      await turn(signal);
      if (shownSteps.has(step)) columns.push({ t, images: await inUnits(xT) });
    },
  }).finally(dispose);
  const images = await toImages(samples as tf.Tensor4D);
  samples.dispose();
  const chips = imagesOf(shown.images, shown.shape);
  columns.push({ t: 'result', images: images.map(display.inUnits) });
  const others = Array.from({ length: shown.shape[3] }, (_, band) => band).filter(
    (band) => !bands.includes(band),
  );
  const greyBands = others.slice(0, GREY_BANDS).map((band) => ({ band, range: display.rangeOf([band]) }));
  const png = await samplingGrid(columns, {
    title,
    bands,
    imageRange: display.rangeOf(bands),
    greyBands,
    chips: chips.map(display.inUnits),
  });
  await writeFileAtomic(path.join(folder, 'samples.png'), png);
  return { samples: images, chips, png };
}

async function toImages(tensor: tf.Tensor4D): Promise<Raster[]> {
  return imagesOf(await tensor.data<'float32'>(), tensor.shape);
}

function imagesOf(values: Float32Array, shape: readonly [number, number, number, number]): Raster[] {
  const [count, height, width, channels] = shape;
  const size = height * width * channels;
  return Array.from({ length: count }, (_, i) => ({
    height,
    width,
    channels,
    data: values.slice(i * size, (i + 1) * size),
  }));
}
