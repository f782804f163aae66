/** Mean and scale of each dimension. */
export interface Standardization {
  mean: Float64Array;
  /** The standard deviation, 1 of a dimension that does not vary. */
  scale: Float64Array;
}

/** Variances below this share of the squared mean are rounding alone. */
const CONSTANT = 1e-12;

/** Mean and standard deviation (of all rows, divided by n) of each dimension, in float64. */
export function standardization(features: Float32Array, dims: number): Standardization {
  const rows = features.length / dims;
  const mean = new Float64Array(dims);
  const variance = new Float64Array(dims);
  for (let start = 0; start < features.length; start += dims) {
    for (let j = 0; j < dims; j++) mean[j] += features[start + j];
  }
  for (let j = 0; j < dims; j++) mean[j] /= rows;
  for (let start = 0; start < features.length; start += dims) {
    for (let j = 0; j < dims; j++) variance[j] += (features[start + j] - mean[j]) ** 2;
  }
  const scale = variance.map((sum, j) => (sum / rows > CONSTANT * mean[j] ** 2 ? Math.sqrt(sum / rows) : 1));
  return { mean, scale };
}

/** The rows with mean 0 and variance 1. */
export function standardized(features: Float32Array, { mean, scale }: Standardization): Float32Array {
  const dims = mean.length;
  const result = new Float32Array(features.length);
  for (let start = 0; start < features.length; start += dims) {
    for (let j = 0; j < dims; j++) result[start + j] = (features[start + j] - mean[j]) / scale[j];
  }
  return result;
}
