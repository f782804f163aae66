import { namedParameters } from 'diffusion-ssl/models';
import {
  browserFiles,
  fromPretrained,
  type ModelDiffusion,
  type PretrainedModel,
} from 'diffusion-ssl/pretrained';
import type { RunSettings } from '../shared/types.js';
import { checkSizes } from './checkSizes.js';
import { Run } from './Run.js';
import type { RestoredRun } from './restoreRun.js';

/**
 * Makes a run of the files of a model folder, which begins at step 0.
 *
 * @throws If they are damaged, or of a network that the page cannot train; nothing else has changed then.
 */
export async function openModel(files: File[], defaults: RunSettings): Promise<RestoredRun> {
  const pretrained = await fromPretrained(browserFiles(files), {
    accept(network) {
      checkNetwork(network);
      checkSizes(settingsOf(network, defaults));
    },
  });
  const { model, remarks } = pretrained;
  try {
    const run = new Run(settingsOf(pretrained, defaults));
    const weights = new Map(namedParameters(model).map(({ name, variable }) => [name, variable]));
    for (const { name, variable } of run.parameters) variable.assign(weights.get(name)!);
    run.restartAverage();
    return { run, remark: remarks.join(' ') || undefined };
  } finally {
    model.dispose();
  }
}

function settingsOf(
  { config, bands, normalization, diffusion }: Omit<PretrainedModel, 'model'>,
  defaults: RunSettings,
): RunSettings {
  return {
    ...defaults,
    ...(diffusion && diffusionOf(diffusion)),
    network: { ...config, seed: defaults.seed },
    scaling:
      normalization === undefined
        ? undefined
        : { normalization, statistics: normalization?.globalStats ?? undefined },
    shownBands: undefined,
    bands: [...bands],
  };
}

function diffusionOf({ schedule: type, predictionType, ...rest }: ModelDiffusion) {
  return { schedule: { type, ...rest }, predictionType };
}

/** @throws If the page trains no such network. */
function checkNetwork({ config }: Omit<PretrainedModel, 'model'>): void {
  const { inChannels = 4, outChannels = inChannels } = config;
  if (outChannels !== inChannels)
    throw new Error(
      `The network takes ${inChannels} bands and gives ${outChannels}; the page trains those that give what they take.`,
    );
}
