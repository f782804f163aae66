import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { saveTensors, storedStateDict } from 'diffusion-ssl/interop';
import { denormalizeRaster, type Raster, typicalParameters } from 'diffusion-ssl/normalization';
import { folderFiles, prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import {
  type PictureOptions,
  type ShownChips,
  type WrittenSamples,
  writeSamples,
} from '../pictures/pictures.js';
import { baselineAdvice } from './baselineAdvice.js';
import { compareSamples } from './compareSamples.js';
import { openLogs, type Run, withAverage } from './run.js';
import { finishModel } from './saveModel.js';

/** What the end of a run needs besides the run. */
export interface FinishOptions {
  baseline: number;
  pictures: PictureOptions;
  /** Real chips to show beside the samples, and to compare them with. */
  chips: ShownChips;
  /** When the run started, in `performance.now()` milliseconds. */
  started: number;
}

/** Writes weights, samples and summary of a finished run. */
export async function finishRun(run: Run, options: FinishOptions): Promise<void> {
  const { baseline, pictures, chips, started } = options;
  const { folder, state, data, model } = run;
  const written = await withAverage(run, async () => {
    await saveTensors(folderFiles(folder), 'weights.safetensors', storedStateDict(run.parameters));
    const title = `DDIM samples after ${state.step} steps`;
    return writeSamples(model, chips, pictures, { title });
  });
  await finishModel(run, baseline);
  (await openLogs(run)).picture('samples', written.png);
  await writeSampleRasters(run, written.samples);
  state.seconds = (performance.now() - started) / 1000;
  await data.skipped.write(folder);
  await writeSummary(run, baseline, written);
}

/**
 * Writes the samples as GeoTIFFs in the units of the training chips, at the range of an average one where each had its
 * own.
 */
async function writeSampleRasters({ folder, config, state }: Run, samples: readonly Raster[]): Promise<void> {
  const { normalization: strategy, statistics: procedure } = config;
  if (strategy === 'none') return;
  const parameters = typicalParameters(state.chips.statistics, { strategy, procedure });
  await prepareFolder(path.join(folder, 'samples'), { soleWriter: true });
  for (const [i, sample] of samples.entries()) {
    const { height, width, channels, data } = denormalizeRaster(sample, parameters);
    const file = path.join(folder, 'samples', `${i}.tif`);
    await writeFileAtomic(file, encodeGeoTiff({ height, width, bands: channels, data }));
  }
}

async function writeSummary(run: Run, baseline: number, { samples, chips }: WrittenSamples): Promise<void> {
  const { config, state, folder, parameters, data } = run;
  const last = state.history.at(-1);
  const summary = {
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
  await writeFileAtomic(path.join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  console.log(
    `validation loss ${summary.validationLoss?.toFixed(4)}, baseline ${baseline.toFixed(4)}, ` +
      `${state.seconds.toFixed(0)} s, ${summary.imagesPerSecond?.toFixed(1)} images/s; ` +
      `${data.skipped.count > 0 ? `${data.skipped.count} chips skipped; ` : ''}see ${folder}`,
  );
  const advice = baselineAdvice(run, baseline);
  if (advice) console.log(advice);
}
