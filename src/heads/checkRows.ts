import { argumentError, checkInteger } from '../internal/checks.js';

/** Rows that a head is fitted to, or chosen by. */
export interface LabelledRows {
  /** Row-major [rows, dims]. */
  features: Float32Array;
  /** The class of each row, from 0. */
  labels: Int32Array;
}

/** What every function that fits a head understands. */
export interface HeadOptions {
  /**
   * Number of classes. Default: one more than the largest label. Given, it refuses labels such as 255 that stand for
   * none: rows without a label are to be left out before.
   */
  classes?: number;
}

/** The sizes of rows and classes. */
export interface Sizes {
  rows: number;
  dims: number;
  classes: number;
}

/** The sizes of labelled rows; throws, naming the argument, unless features and labels fit and are finite. */
export function checkRows({ features, labels }: LabelledRows, { classes }: HeadOptions): Sizes {
  if (classes !== undefined) checkInteger('classes', classes, 2);
  const rows = labels.length;
  const dims = features.length / rows;
  if (rows === 0) throw argumentError('labels.length', rows, 'at least 1');
  if (!Number.isInteger(dims) || dims === 0) {
    throw argumentError('features.length', features.length, `a multiple of ${rows}, the number of labels`);
  }
  let largest = 1;
  const most = classes === undefined ? undefined : classes - 1;
  for (let i = 0; i < rows; i++) {
    const label = labels[i];
    // The name is written where it is needed: there may be many rows.
    if (!(Number.isInteger(label) && label >= 0 && label <= (most ?? label)))
      checkInteger(`labels[${i}]`, label, 0, most);
    if (label > largest) largest = label;
  }
  checkFinite('features', features);
  return { rows, dims, classes: classes ?? largest + 1 };
}

/** Throws unless these are rows of `dims` finite numbers. */
export function checkFeatures(name: string, features: Float32Array, dims: number): void {
  if (features.length % dims !== 0) {
    throw argumentError(`${name}: features.length`, features.length, `a multiple of ${dims} dims`);
  }
  checkFinite(`${name}: features`, features);
}

function checkFinite(argument: string, values: Float32Array): void {
  // A plain loop: it goes over all features of a map.
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw argumentError(`${argument}[${i}]`, values[i], 'a finite number');
  }
}
