import { openRaster } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import { NO_LABEL } from '../transfer/Task.js';
import type { ChipLabels, LabelSource } from './ChipLabels.js';
import { labelsOnGrid } from './labelsOnGrid.js';

/** A raster of classes for each chip, whose paths a column of the catalog has; a chip without one has no labels. */
export function rasterColumn({ data, catalog, labels: column, ignoreIndex }: LabelSource): ChipLabels {
  return {
    async of(row, grid) {
      const file = row.values[column];
      if (file === undefined) {
        const has = Object.keys(row.values).join(', ');
        throw new DataError(
          `${catalog} has no column '${column}' (it has ${has}), nor is it a file of labels.`,
        );
      }
      if (file === '') return new Int32Array(grid.width * grid.height).fill(NO_LABEL);
      const raster = await openRaster(file, { dataPath: data });
      try {
        return labelsOnGrid(await raster.read(), grid, { name: raster.name, ignoreIndex });
      } finally {
        raster.close();
      }
    },
  };
}
