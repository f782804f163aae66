import type { Split } from '../Task.js';

/** Vectors of chips: one a pixel, or one a chip where it is asked about as a whole. */
export interface FeatureSource {
  /** How it is called in the record of a trial. */
  name: string;
  dims: number;
  /** Row-major [samples, dims] of the pixels asked for, or of the chip (`pixels` undefined: all). */
  rows(split: Split, chip: number, pixels?: ArrayLike<number>): Promise<Float32Array>;
}
