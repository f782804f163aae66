/** Of what the features vary by in any direction, at least this share of 1 is assumed. */
const LEAST = 1e-6;

/**
 * Coordinates V = Lᵀ W of a linear classifier's weights in which its loss curves about alike in all directions, so that
 * L-BFGS takes a fraction of the steps that features which say much the same cost it otherwise. L Lᵀ is the curvature
 * where all classes are as probable (Böhning, "Multinomial logistic regression algorithm", 1992), times their number:
 * the features' second moments and the regularisation. Weights and gradients are row-major [dims, classes]; what lies
 * behind them, the bias, stays as it is.
 */
export class Whitening {
  /** L, row-major [dims, dims], below and on the diagonal. */
  readonly #lower: Float64Array;
  readonly #dims: number;
  readonly #classes: number;

  /**
   * @param moments Second moments of the features, row-major [dims, dims].
   * @param decay Curvature of the regularisation.
   */
  constructor(
    moments: Float32Array,
    classes: number,
    readonly decay: number,
  ) {
    const dims = Math.sqrt(moments.length);
    const lower = Float64Array.from(moments);
    // Cholesky's decomposition, row by row.
    for (let i = 0; i < dims; i++) {
      const row = lower.subarray(i * dims, (i + 1) * dims);
      for (let j = 0; j <= i; j++) {
        const other = lower.subarray(j * dims, (j + 1) * dims);
        let sum = row[j];
        for (let k = 0; k < j; k++) sum -= row[k] * other[k];
        row[j] = i === j ? Math.sqrt(Math.max(sum + classes * decay, LEAST)) : sum / other[j];
      }
    }
    this.#lower = lower;
    this.#dims = dims;
    this.#classes = classes;
  }

  /** V of weights W. */
  whiten(weights: Float64Array): Float64Array {
    const [lower, dims, classes] = [this.#lower, this.#dims, this.#classes];
    const white = weights.slice().fill(0, 0, dims * classes);
    for (let i = 0; i < dims; i++) {
      for (let j = 0; j <= i; j++) {
        const entry = lower[i * dims + j];
        for (let k = 0; k < classes; k++) white[j * classes + k] += entry * weights[i * classes + k];
      }
    }
    return white;
  }

  /** W of V. */
  weights(white: Float64Array): Float64Array {
    const [lower, dims, classes] = [this.#lower, this.#dims, this.#classes];
    const weights = white.slice();
    for (let i = dims - 1; i >= 0; i--) {
      for (let k = 0; k < classes; k++) weights[i * classes + k] /= lower[i * dims + i];
      for (let j = 0; j < i; j++) {
        const entry = lower[i * dims + j];
        for (let k = 0; k < classes; k++) weights[j * classes + k] -= entry * weights[i * classes + k];
      }
    }
    return weights;
  }

  /** The gradient by V of that by W. */
  gradient(byWeights: Float64Array): Float64Array {
    const [lower, dims, classes] = [this.#lower, this.#dims, this.#classes];
    const gradient = byWeights.slice();
    for (let i = 0; i < dims; i++) {
      for (let j = 0; j < i; j++) {
        const entry = lower[i * dims + j];
        for (let k = 0; k < classes; k++) gradient[i * classes + k] -= entry * gradient[j * classes + k];
      }
      for (let k = 0; k < classes; k++) gradient[i * classes + k] /= lower[i * dims + i];
    }
    return gradient;
  }
}
