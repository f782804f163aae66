import type { CatalogRow, LabelGrid } from 'diffusion-ssl/data';
import type { TaskKind } from '../transfer/Task.js';

/** Labels of chips, wherever they are kept. */
export interface ChipLabels {
  /** Names of the classes, where what keeps them names them. */
  classes?: readonly string[];
  /**
   * Of a chip on these pixels, row-major [samples, questions], `NO_LABEL` where nothing is known. Of groups the classes
   * that are present.
   */
  of(row: CatalogRow, grid: LabelGrid): Promise<Int32Array>;
}

/** Where labels are, and what they are of. */
export interface LabelSource {
  kind: TaskKind;
  data: string;
  catalog: string;
  /**
   * A file: points and polygons as GeoJSON or as a CSV table with coordinates, or a raster of classes as a GeoTIFF.
   * Otherwise a column of the catalog: paths of rasters for segmentation, a class for scenes, classes separated by
   * blanks for groups.
   */
  labels: string;
  /** Names by number. Default: those that the labels have, or their numbers. */
  classes?: readonly string[];
  /** Property or column of a file of points and polygons that holds the label. */
  property?: string;
  /** Value in rasters, besides those below 0, that is no label. Default 255. */
  ignoreIndex?: number;
}
