import type { PixelWindow } from '../geoTiffTypes.js';
import type { BadChip } from './chipTasks.js';

/** A batch of chips. */
export interface ChipBatch {
  /** Its number in the epoch: `epoch(e, { startBatch: batch + 1 })` goes on after it. */
  batch: number;
  /** The values, batch × height × width × channels. */
  images: Float32Array<ArrayBuffer>;
  /** [batch, height, width, channels] */
  shape: [number, number, number, number];
  /** Place of each chip among the rows; of windows their numbers, those of one row after those of the one before. */
  indices: number[];
  /** Place of each chip's row among the rows: as `indices`, but for windows. */
  rows: number[];
  /** Paths of each chip's rasters as the rows have them. */
  files: (readonly string[])[];
  /** Where each chip lies in its rasters, if the loader takes windows. */
  windows?: PixelWindow[];
  /** Chips of this batch that turned out bad and were left out (with `onBadChip: 'skip'`). */
  skipped: BadChip[];
  /** Windows of this batch that were left out because too much of them is missing, if the loader takes windows. */
  leftOut?: number;
}
