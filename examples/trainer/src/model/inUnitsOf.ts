import { denormalizeRaster, type Raster, typicalParameters } from 'diffusion-ssl/normalization';
import type { OpenModel } from './openModel.js';

/**
 * Images as a model has them, in the units of the chips that it was trained on: at the range of an average chip where
 * each had its own; as they are where the model does not know the units.
 */
export function inUnitsOf({ normalization }: Pick<OpenModel, 'normalization'>): (image: Raster) => Raster {
  const { strategy = 'min_max', procedure, globalStats } = normalization ?? {};
  if (!normalization || !globalStats) return (image) => image;
  const parameters = typicalParameters(globalStats, { strategy, procedure });
  return (image) => denormalizeRaster(image, parameters);
}
