import { namedParameters, type UnetAttDConfig } from 'diffusion-ssl/models';
import {
  browserFiles,
  fromPretrained,
  type ModelDiffusion,
  type PretrainedNetwork,
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

function settingsOf(network: PretrainedNetwork, defaults: RunSettings): RunSettings {
  const { bands, normalization, diffusion } = network;
  return {
    ...defaults,
    ...(diffusion && diffusionOf(diffusion)),
    network: { ...configOf(network), seed: defaults.seed },
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
function configOf(network: PretrainedNetwork): UnetAttDConfig {
  if (network.factory !== 'unetAttD')
    throw new Error(`The folder holds a network of ${network.factory}; the page trains those of unetAttD.`);
  return network.config;
}

/** @throws If the page trains no such network. */
function checkNetwork(network: PretrainedNetwork): void {
  const { inChannels = 4, outChannels = inChannels } = configOf(network);
  if (outChannels !== inChannels)
    throw new Error(
      `The network takes ${inChannels} bands and gives ${outChannels}; the page trains those that give what they take.`,
    );
}
