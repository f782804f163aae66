import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
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
      return tf.softmax(product(x, tf.tensor2d(this.#weight, [dims, classes]), tf.tensor1d(this.#bias)));
    });
    const values = (await probabilities.data()) as Float32Array;
    probabilities.dispose();
    return values;
  }

  /**
   * Probabilities of the pixels of maps, as `predict` gives them for the maps upsampled to one size and stacked: each
   * map's share of the logits is computed as coarse as the map is, and upsampled then.
   *
   * @param maps [batch, height, width, channels], together of `dims` channels; they stay.
   * @param size Height and width of the result.
   * @returns row-major [batch, height, width, classes].
   */
  async predictMaps(
    maps: readonly tf.Tensor4D[],
    size: readonly [height: number, width: number],
  ): Promise<Float32Array> {
    const { dims, classes } = this;
    const channels = maps.reduce((sum, { shape }) => sum + shape[3], 0);
    if (channels !== dims) {
      throw argumentError('LinearHead.predictMaps: channels of the maps', channels, `${dims} dims`);
    }
    const probabilities = tf.tidy(() => {
      let first = 0;
      const logits = maps.map((map) => {
        const [batch, height, width, depth] = map.shape;
        const weight = this.#weight.slice(first * classes, (first + depth) * classes);
        first += depth;
        const rows = tf.reshape(map, [batch * height * width, depth]) as tf.Tensor2D;
        const own = tf.reshape(product(rows, tf.tensor2d(weight, [depth, classes])), [
          batch,
          height,
          width,
          classes,
        ]) as tf.Tensor4D;
        if (height === size[0] && width === size[1]) return own;
        return tf.image.resizeBilinear(own, [...size], false, true);
      });
      return tf.softmax(tf.add(tf.addN(logits), tf.tensor1d(this.#bias)));
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
