import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkInteger } from '../internal/checks.js';
import { fillArea } from './fillArea.js';
import type { GeoTiffInfo } from './geoTiffTypes.js';
import { inverseTransform } from './inverseTransform.js';
import type { LabelShapes } from './LabelShape.js';

/** The pixels that labels are put on: those of a chip or a scene, `info` of an open raster. */
export type LabelGrid = Pick<GeoTiffInfo, 'width' | 'height' | 'epsg' | 'transform'>;

/** From coordinates of one system to those of another. */
export type ProjectPoint = (x: number, y: number) => readonly [x: number, y: number];

/** Options of {@link rasterizeLabels}. */
export interface RasterizeOptions {
  /**
   * From the labels' system to the grid's, where the two are not the same: `proj4('EPSG:4326', 'EPSG:32633').forward`
   * for pairs, say.
   */
  project?: ProjectPoint;
  /** The label of pixels without one, in [-1, 2^31). Default 255. */
  noLabel?: number;
}

/** Labels on the pixels of a grid. */
export interface LabelRaster {
  width: number;
  height: number;
  /** One label a pixel, row by row. */
  data: Int32Array;
  /** How many shapes lie wholly outside. */
  outside: number;
  /** How many pixels got another label after they had one; the last shape's stands. */
  conflicts: number;
}

/**
 * Puts points and areas on the pixels of a raster: a point labels the pixel that it lies in, an area those whose centre
 * it holds, as GDAL does it. Later shapes cover earlier ones.
 *
 * @param labels Of `parseGeoJsonLabels` or `parseCsvLabels`; without an EPSG code in the grid's own coordinates.
 * @throws {ConfigError} If the grid has no georeference, the systems differ and there is no `project`, or a label is
 * `noLabel`.
 * @example
 * ```ts
 * import { parseCsvLabels, rasterizeLabels } from 'diffusion-ssl/data';
 *
 * const labels = parseCsvLabels('lon,lat,label\n10.5,49.5,3\n');
 * const grid = { width: 2, height: 2, epsg: 4326, transform: [1, 0, 9, 0, -1, 51] as const };
 * console.log(rasterizeLabels(labels, { ...grid, transform: [...grid.transform] }).data); // 255, 255, 255, 3
 * ```
 */
export function rasterizeLabels(
  labels: Pick<LabelShapes, 'shapes' | 'epsg'>,
  grid: LabelGrid,
  { project, noLabel = 255 }: RasterizeOptions = {},
): LabelRaster {
  const { shapes, epsg } = labels;
  const { width, height } = grid;
  checkInteger('rasterizeLabels: noLabel', noLabel, -1, 2 ** 31 - 1);
  if (!grid.transform)
    throw argumentError('rasterizeLabels: grid.transform', grid.transform, 'its georeference');
  if (!project && epsg !== null && epsg !== grid.epsg) {
    throw new ConfigError(
      `rasterizeLabels: the labels are in EPSG:${epsg}, the raster in EPSG:${grid.epsg ?? 'unknown'}; hand over ` +
        'project, which takes coordinates of the former to those of the latter.',
    );
  }
  const toPixel = inverseTransform(grid.transform);
  const place = ([x, y]: readonly [number, number]) => {
    const [across, up] = project ? project(x, y) : [x, y];
    return toPixel(across, up);
  };
  const data = new Int32Array(width * height).fill(noLabel);
  let [outside, conflicts] = [0, 0];
  for (const { label, kind, lists } of shapes) {
    if (label === noLabel) {
      throw new ConfigError(
        `rasterizeLabels: a shape has the label ${label}, which is noLabel; choose another.`,
      );
    }
    let reached = 0;
    const mark = (row: number, from: number, to: number) => {
      reached += to - from;
      for (let i = row * width + from; i < row * width + to; i++) {
        if (data[i] !== noLabel && data[i] !== label) conflicts++;
        data[i] = label;
      }
    };
    const placed = lists.map((list) => list.map(place));
    if (kind === 'area') fillArea(placed, grid, mark);
    else {
      for (const [column, row] of placed.flat()) {
        const [c, r] = [Math.floor(column), Math.floor(row)];
        if (r >= 0 && r < height && c >= 0 && c < width) mark(r, c, c + 1);
      }
    }
    if (reached === 0) outside++;
  }
  return { width, height, data, outside, conflicts };
}
