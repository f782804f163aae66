import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../errors/DataError.js';
import { ownBuffer } from '../ops/ownBuffer.js';
import { checkFeatures, type LabelledRows } from './checkRows.js';
import type { Head, HeadJson } from './Head.js';
import { packFloats, readSize, unpackFloats } from './packFloats.js';
import { standardization } from './standardization.js';

/** How neighbours are found and counted. */
export interface NeighbourRules {
  k: number;
  metric: 'cosine' | 'euclidean';
  /** A neighbour of cosine similarity s counts exp(s / temperature); without it all count alike. */
  temperature?: number;
}

/** Rows whose similarities to all neighbours are computed at once hold about so many numbers. */
const AT_ONCE = 4_000_000;

/** What the k nearest of the rows that it was fitted to are. Made by `kNearestNeighbours`. */
export class KNearestHead implements Head {
  readonly dims: number;
  readonly #rows: LabelledRows;
  readonly #rules: NeighbourRules;
  /** Mean of the rows, subtracted where distances count, so that these keep their digits. */
  readonly #centre: Float64Array;

  constructor(
    rows: LabelledRows,
    readonly classes: number,
    rules: NeighbourRules,
  ) {
    this.dims = rows.features.length / rows.labels.length;
    this.#rows = rows;
    this.#rules = rules;
    this.#centre = standardization(rows.features, this.dims).mean;
  }

  async predict(features: Float32Array): Promise<Float32Array> {
    const { dims, classes } = this;
    checkFeatures('KNearestHead.predict', features, dims);
    const known = this.#rows.labels.length;
    const count = features.length / dims;
    const probabilities = new Float32Array(count * classes);
    const neighbours = tf.tidy(() => {
      const { x, offset } = this.#prepared(tf.tensor2d(this.#rows.features, [known, dims]));
      return { columns: ownBuffer(tf.transpose(x)), offset };
    });
    try {
      const step = Math.max(1, Math.floor(AT_ONCE / known));
      for (let start = 0; start < count; start += step) {
        const rows = Math.min(step, count - start);
        const similarities = tf.tidy(() => {
          const part = features.subarray(start * dims, (start + rows) * dims);
          const { x } = this.#prepared(tf.tensor2d(part, [rows, dims]));
          return tf.add(tf.matMul(x, neighbours.columns), neighbours.offset);
        });
        const values = await similarities.data();
        similarities.dispose();
        for (let i = 0; i < rows; i++) {
          const row = values.subarray(i * known, (i + 1) * known) as Float32Array;
          this.#vote(row, probabilities.subarray((start + i) * classes, (start + i + 1) * classes));
        }
      }
    } finally {
      tf.dispose([neighbours.columns, neighbours.offset]);
    }
    return probabilities;
  }

  /** Of which the scalar products, plus the offset of the neighbour, are the higher the nearer. */
  #prepared(x: tf.Tensor2D): { x: tf.Tensor2D; offset: tf.Tensor } {
    if (this.#rules.metric === 'cosine') {
      const norm = tf.sqrt(tf.sum(tf.square(x), 1, true));
      return { x: tf.div(x, tf.maximum(norm, 1e-12)), offset: tf.zeros([1]) };
    }
    const centred = tf.sub<tf.Tensor2D>(x, tf.tensor1d(Float32Array.from(this.#centre)));
    // −|a − b|² / 2 without |a|², which is the same for all neighbours.
    return { x: centred, offset: tf.mul(tf.sum(tf.square(centred), 1), -0.5) };
  }

  /** Counts the classes of the nearest; of equally near ones the first. */
  #vote(similarities: Float32Array, votes: Float32Array): void {
    const { k, temperature } = this.#rules;
    const nearest: number[] = [];
    for (let j = 0; j < similarities.length; j++) {
      if (nearest.length === k && similarities[j] <= similarities[nearest[k - 1]]) continue;
      let at = Math.min(nearest.length, k - 1);
      while (at > 0 && similarities[nearest[at - 1]] < similarities[j]) {
        nearest[at] = nearest[at - 1];
        at--;
      }
      nearest[at] = j;
    }
    let total = 0;
    for (const j of nearest) {
      // Against the nearest, so that no power is too large.
      const weight = temperature ? Math.exp((similarities[j] - similarities[nearest[0]]) / temperature) : 1;
      votes[this.#rows.labels[j]] += weight;
      total += weight;
    }
    for (let c = 0; c < votes.length; c++) votes[c] /= total;
  }

  toJSON(): HeadJson {
    const { classes, dims } = this;
    const labels = Array.from(this.#rows.labels);
    return {
      type: 'kNearest',
      classes,
      dims,
      ...this.#rules,
      labels,
      features: packFloats(this.#rows.features),
    };
  }

  /** The head that `toJSON` stored. */
  static fromJSON(json: HeadJson): KNearestHead {
    const [dims, classes, k] = [readSize(json, 'dims'), readSize(json, 'classes'), readSize(json, 'k')];
    const labels = Int32Array.from(json.labels as number[]);
    if (labels.length < k || labels.some((label) => label < 0 || label >= classes)) {
      throw new DataError(
        `The head's 'labels' are damaged: they must be ${k} or more classes below ${classes}.`,
      );
    }
    const features = unpackFloats(json, 'features', labels.length * dims);
    const { metric, temperature } = json as unknown as NeighbourRules;
    if (metric !== 'cosine' && metric !== 'euclidean') {
      throw new DataError(
        `The head's 'metric' is ${JSON.stringify(metric)}; it must be 'cosine' or 'euclidean'.`,
      );
    }
    return new KNearestHead({ features, labels }, classes, { k, metric, temperature });
  }
}
