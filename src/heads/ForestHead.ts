import { DataError } from '../errors/DataError.js';
import { checkFeatures } from './checkRows.js';
import type { Tree } from './growTree.js';
import type { Head, HeadJson } from './Head.js';
import { packFloats, readSize, unpackFloats } from './packFloats.js';

/** All nodes of all trees, one after the other: see {@link Tree}; `next` counts from a tree's own first. */
interface Nodes {
  feature: Int32Array;
  threshold: Float32Array;
  next: Int32Array;
}

/** Decision trees, of whose leaves the mean is taken. Made by `randomForest`. */
export class ForestHead implements Head {
  readonly #trees: readonly (Nodes & { shares: Float32Array })[];

  constructor(
    readonly dims: number,
    readonly classes: number,
    trees: readonly Tree[],
  ) {
    this.#trees = trees.map(({ feature, threshold, next, shares }) => ({
      feature: Int32Array.from(feature),
      threshold: Float32Array.from(threshold),
      next: Int32Array.from(next),
      shares: Float32Array.from(shares),
    }));
  }

  async predict(features: Float32Array): Promise<Float32Array> {
    const { dims, classes } = this;
    checkFeatures('ForestHead.predict', features, dims);
    const rows = features.length / dims;
    const probabilities = new Float32Array(rows * classes);
    for (const { feature, threshold, next, shares } of this.#trees) {
      for (let i = 0; i < rows; i++) {
        let node = 0;
        while (feature[node] >= 0) {
          node = next[node] + (features[i * dims + feature[node]] <= threshold[node] ? 0 : 1);
        }
        for (let k = 0; k < classes; k++) {
          probabilities[i * classes + k] += shares[next[node] * classes + k] / this.#trees.length;
        }
      }
    }
    return probabilities;
  }

  toJSON(): HeadJson {
    const trees = this.#trees.map(({ feature, threshold, next, shares }) => ({
      nodes: feature.length,
      leaves: shares.length / this.classes,
      feature: packFloats(Float32Array.from(feature)),
      threshold: packFloats(threshold),
      next: packFloats(Float32Array.from(next)),
      shares: packFloats(shares),
    }));
    return { type: 'forest', classes: this.classes, dims: this.dims, trees };
  }

  /** The head that `toJSON` stored. */
  static fromJSON(json: HeadJson): ForestHead {
    const [dims, classes] = [readSize(json, 'dims'), readSize(json, 'classes')];
    if (!Array.isArray(json.trees) || json.trees.length === 0) {
      throw new DataError("The head's 'trees' are damaged: they must be a list.");
    }
    const read = (tree: HeadJson): Tree => {
      const [nodes, leaves] = [readSize(tree, 'nodes'), readSize(tree, 'leaves')];
      const numbers = (field: string, count: number) => Array.from(unpackFloats(tree, field, count));
      const [feature, next] = [numbers('feature', nodes), numbers('next', nodes)];
      // Children lie behind their parent, so that a way through the tree ends.
      const isRight = feature.every((j, node) =>
        j < 0
          ? next[node] >= 0 && next[node] < leaves
          : j < dims && next[node] > node && next[node] + 1 < nodes,
      );
      if (!isRight || ![...feature, ...next].every(Number.isInteger)) {
        throw new DataError("The head's 'trees' are damaged: a node leads nowhere.");
      }
      const [threshold, shares] = [numbers('threshold', nodes), numbers('shares', leaves * classes)];
      return { feature, threshold, next, shares };
    };
    return new ForestHead(dims, classes, json.trees.map(read));
  }
}
