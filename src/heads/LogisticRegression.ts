import * as tf from '@tensorflow/tfjs-core';
import type { LabelledRows, Sizes } from './checkRows.js';
import { type LbfgsOptions, lbfgs } from './lbfgs.js';
import { product, transposedProduct } from './matrixProduct.js';
import { type Standardization, standardization, standardized } from './standardization.js';
import { Whitening } from './Whitening.js';

/** Weights and bias of a linear classifier. */
export interface LinearWeights {
  /** Row-major [dims, classes]. */
  weight: Float64Array;
  /** [classes]. */
  bias: Float64Array;
}

/** Rows for each dimension that tell the second moments. With fewer, steps cost less than what would save them. */
const MOMENT_ROWS = 4;
/** Coordinates made for one regularisation serve others up to so many times as strong or weak. */
const ALIKE = 10;

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
  /** Second moments of the features, once they are known. */
  #moments: Float32Array | undefined;
  #whitening: Whitening | undefined;
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
    const white = await this.#whiten(decay);
    const objective = async (parameters: Float64Array) => {
      const { value, gradient } = await this.#evaluate(white?.weights(parameters) ?? parameters, decay);
      const size = gradient.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
      return { value, gradient: white?.gradient(gradient) ?? gradient, size };
    };
    const start = white?.whiten(this.#parameters) ?? this.#parameters;
    const solution = await lbfgs(objective, start, options);
    this.#parameters = white?.weights(solution) ?? solution;
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

  /** The coordinates to search in, or undefined: those of the weights themselves. */
  async #whiten(decay: number): Promise<Whitening | undefined> {
    const { rows, dims, classes } = this.#sizes;
    if (rows < MOMENT_ROWS * dims) return undefined;
    const last = this.#whitening;
    if (last && decay <= ALIKE * last.decay && last.decay <= ALIKE * decay) return last;
    this.#moments ??= await this.#secondMoments();
    this.#whitening = new Whitening(this.#moments, classes, decay);
    return this.#whitening;
  }

  /** From rows in equal distances. */
  async #secondMoments(): Promise<Float32Array> {
    const { rows, dims } = this.#sizes;
    const moments = tf.tidy(() => {
      const count = Math.min(rows, MOMENT_ROWS * dims);
      const places = Int32Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
      const some = tf.gather(this.#x, tf.tensor1d(places, 'int32'));
      return tf.div(transposedProduct(some, some), count);
    });
    const values = (await moments.data()) as Float32Array;
    moments.dispose();
    return values;
  }

  /** The loss and its gradient, of weights and bias. */
  async #evaluate(
    parameters: Float64Array,
    decay: number,
  ): Promise<{ value: number; gradient: Float64Array }> {
    const { rows, dims, classes } = this.#sizes;
    const count = dims * classes;
    const weight = tf.tensor2d(Float32Array.from(parameters.subarray(0, count)), [dims, classes]);
    const products = product(this.#x, weight);
    const slopes = (await products.data()) as Float32Array;
    tf.dispose([weight, products]);

    const gradient = new Float64Array(parameters.length);
    let value = slopesOfLogits(slopes, this.#labels, parameters.subarray(count), gradient.subarray(count));
    const dy = tf.tensor2d(slopes, [rows, classes]);
    const dw = transposedProduct(this.#x, dy);
    gradient.set(await dw.data());
    tf.dispose([dy, dw]);

    for (let at = 0; at < count; at++) {
      value += (decay / 2) * parameters[at] ** 2;
      gradient[at] += decay * parameters[at];
    }
    return { value, gradient };
  }
}

/**
 * The mean cross-entropy of logits before their bias. Puts its gradient by the logits into their place, and adds that
 * by the bias to `biasGradient`.
 */
function slopesOfLogits(
  logits: Float32Array,
  labels: Int32Array,
  bias: Float64Array,
  biasGradient: Float64Array,
): number {
  const classes = bias.length;
  const rows = labels.length;
  let value = 0;
  for (let i = 0, at = 0; i < rows; i++, at += classes) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      logits[at + k] += bias[k];
      if (logits[at + k] > largest) largest = logits[at + k];
    }
    const own = at + labels[i];
    value -= logits[own] - largest;
    let sum = 0;
    for (let k = at; k < at + classes; k++) {
      logits[k] = Math.exp(logits[k] - largest);
      sum += logits[k];
    }
    value += Math.log(sum);
    for (let k = at; k < at + classes; k++) logits[k] = (logits[k] / sum - Number(k === own)) / rows;
    for (let k = 0; k < classes; k++) biasGradient[k] += logits[at + k];
  }
  return value / rows;
}
