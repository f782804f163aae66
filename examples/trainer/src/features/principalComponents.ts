import { featureMoments } from 'diffusion-ssl/metrics';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Directions in which features vary most, each feature in units of its deviation. */
export interface PrincipalComponents {
  /** Of the variance of the features in these units, for each component. */
  shares: number[];
  /** Row-major [rows, components] of row-major [rows, dims]. */
  project(rows: Float32Array): Float32Array;
}

/** The first principal components of features, row-major [rows, dims]; at most as many as there are dims. */
export function principalComponents(features: Float32Array, dims: number, most: number): PrincipalComponents {
  const { mean, covariance } = featureMoments(features, dims);
  const scale = mean.map((_, i) => 1 / (Math.sqrt(covariance[i * dims + i]) || 1));
  const correlation = covariance.map((value, i) => value * scale[Math.floor(i / dims)] * scale[i % dims]);
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(
    Matrix.from1DArray(dims, dims, correlation),
    { assumeSymmetric: true },
  );
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a]);
  const chosen = order.slice(0, most);
  const total = values.reduce((sum, value) => sum + Math.max(value, 0), 0);
  const axes = chosen.map((i) => {
    const axis = Float64Array.from(vectors.getColumn(i));
    // A direction has no sign of its own: its largest entry is positive.
    const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    return axis.map((value, k) => Math.sign(largest) * value * scale[k]);
  });
  const offsets = axes.map((axis) => axis.reduce((sum, value, i) => sum + value * mean[i], 0));
  return {
    shares: chosen.map((i) => (total > 0 ? Math.max(values[i], 0) / total : 0)),
    project(rows) {
      const count = rows.length / dims;
      const result = new Float32Array(count * axes.length);
      for (let row = 0; row < count; row++) {
        for (const [k, axis] of axes.entries()) {
          let sum = -offsets[k];
          for (let i = 0; i < dims; i++) sum += axis[i] * rows[row * dims + i];
          result[row * axes.length + k] = sum;
        }
      }
      return result;
    },
  };
}
