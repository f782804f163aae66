import { ConfigError } from 'diffusion-ssl/errors';
import type { FeatureDenoiser } from 'diffusion-ssl/features';
import type { OpenModel } from './openModel.js';

/** @throws {ConfigError} If a layer or timestep is none of the network's. */
export function checkReading(
  { alphaBars }: Pick<OpenModel, 'alphaBars'>,
  { layerNames }: Pick<FeatureDenoiser, 'layerNames'>,
  { layers, timesteps }: { layers: readonly string[]; timesteps: readonly number[] },
): void {
  for (const layer of layers) {
    if (layerNames.includes(layer)) continue;
    throw new ConfigError(
      `--layers names '${layer}', which the network has not. It has ${layerNames.join(', ')}.`,
    );
  }
  for (const timestep of timesteps) {
    if (Number.isInteger(timestep) && timestep >= 0 && timestep < alphaBars.length) continue;
    throw new ConfigError(`--timesteps names ${timestep}; the network knows 0 to ${alphaBars.length - 1}.`);
  }
}
