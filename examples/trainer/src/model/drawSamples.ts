import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields } from 'diffusion-ssl/diffusion';
import { inferenceModel } from 'diffusion-ssl/models';
import type { Raster } from 'diffusion-ssl/normalization';
import { randomNormal } from 'diffusion-ssl/ops';
import type { GuidanceOptions, NoiseSource } from 'diffusion-ssl/samplers';
import { conditionedDenoiser } from '../conditions/conditionedDenoiser.js';
import { guidedDenoiser } from '../conditions/guidedDenoiser.js';
import { turn } from '../stopping/turn.js';
import type { OpenModel } from './openModel.js';
import { SAMPLERS, type SamplerName } from './samplers.js';

/** What {@link drawSamples} is to draw. */
export interface DrawOptions {
  sampler: SamplerName;
  steps: number;
  count: number;
  /** Number of the first of them. Default 0. */
  first?: number;
  /** Samples drawn at once. */
  batch: number;
  seed: number;
  /** Height and width. */
  size: readonly [number, number];
  /** An image to start from, as the model has it, and how much of the noise it gets: 1 leaves nothing of it. */
  from?: { image: Raster; strength: number };
  /** What some samples are to follow, from the first of them on; missing: the network is told nothing. */
  told?: (first: number, count: number) => Promise<ConditionFields | undefined>;
  /** How far to follow it; missing: as the network has learned it. */
  guidance?: GuidanceOptions;
  /** Hears how many of all steps are done. */
  onStep?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

const NOISE_STREAM = 40;
/** Draws of noise that an image may ask for: more than any sampler makes in 1,000 steps. */
const DRAWS = 2 ** 13;

/** Samples of a model, as it has them. An image depends on the seed and its number alone, not on its batch. */
export async function* drawSamples(model: OpenModel, options: DrawOptions): AsyncIterable<Raster> {
  const { count, first: start = 0, batch, steps, size, from, onStep, signal } = options;
  const [height, width] = size;
  const channels = model.bands.length;
  const startStep = from ? Math.min(steps - 1, steps - Math.floor(from.strength * steps)) : 0;
  const { denoiser, dispose } = inferenceModel(model.model);
  const { conditions = [] } = model;
  const total = Math.ceil(count / batch) * (steps - startStep);
  let done = 0;
  try {
    for (let first = start; first < start + count; first += batch) {
      const shape: [number, number, number, number] = [
        Math.min(batch, start + count - first),
        height,
        width,
        channels,
      ];
      let condition: ConditionFields | undefined;
      const initialImage = from && tf.tidy(() => tf.tile(imageTensor(from.image), [shape[0], 1, 1, 1]));
      try {
        condition = await options.told?.(first, shape[0]);
        const told = conditionedDenoiser(denoiser, conditions);
        const guided = guidedDenoiser(told, conditions, condition, options.guidance);
        const samples = await SAMPLERS[options.sampler](guided, model.alphaBars, {
          ...{ shape, steps, initialImage, startStep, signal },
          clip: model.display.limits,
          predictionType: model.diffusion.predictionType,
          noise: noiseOf(options.seed, first),
          onStep: async () => {
            onStep?.(++done, total);
            await turn(signal);
          },
        });
        const data = await samples.data<'float32'>();
        samples.dispose();
        const values = height * width * channels;
        for (let i = 0; i < shape[0]; i++) {
          yield { height, width, channels, data: data.slice(i * values, (i + 1) * values) };
        }
      } finally {
        initialImage?.dispose();
        if (condition) tf.dispose(condition);
      }
    }
  } finally {
    dispose();
  }
}

/** An image as a batch of one. */
export function imageTensor({ height, width, channels, data }: Raster): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(data), [1, height, width, channels]);
}

function noiseOf(seed: number, first: number): NoiseSource {
  return ([count, ...shape], draw) =>
    tf.stack(
      Array.from({ length: count }, (_, i) =>
        randomNormal(shape, { seed, stream: NOISE_STREAM, step: (first + i) * DRAWS + draw }),
      ),
    );
}
