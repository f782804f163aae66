import { ConfigError } from 'diffusion-ssl/errors';
import type { FeatureDenoiser } from 'diffusion-ssl/features';
import type { OpenModel } from './openModel.js';

/** The decoder's, from fine to coarse. */
const UNET_ATT_D = ['conv5', 'conv4', 'conv3'];

/**
 * The layers that are read where none are named: of `unetAttD` the last three blocks of its decoder, of other networks
 * the last layer of each of the three finest resolutions, but for the output.
 */
export function defaultLayers(
  { factory, model, bands }: Pick<OpenModel, 'factory' | 'model' | 'bands'>,
  denoiser: Pick<FeatureDenoiser, 'layerNames' | 'planActivations'>,
): string[] {
  if (factory === 'unetAttD') return UNET_ATT_D;
  const output = model.outputs[0].sourceLayer.name;
  const names = denoiser.layerNames.filter((name) => name !== output);
  const { shapes } = denoiser.planActivations([1, 64, 64, bands.length], names);
  const byHeight = new Map<number, string>();
  for (const [i, shape] of shapes.entries()) if (shape.length === 4) byHeight.set(shape[1], names[i]);
  return [...byHeight]
    .sort(([a], [b]) => b - a)
    .slice(0, 3)
    .map(([, name]) => name);
}

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
