import { checkInteger } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { nextTurn } from '../internal/nextTurn.js';
import { uniformGenerator } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { checkRows, type HeadOptions } from './checkRows.js';
import { ForestHead } from './ForestHead.js';
import { growTree, rankRows, type Tree } from './growTree.js';

/** Options of {@link randomForest}. */
export interface RandomForestOptions extends HeadOptions {
  /** Number of trees. Default 100. */
  trees?: number;
  /** Features that are tried for each split. Default: the root of their number. */
  featuresPerSplit?: number;
  /** Fewest rows of a leaf. Default 1. */
  minLeaf?: number;
  /** Whether each tree is grown on rows drawn with replacement, or on all. Default true. */
  bootstrap?: boolean;
  /** Seed of what is drawn. Default 0. */
  seed?: number;
  /** Stops between two trees, with an `AbortError`. */
  signal?: AbortSignal;
}

/**
 * Random forest (Breiman 2001) with the defaults of scikit-learn's `RandomForestClassifier`: 100 trees, each grown to
 * its end on rows drawn with replacement, by Gini impurity among the root of the number of features at each split; the
 * probabilities are the mean of the leaves' shares. The baseline that this field knows best: it takes features of any
 * scale as they are, and needs no backend.
 *
 * @param features row-major [rows, dims].
 * @param labels the class of each row, from 0.
 * @throws If features and labels do not fit or are not finite, a label is no class, or an option is out of range.
 * @example
 * ```ts
 * import { randomForest } from 'diffusion-ssl/heads';
 *
 * const features = new Float32Array([0, 1, 0.2, 0.9, 1, 0.1, 0.8, 0]);
 * const head = await randomForest(features, new Int32Array([0, 0, 1, 1]));
 * const probabilities = await head.predict(new Float32Array([0.1, 1]));
 * console.log(probabilities[0] > 0.5); // true
 * ```
 */
export async function randomForest(
  features: Float32Array,
  labels: Int32Array,
  options: RandomForestOptions = {},
): Promise<ForestHead> {
  const { trees = 100, minLeaf = 1, bootstrap = true, seed = 0, signal } = options;
  const sizes = inFunction('randomForest', () => checkRows({ features, labels }, options));
  const { rows, dims, classes } = sizes;
  const { featuresPerSplit = Math.max(1, Math.floor(Math.sqrt(dims))) } = options;
  checkInteger('randomForest: trees', trees, 1);
  checkInteger('randomForest: featuresPerSplit', featuresPerSplit, 1, dims);
  checkInteger('randomForest: minLeaf', minLeaf, 1);
  checkInteger('randomForest: seed', seed, 0);
  const data = rankRows({ features, labels }, sizes);
  const grown: Tree[] = [];
  for (let step = 0; step < trees; step++) {
    await nextTurn();
    throwIfAborted(signal, 'The forest was stopped.');
    const random = uniformGenerator({ seed, stream: randomStreams.bootstrap, step });
    const counts = new Uint32Array(rows).fill(bootstrap ? 0 : 1);
    if (bootstrap) for (let i = 0; i < rows; i++) counts[Math.floor(random() * rows)]++;
    grown.push(growTree(data, counts, random, { featuresPerSplit, minLeaf }));
  }
  return new ForestHead(dims, classes, grown);
}
