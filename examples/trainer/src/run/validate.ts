import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields, Denoiser, PredictionType } from 'diffusion-ssl/diffusion';
import { randomNormal } from 'diffusion-ssl/ops';
import { type DiffusionBatch, type DiffusionLossFunction, diffusionLoss } from 'diffusion-ssl/training';
import type { RunBatch, RunLoader } from '../conditions/ConditionedLoader.js';
import type { RunConditions } from '../conditions/readConditions.js';
import { validationFields } from '../conditions/validationFields.js';
import type { SkippedChips } from '../data/SkippedChips.js';
import { turn } from '../stopping/turn.js';
import { affineError, type BandMoments, BandStatistics } from './baselineLoss.js';
import type { Run } from './Run.js';

/** How chips are noised to validate, and what is predicted of them. */
export interface ValidationOptions {
  alphaBars: Float64Array;
  seed: number;
  /** What the network predicts, and the losses are of. Default `'noise'`. */
  predictionType?: PredictionType;
  /** What the network is told of the chips. */
  conditions?: RunConditions;
  /** Takes the chips that cannot be used. */
  skipped?: SkippedChips;
  /** Asks to stop. */
  signal?: AbortSignal;
}

/** What validation needs to know of a run. */
export function validationOptions({
  config: { seed, predictionType },
  alphaBars,
  data: { skipped, conditions },
  signal,
}: Pick<Run, 'config' | 'alphaBars' | 'data' | 'signal'>): ValidationOptions {
  return { alphaBars, seed, predictionType, conditions, skipped, signal };
}

const VALIDATION_NOISE_STREAM = 20;
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * The batches of the validation chips, each chip with a timestep and noise of its own that are the same in every epoch.
 * The timesteps are the multiples of the golden ratio, which cover the schedule evenly however few chips there are.
 */
export async function* validationBatches(
  loader: RunLoader,
  { alphaBars, seed, conditions, signal }: ValidationOptions,
): AsyncGenerator<{ chips: RunBatch; batch: DiffusionBatch<ConditionFields | undefined> }> {
  for await (const chips of loader.epoch(0)) {
    await turn(signal);
    const t = Int32Array.from(chips.indices, (index) =>
      Math.floor((((index + 0.5) * GOLDEN_RATIO) % 1) * alphaBars.length),
    );
    const x0 = tf.tensor4d(chips.images, chips.shape);
    const noise = randomNormal<tf.Rank.R4>(chips.shape, {
      seed,
      stream: VALIDATION_NOISE_STREAM,
      step: chips.batch,
    });
    const condition = validationFields(conditions, chips);
    try {
      yield { chips, batch: { x0, t, noise, condition } };
    } finally {
      tf.dispose({ x0, noise, ...condition });
    }
  }
}

/** Mean loss of a denoiser over the validation chips. */
export async function validate(
  denoiser: Denoiser<ConditionFields | undefined>,
  loader: RunLoader,
  { loss, ...options }: ValidationOptions & { loss: DiffusionLossFunction },
): Promise<number> {
  let sum = 0;
  let count = 0;
  for await (const { batch } of validationBatches(loader, options)) {
    const { alphaBars, predictionType } = options;
    const value = diffusionLoss(denoiser, batch, { alphaBars, loss, predictionType });
    sum += (await value.data())[0] * batch.t.length;
    count += batch.t.length;
    value.dispose();
  }
  return sum / count;
}

/**
 * Mean squared error, on the same chips, timesteps and noise, of the best affine predictor of what the network
 * predicts, for each band and timestep: what a loss must beat to mean something.
 */
export async function baselineLoss(
  statistics: RunLoader,
  validation: RunLoader,
  options: ValidationOptions,
): Promise<number> {
  const { alphaBars, predictionType } = options;
  const moments = await bandMoments(statistics, options.signal);
  let sum = 0;
  let count = 0;
  for await (const { chips, batch } of validationBatches(validation, options)) {
    options.skipped?.add(chips.skipped);
    const noise = await batch.noise.data<'float32'>();
    const size = noise.length / batch.t.length;
    batch.t.forEach((t, i) => {
      const part = (values: Float32Array) => values.subarray(i * size, (i + 1) * size);
      sum += affineError(
        { x0: part(chips.images), noise: part(noise) },
        alphaBars[t],
        moments,
        predictionType,
      );
    });
    count += noise.length;
  }
  if (count === 0) throw new Error('No validation chip has a valid pixel.');
  return sum / count;
}

async function bandMoments(loader: RunLoader, signal: AbortSignal | undefined): Promise<BandMoments[]> {
  const statistics = new BandStatistics(loader.shape[2]);
  for await (const { images } of loader.epoch(0)) {
    await turn(signal);
    statistics.add(images);
  }
  return statistics.moments();
}
