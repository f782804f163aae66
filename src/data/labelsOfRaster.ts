import { ConfigError } from '../errors/ConfigError.js';
import { DataError } from '../errors/DataError.js';
import type { GeoTiff } from './geoTiffTypes.js';
import { inverseTransform } from './inverseTransform.js';
import type { LabelGrid, LabelRaster, RasterizeOptions } from './rasterizeLabels.js';

/** Options of {@link labelsOfRaster}. */
export interface RasterLabelOptions extends RasterizeOptions {
  /** The label of each value, or a function of it; values without one have `noLabel`. Default: values are labels. */
  classes?: Readonly<Record<number, number>> | ((value: number) => number | undefined);
}

/**
 * Labels of a raster of classes, such as a land cover map, on the pixels of a chip. A raster of the same size, and the
 * same georeference where both have one, is taken pixel by pixel; elsewhere each of the chip's pixels has the label at
 * its centre. Missing pixels and those outside have no label.
 *
 * @param raster One band, as `decodeGeoTiff` or a window of an open raster gives it.
 * @param grid The chip's pixels.
 * @param options `project` leads from the grid's system to the raster's.
 * @throws {DataError} If the raster has several bands, or a value is no label.
 * @throws {ConfigError} If the rasters are of different systems and there is no `project`, or one has no georeference.
 * @example
 * ```ts
 * import { decodeGeoTiff, encodeGeoTiff, labelsOfRaster } from 'diffusion-ssl/data';
 *
 * const map = await decodeGeoTiff(encodeGeoTiff({ width: 2, height: 1, bands: 1, data: Uint8Array.of(40, 80) }));
 * const { data } = labelsOfRaster(map, map, { classes: { 40: 0 } });
 * console.log(data); // 0, 255
 * ```
 */
export function labelsOfRaster(
  raster: GeoTiff,
  grid: LabelGrid,
  options: RasterLabelOptions = {},
): LabelRaster {
  const { classes, noLabel = 255, project } = options;
  if (raster.bands !== 1)
    throw new DataError(`labelsOfRaster: the raster has ${raster.bands} bands; labels have one.`);
  const labelOf = (value: number) => {
    const label = typeof classes === 'function' ? classes(value) : classes ? classes[value] : value;
    if (label === undefined) return noLabel;
    if (Number.isInteger(label) && label >= -1 && label < 2 ** 31) return label;
    throw new DataError(
      `labelsOfRaster: a pixel has the value ${value}, which is no label; labels are integers.`,
    );
  };
  const pixelOf = sameGrid(raster, grid, project)
    ? (column: number, row: number) => [column, row]
    : sampler();
  const data = new Int32Array(grid.width * grid.height).fill(noLabel);
  let outside = 0;
  for (let row = 0; row < grid.height; row++) {
    for (let column = 0; column < grid.width; column++) {
      const [c, r] = pixelOf(column, row);
      if (!(c >= 0 && c < raster.width && r >= 0 && r < raster.height)) {
        outside++;
        continue;
      }
      const from = r * raster.width + c;
      if (raster.valid?.[from] !== 0) data[row * grid.width + column] = labelOf(raster.data[from]);
    }
  }
  return { width: grid.width, height: grid.height, data, outside, conflicts: 0 };

  /** The raster's pixel at the centre of the grid's. */
  function sampler() {
    if (!raster.transform || !grid.transform) {
      throw new ConfigError(
        `labelsOfRaster: the raster is ${raster.width} × ${raster.height} pixels, the chip ${grid.width} × ` +
          `${grid.height}, and without a georeference of both none can be found on the other.`,
      );
    }
    if (!project && raster.epsg !== grid.epsg) {
      throw new ConfigError(
        `labelsOfRaster: the raster is in EPSG:${raster.epsg ?? 'unknown'}, ` +
          `the chip in EPSG:${grid.epsg ?? 'unknown'}; ` +
          'hand over project, which takes coordinates of the latter to those of the former.',
      );
    }
    const [a, b, c, d, e, f] = grid.transform;
    const toPixel = inverseTransform(raster.transform);
    return (column: number, row: number) => {
      const [across, down] = [column + 0.5, row + 0.5];
      const [x, y] = [a * across + b * down + c, d * across + e * down + f];
      const [u, v] = project ? project(x, y) : [x, y];
      return toPixel(u, v).map(Math.floor);
    };
  }
}

/** Whether two rasters have the same pixels, to a thousandth of one. */
function sameGrid(raster: GeoTiff, grid: LabelGrid, project: unknown): boolean {
  if (raster.width !== grid.width || raster.height !== grid.height || project) return false;
  if (!raster.transform || !grid.transform) return true;
  if (raster.epsg !== null && grid.epsg !== null && raster.epsg !== grid.epsg) return false;
  const toPixel = inverseTransform(raster.transform);
  const [a, b, c, d, e, f] = grid.transform;
  return [
    [0, 0],
    [grid.width, 0],
    [0, grid.height],
  ].every(([column, row]) => {
    const [u, v] = toPixel(a * column + b * row + c, d * column + e * row + f);
    return Math.abs(u - column) < 1e-3 && Math.abs(v - row) < 1e-3;
  });
}
