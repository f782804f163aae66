import * as tf from '@tensorflow/tfjs-core';
import { checkFeatures } from './checkRows.js';
import type { Head, HeadJson } from './Head.js';
import type { LinearWeights } from './LogisticRegression.js';
import { product } from './matrixProduct.js';
import { packFloats, readSize, unpackFloats } from './packFloats.js';

/** What the strengths that were tried are worth on the validation rows. */
export interface StrengthScore {
  strength: number;
  score: number;
}

/** A linear classifier of features as they come: the softmax of x W + b. Made by `linearProbe`. */
export class LinearHead implements Head {
  readonly classes: number;
  readonly dims: number;
  readonly #weight: Float32Array;
  readonly #bias: Float32Array;

  constructor(
    { weight, bias }: LinearWeights,
    /** The inverse of the regularisation that was chosen. */
    readonly strength: number,
    /** All that were tried, with their scores on the validation rows. */
    readonly tried: readonly StrengthScore[],
  ) {
    this.classes = bias.length;
    this.dims = weight.length / bias.length;
    this.#weight = Float32Array.from(weight);
    this.#bias = Float32Array.from(bias);
  }

  async predict(features: Float32Array): Promise<Float32Array> {
    const { dims, classes } = this;
    checkFeatures('LinearHead.predict', features, dims);
    if (features.length === 0) return new Float32Array(0);
    const probabilities = tf.tidy(() => {
      const x = tf.tensor2d(features, [features.length / dims, dims]);
      const logits = product(x, tf.tensor2d(this.#weight, [dims, classes]));
      return tf.softmax(tf.add(logits, tf.tensor1d(this.#bias)));
    });
    const values = (await probabilities.data()) as Float32Array;
    probabilities.dispose();
    return values;
  }

  toJSON(): HeadJson {
    const { classes, dims, strength, tried } = this;
    const [weight, bias] = [packFloats(this.#weight), packFloats(this.#bias)];
    return { type: 'linear', classes, dims, weight, bias, strength, tried };
  }

  /** The head that `toJSON` stored. */
  static fromJSON(json: HeadJson): LinearHead {
    const [dims, classes] = [readSize(json, 'dims'), readSize(json, 'classes')];
    const weight = Float64Array.from(unpackFloats(json, 'weight', dims * classes));
    const bias = Float64Array.from(unpackFloats(json, 'bias', classes));
    return new LinearHead({ weight, bias }, Number(json.strength), json.tried as StrengthScore[]);
  }
}
