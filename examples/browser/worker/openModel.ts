import { estimateMemory, namedParameters } from 'diffusion-ssl/models';
import { browserFiles, fromPretrained, type PretrainedModel } from 'diffusion-ssl/pretrained';
import type { RunSettings } from '../shared/types.js';
import { MAX_NETWORK_BYTES } from './checkLimits.js';
import { Run } from './Run.js';
import type { RestoredRun } from './restoreRun.js';

/**
 * Makes a run of the files of a model folder, which begins at step 0.
 *
 * @throws If they are damaged, or of a network that the page cannot train; nothing else has changed then.
 */
export async function openModel(files: File[], defaults: RunSettings): Promise<RestoredRun> {
  const pretrained = await fromPretrained(browserFiles(files), {
    accept: (plan) => checkNetwork(plan, defaults.batchSize),
  });
  const { model, config, remarks, bands, normalization } = pretrained;
  try {
    const run = new Run({
      ...defaults,
      ...diffusionOf(pretrained, defaults),
      network: { ...config, seed: defaults.seed },
      scaling:
        normalization === undefined
          ? undefined
          : { normalization, statistics: normalization?.globalStats ?? undefined },
      shownBands: undefined,
      bands: [...bands],
    });
    const weights = new Map(namedParameters(model).map(({ name, variable }) => [name, variable]));
    for (const { name, variable } of run.parameters) variable.assign(weights.get(name)!);
    run.restartAverage();
    return { run, remark: remarks.join(' ') || undefined };
  } finally {
    model.dispose();
  }
}

function diffusionOf({ diffusion }: PretrainedModel, defaults: RunSettings) {
  if (!diffusion) return {};
  const { schedule: type, timesteps, betaStart, betaEnd, predictionType } = diffusion;
  return { schedule: { ...defaults.schedule, type, timesteps, betaStart, betaEnd }, predictionType };
}

function checkNetwork({ config, diffusion }: Omit<PretrainedModel, 'model'>, batch: number): void {
  const { inChannels = 4, outChannels = inChannels } = config;
  if (outChannels !== inChannels)
    throw new Error(
      `The network takes ${inChannels} bands and gives ${outChannels}; the page trains those that give what they take.`,
    );
  if (diffusion?.zeroTerminalSnr)
    throw new Error(
      'The network was trained with a signal-to-noise ratio of zero at the end, which the page has not.',
    );
  const { total } = estimateMemory(config, { batch, size: [64, 64], ema: true });
  if (total > MAX_NETWORK_BYTES)
    throw new Error(
      `Its network needs about ${(total / 2 ** 30).toFixed(1)} GiB to train, ` +
        `and a page has ${MAX_NETWORK_BYTES / 2 ** 30}: train it in Node.`,
    );
}
