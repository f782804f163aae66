import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../errors/DataError.js';
import { checkFeatures } from './checkRows.js';
import type { Head, HeadJson } from './Head.js';
import { product } from './matrixProduct.js';
import { mostLikely } from './mostLikely.js';
import { packFloats, readSize, unpackFloats } from './packFloats.js';

/** A linear layer: x W + b. */
export interface Dense {
  /** Row-major [inputs, outputs]. */
  weight: Float32Array;
  /** [outputs]. */
  bias: Float32Array;
}

/** What the members of an ensemble say of each row. */
export interface EnsembleVote {
  /** The class that most members vote for, of several the first. */
  labels: Int32Array;
  /** Jensen–Shannon divergence of the members' probabilities, in nats: 0 where all agree, at most ln(members). */
  disagreement: Float32Array;
}

/** Small networks, linear layers with ReLU between, that vote. Made by `pixelMlpEnsemble`. */
export class MlpEnsembleHead implements Head {
  readonly dims: number;
  readonly classes: number;
  readonly #members: readonly (readonly Dense[])[];

  /** `members` are lists of layers, all of the same shape. */
  constructor(members: readonly (readonly Dense[])[]) {
    const layers = members[0];
    this.dims = layers[0].weight.length / layers[0].bias.length;
    this.classes = layers[layers.length - 1].bias.length;
    this.#members = members;
  }

  /** The mean of the members' probabilities. */
  async predict(features: Float32Array): Promise<Float32Array> {
    return mean(await this.#each('MlpEnsembleHead.predict', features));
  }

  /**
   * Majority and disagreement of the members for each row (Baranchuk et al. 2022, "Label-efficient semantic
   * segmentation with diffusion models").
   */
  async vote(features: Float32Array): Promise<EnsembleVote> {
    const { classes } = this;
    const each = await this.#each('MlpEnsembleHead.vote', features);
    const votes = new Float32Array((features.length / this.dims) * classes);
    for (const probabilities of each) {
      mostLikely(probabilities, classes).forEach((label, i) => {
        votes[i * classes + label]++;
      });
    }
    const disagreement = entropies(mean(each), classes);
    for (const probabilities of each) {
      entropies(probabilities, classes).forEach((entropy, i) => {
        disagreement[i] -= entropy / each.length;
      });
    }
    return {
      labels: mostLikely(votes, classes),
      disagreement: disagreement.map((value) => Math.max(value, 0)),
    };
  }

  async #each(name: string, features: Float32Array): Promise<Float32Array[]> {
    const { dims } = this;
    checkFeatures(name, features, dims);
    if (features.length === 0) return [new Float32Array(0)];
    const x = tf.tensor2d(features, [features.length / dims, dims]);
    const results: Float32Array[] = [];
    try {
      for (const layers of this.#members) {
        const probabilities = tf.tidy(() => {
          const logits = layers.reduce<tf.Tensor2D>((input, layer, i) => {
            const weight = tf.tensor2d(layer.weight, [input.shape[1], layer.bias.length]);
            const sum = product(input, weight, tf.tensor1d(layer.bias));
            return i < layers.length - 1 ? tf.relu(sum) : sum;
          }, x);
          return tf.softmax(logits);
        });
        results.push((await probabilities.data()) as Float32Array);
        probabilities.dispose();
      }
    } finally {
      x.dispose();
    }
    return results;
  }

  toJSON(): HeadJson {
    const sizes = this.#members[0].map(({ bias }) => bias.length);
    const members = this.#members.map((layers) =>
      layers.map(({ weight, bias }) => ({ weight: packFloats(weight), bias: packFloats(bias) })),
    );
    return { type: 'mlpEnsemble', classes: this.classes, dims: this.dims, sizes, members };
  }

  /** The head that `toJSON` stored. */
  static fromJSON(json: HeadJson): MlpEnsembleHead {
    const [dims, classes] = [readSize(json, 'dims'), readSize(json, 'classes')];
    const { sizes, members } = json as unknown as { sizes: number[]; members: HeadJson[][] };
    const isList = Array.isArray(sizes) && sizes.at(-1) === classes && Array.isArray(members);
    if (!isList || members.length === 0 || members.some((layers) => layers.length !== sizes.length)) {
      throw new DataError("The head's 'members' are damaged: they must be lists of layers of the 'sizes'.");
    }
    const read = (layer: HeadJson, i: number): Dense => ({
      weight: unpackFloats(layer, 'weight', (i === 0 ? dims : sizes[i - 1]) * sizes[i]),
      bias: unpackFloats(layer, 'bias', sizes[i]),
    });
    return new MlpEnsembleHead(members.map((layers) => layers.map(read)));
  }
}

function mean(each: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(each[0].length);
  for (const values of each) {
    for (let i = 0; i < sum.length; i++) sum[i] += values[i] / each.length;
  }
  return sum;
}

/** −Σ p ln p of each row. */
function entropies(probabilities: Float32Array, classes: number): Float32Array {
  const result = new Float32Array(probabilities.length / classes);
  probabilities.forEach((p, i) => {
    if (p > 0) result[Math.floor(i / classes)] -= p * Math.log(p);
  });
  return result;
}
