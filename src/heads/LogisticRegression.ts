import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../losses/softmaxCrossEntropy.js';
import { channelSum } from '../ops/channelSum.js';
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
  readonly #labels: tf.Tensor1D;
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
    this.#labels = tf.tensor1d(labels, 'int32');
    this.#standardization = standardization(features, dims);
    this.#x = tf.tensor2d(standardized(features, this.#standardization), [rows, dims]);
    this.#parameters = new Float64Array((dims + 1) * classes);
  }

  dispose(): void {
    tf.dispose([this.#x, this.#labels]);
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
    const results = tf.tidy(() => {
      const weight = tf.tensor2d(Float32Array.from(parameters.subarray(0, count)), [dims, classes]);
      const bias = tf.tensor1d(Float32Array.from(parameters.subarray(count)));
      const logits = product(this.#x, weight, bias);
      const { losses, slopes } = softmaxCrossEntropy(logits, this.#labels, {});
      const images = tf.reshape(slopes, [1, 1, rows, classes]) as tf.Tensor4D;
      return [losses, transposedProduct(this.#x, slopes as tf.Tensor2D), channelSum(images)];
    });
    const [losses, byWeight, byBias] = await Promise.all(results.map((result) => result.data()));
    tf.dispose(results);

    let value = 0;
    for (let i = 0; i < rows; i++) value += losses[i] / rows;
    const gradient = new Float64Array(parameters.length);
    gradient.set(byWeight);
    gradient.set(byBias, count);
    for (let at = 0; at < gradient.length; at++) {
      gradient[at] /= rows;
      if (at >= count) continue;
      value += (decay / 2) * parameters[at] ** 2;
      gradient[at] += decay * parameters[at];
    }
    return { value, gradient };
  }
}
