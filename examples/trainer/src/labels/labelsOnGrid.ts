import { type GeoTiff, type LabelGrid, labelsOfRaster } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { projectionBetween } from '../tile/projections.js';
import { NO_LABEL } from '../transfer/Task.js';

/**
 * The labels of a raster on a chip's pixels.
 *
 * @throws {DataError} that names the raster, if a value is no label or the two cannot be brought together.
 */
export function labelsOnGrid(
  raster: GeoTiff,
  grid: LabelGrid,
  { name, ignoreIndex = 255 }: { name: string; ignoreIndex?: number },
): Int32Array {
  const isElsewhere = raster.epsg !== null && grid.epsg !== null && raster.epsg !== grid.epsg;
  const project = isElsewhere ? projectionBetween(grid.epsg!, raster.epsg!) : undefined;
  const classes = (value: number) => (value === ignoreIndex || value < 0 ? undefined : value);
  try {
    return labelsOfRaster(raster, grid, { classes, noLabel: NO_LABEL, project }).data;
  } catch (error) {
    throw new DataError(`${name}: ${(error as Error).message.replace(/^labelsOfRaster: /, '')}`, {
      cause: error,
    });
  }
}
