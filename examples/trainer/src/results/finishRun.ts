import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { denormalizeRaster, type Raster, typicalParameters } from 'diffusion-ssl/normalization';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import type { Run } from '../run/Run.js';
import type { RunSummary } from '../run/RunListener.js';
import type { ConditionReport } from '../run/reportConditions.js';
import type { RunSamples } from '../run/sampleRun.js';
import { compareSamples } from './compareSamples.js';
import { finishModel } from './saveModel.js';

/** Writes what a finished run leaves: the model's card, samples, the chips left out, and the summary. */
export async function finishRun(
  run: Run,
  samples: RunSamples,
  conditions?: ConditionReport,
): Promise<RunSummary> {
  const { folder, state, data } = run;
  await finishModel(run);
  await writeSampleRasters(run, samples.samples);
  state.seconds = (performance.now() - run.beginning) / 1000;
  await data.skipped.write(folder);
  const summary = { ...summaryOf(run, samples), ...(conditions && { conditions }) };
  await writeFileAtomic(path.join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

/**
 * Writes the samples as GeoTIFFs in the units of the training chips, at the range of an average one where each had its
 * own.
 */
async function writeSampleRasters(run: Run, samples: readonly Raster[]): Promise<void> {
  const { folder, config, state, bands } = run;
  const { normalization: strategy, statistics: procedure } = config;
  if (strategy === 'none') return;
  const bandNames = bands.map(({ name }) => name ?? null);
  const parameters = typicalParameters(state.chips.statistics, { strategy, procedure });
  await prepareFolder(path.join(folder, 'samples'), { soleWriter: true });
  for (const [i, sample] of samples.entries()) {
    const { height, width, channels, data } = denormalizeRaster(sample, parameters);
    const file = path.join(folder, 'samples', `${i}.tif`);
    await writeFileAtomic(file, encodeGeoTiff({ height, width, bands: channels, data, bandNames }));
  }
}

function summaryOf(run: Run, { samples, chips }: RunSamples): RunSummary {
  const { config, state, parameters, data, baseline } = run;
  const last = state.history.at(-1);
  return {
    backend: tf.getBackend(),
    parameters: parameters.reduce((sum, { spec, variable }) => sum + (spec.trainable ? variable.size : 0), 0),
    images: data.train.length,
    skippedChips: data.skipped.count,
    epochs: config.epochs,
    trainLoss: last?.trainLoss,
    validationLoss: last?.validationLoss,
    baselineLoss: baseline,
    // Of the last epoch: the first one also warms up.
    imagesPerSecond: last?.imagesPerSecond,
    waitShare: last?.waitShare,
    seconds: state.seconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    // As the network has them; chips of the validation split.
    samplesAgainstChips: compareSamples(samples, chips),
  };
}
