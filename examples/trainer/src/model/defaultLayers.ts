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
