import type { AffineTransform, LabelGrid, PixelWindow } from 'diffusion-ssl/data';
import { type OpenRaster, openRaster } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import { projectionBetween } from '../tile/projections.js';
import { NO_LABEL } from '../transfer/Task.js';
import type { ChipLabels, LabelSource } from './ChipLabels.js';
import { labelsOnGrid } from './labelsOnGrid.js';

/** One raster of classes, such as a land cover map, for all chips; of each chip the part that it lies on is read. */
export async function rasterLabels({ labels, ignoreIndex }: LabelSource): Promise<ChipLabels> {
  const { info, name, close } = await openRaster(labels);
  close();
  if (!info.transform || info.epsg === null) {
    throw new DataError(`${name} does not say where it lies: as labels of all chips it must.`);
  }
  return {
    async of({ images: [image] }, grid) {
      if (!grid.transform || grid.epsg === null) {
        throw new DataError(
          `${image} does not say where it lies; the labels of ${name} cannot be found on it.`,
        );
      }
      const raster = await openRaster(labels);
      try {
        const window = windowAround(raster, grid);
        if (!window) return new Int32Array(grid.width * grid.height).fill(NO_LABEL);
        return labelsOnGrid(await raster.read(window), grid, { name, ignoreIndex });
      } finally {
        raster.close();
      }
    },
  };
}

/** The pixels of a raster under a grid, and one more on each side; none where it lies outside. */
function windowAround(
  { info }: OpenRaster,
  { width, height, epsg, transform }: LabelGrid,
): PixelWindow | undefined {
  const [a, b, c, d, e, f] = transform as AffineTransform;
  const project = projectionBetween(epsg!, info.epsg!);
  const [A, B, C, D, E, F] = info.transform as AffineTransform;
  const [columns, rows]: [number[], number[]] = [[], []];
  const steps = [0, 0.25, 0.5, 0.75, 1];
  for (const across of steps) {
    for (const down of steps) {
      const [x, y] = project(
        a * across * width + b * down * height + c,
        d * across * width + e * down * height + f,
      );
      const determinant = A * E - B * D;
      columns.push((E * (x - C) - B * (y - F)) / determinant);
      rows.push((A * (y - F) - D * (x - C)) / determinant);
    }
  }
  const range = (places: number[], length: number) => {
    const low = Math.max(0, Math.floor(Math.min(...places)) - 1);
    return [low, Math.min(length, Math.ceil(Math.max(...places)) + 1) - low];
  };
  const [[left, wide], [top, high]] = [range(columns, info.width), range(rows, info.height)];
  return wide > 0 && high > 0 ? { top, left, height: high, width: wide } : undefined;
}
