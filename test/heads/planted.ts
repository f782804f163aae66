import { randomNormal, uniformGenerator } from '../../src/internal/philox.js';

/** Labelled rows in which the class shows in the first few dimensions, among others that say nothing. */
export interface Planted {
  features: Float32Array;
  labels: Int32Array;
}

/** How rows are planted. */
export interface PlantedOptions {
  rows: number;
  dims: number;
  classes: number;
  /** Names what is drawn. */
  draw: number;
}

/**
 * Noise of variance 1 in all dimensions; each class adds `distance` to one of its own. The class of a row cannot be
 * told from the others.
 */
export function planted({ rows, dims, classes, draw }: PlantedOptions, distance = 4): Planted {
  const next = uniformGenerator({ seed: 77, stream: 1, step: draw });
  const labels = Int32Array.from({ length: rows }, () => Math.floor(next() * classes));
  const features = randomNormal(rows * dims, { seed: 77, stream: 2, step: draw });
  labels.forEach((label, i) => {
    features[i * dims + label] += distance;
  });
  return { features, labels };
}

/** Share of the rows whose most likely class is the label. */
export function shareRight(probabilities: Float32Array, labels: Int32Array): number {
  const classes = probabilities.length / labels.length;
  let right = 0;
  labels.forEach((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    right += Number(row.indexOf(Math.max(...row)) === label);
  });
  return right / labels.length;
}
