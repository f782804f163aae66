import type { SplitOptions } from './assignSplits.js';
import type { Resampling } from './sampleTile.js';

/** What tiles are made of, and how. */
export interface TileOptions {
  /** Paths or addresses of the scenes, which have the same bands. */
  scenes: readonly string[];
  /** Bands of the scenes that tiles have, in their order: numbers from 1 on, and names. Default: all but alpha. */
  inputBands?: readonly string[];
  /** Paths or addresses of label rasters of one band; none: no labels. */
  labels: readonly string[];
  /** GeoJSON file; a tile is taken if its centre lies in it. Default: everywhere. */
  area?: string;
  /** Pixels of a tile's side. */
  size: number;
  /** Folder that is made. */
  out: string;
  /** Coordinate system of the tiles; default: the first scene's. */
  epsg?: number;
  /** Side of a pixel in units of that system; default: as the first scene's pixels. */
  resolution?: number;
  resampling: Resampling;
  /** Largest share of a tile's pixels that may be missing. */
  maxMissing: number;
  /** What missing values become; default: the first scene's nodata value, NaN for floats. */
  nodata?: number;
  labelNodata?: number;
  /** One tile a place, of the first scene that has a value there, in place of one of each scene. */
  mosaic: boolean;
  split: SplitOptions;
}
