import * as tf from '@tensorflow/tfjs-core';
import type { LabelledRows, Sizes } from './checkRows.js';
import { type LbfgsOptions, lbfgs } from './lbfgs.js';
import { product, transposedProduct } from './matrixProduct.js';
import { type Standardization, standardization, standardized } from './standardization.js';

/** Weights and bias of a linear classifier. */
export interface LinearWeights {
  /** Row-major [dims, classes]. */
  weight: Float64Array;
  /** [classes]. */
  bias: Float64Array;
}

/**
 * Multinomial logistic regression on standardised features, whose matrix stays on the backend over all fits: the mean
 * cross-entropy plus |W|² / (2 C rows), the bias free, as scikit-learn has it. Of two classes it penalises the
 * difference of their weights, which is what scikit-learn's binomial fit has.
 */
export class LogisticRegression {
  readonly #x: tf.Tensor2D;
  readonly #labels: Int32Array;
  readonly #sizes: Sizes;
  readonly #standardization: Standardization;
  /** Weights, row-major [dims, classes], and the bias behind: the last solution, from which the next fit starts. */
  #parameters: Float64Array;

  constructor({ features, labels }: LabelledRows, sizes: Sizes) {
    const { rows, dims, classes } = sizes;
    this.#sizes = sizes;
    this.#labels = labels;
    this.#standardization = standardization(features, dims);
    this.#x = tf.tensor2d(standardized(features, this.#standardization), [rows, dims]);
    this.#parameters = new Float64Array((dims + 1) * classes);
  }

  dispose(): void {
    this.#x.dispose();
  }

  /** Fits with strength C, the inverse of the regularisation; answers weights for features as they came. */
  async fit(strength: number, options: LbfgsOptions): Promise<LinearWeights> {
    const { rows, dims, classes } = this.#sizes;
    // (w1 − w0)² is twice w0² + w1² at the minimum, where w0 = −w1.
    const decay = (classes === 2 ? 2 : 1) / (strength * rows);
    const objective = (parameters: Float64Array) => this.#evaluate(parameters, decay);
    this.#parameters = await lbfgs(objective, this.#parameters, options);
    const { mean, scale } = this.#standardization;
    const weight = this.#parameters.slice(0, dims * classes);
    const bias = this.#parameters.slice(dims * classes);
    for (let at = 0; at < weight.length; at++) {
      const j = Math.floor(at / classes);
      weight[at] /= scale[j];
      bias[at % classes] -= weight[at] * mean[j];
    }
    return { weight, bias };
  }

  async #evaluate(
    parameters: Float64Array,
    decay: number,
  ): Promise<{ value: number; gradient: Float64Array }> {
    const { rows, dims, classes } = this.#sizes;
    const count = dims * classes;
    const weight = tf.tensor2d(Float32Array.from(parameters.subarray(0, count)), [dims, classes]);
    const products = product(this.#x, weight);
    const logits = (await products.data()) as Float32Array;
    tf.dispose([weight, products]);

    const gradient = new Float64Array(parameters.length);
    const slopes = new Float32Array(logits.length);
    const row = new Float64Array(classes);
    let value = 0;
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < classes; k++) row[k] = logits[i * classes + k] + parameters[count + k];
      value += softmaxSurprise(row, this.#labels[i]);
      row[this.#labels[i]] -= 1;
      for (let k = 0; k < classes; k++) {
        slopes[i * classes + k] = row[k] / rows;
        gradient[count + k] += row[k] / rows;
      }
    }
    const dy = tf.tensor2d(slopes, [rows, classes]);
    const dw = transposedProduct(this.#x, dy);
    gradient.set(await dw.data());
    tf.dispose([dy, dw]);

    value /= rows;
    for (let at = 0; at < count; at++) {
      value += (decay / 2) * parameters[at] ** 2;
      gradient[at] += decay * parameters[at];
    }
    return { value, gradient };
  }
}

/** Makes probabilities of logits, in place, and answers −ln of that of the label. */
function softmaxSurprise(logits: Float64Array, label: number): number {
  let largest = logits[0];
  for (const logit of logits) largest = Math.max(largest, logit);
  const own = logits[label] - largest;
  let sum = 0;
  for (let k = 0; k < logits.length; k++) {
    logits[k] = Math.exp(logits[k] - largest);
    sum += logits[k];
  }
  for (let k = 0; k < logits.length; k++) logits[k] /= sum;
  return Math.log(sum) - own;
}
