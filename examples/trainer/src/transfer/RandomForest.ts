/** How a forest is grown. */
export interface ForestOptions {
  classes: number;
  dims: number;
  /** Numbers in [0, 1) by chance. */
  random: () => number;
  /** Default 60. */
  trees?: number;
  /** Rows that a leaf has at least. Default 1. */
  minLeaf?: number;
}

/** A node has a threshold and two children, or a leaf the shares of the classes. */
interface Tree {
  /** Feature of each node; −1: a leaf. */
  feature: Int32Array;
  threshold: Float32Array;
  /** Of a node the number of its left child, whose right one is the next; of a leaf where its shares begin. */
  next: Int32Array;
  shares: Float32Array;
}

const BINS = 64;

/**
 * Random forest (Breiman 2001): trees on samples with replacement, at each node the best split by Gini impurity of √dims
 * features, the shares of the leaves averaged, as scikit-learn has it. Split points are quantiles, 63 a feature. Of
 * libraries on npm the one for it, ml-random-forest, takes 18 s for ten trees on 1,000 rows.
 */
export class RandomForest {
  readonly #trees: Tree[] = [];
  readonly #classes: number;
  readonly #dims: number;

  /** @param features row-major [rows, dims]; `labels` from 0. */
  constructor(features: Float32Array, labels: Int32Array, options: ForestOptions) {
    const { classes, dims, random, trees = 60, minLeaf = 1 } = options;
    this.#classes = classes;
    this.#dims = dims;
    const rows = labels.length;
    const edges = Array.from({ length: dims }, (_, j) => quantiles(features, dims, j));
    const bins = new Uint8Array(features.length);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < dims; j++) bins[j * rows + i] = binOf(features[i * dims + j], edges[j]);
    }
    const grow = { bins, edges, labels, classes, dims, random, minLeaf, rows };
    for (let t = 0; t < trees; t++) this.#trees.push(growTree(grow));
  }

  /** Shares of the classes, row-major [rows, classes]. */
  predict(features: Float32Array): Float32Array {
    const [classes, dims] = [this.#classes, this.#dims];
    const rows = features.length / dims;
    const result = new Float32Array(rows * classes);
    for (const { feature, threshold, next, shares } of this.#trees) {
      for (let i = 0; i < rows; i++) {
        let node = 0;
        while (feature[node] >= 0) {
          node = next[node] + Number(features[i * dims + feature[node]] > threshold[node]);
        }
        for (let k = 0; k < classes; k++) result[i * classes + k] += shares[next[node] + k];
      }
    }
    return result.map((sum) => sum / this.#trees.length);
  }
}

interface Grow {
  /** Column-major [dims, rows]. */
  bins: Uint8Array;
  edges: Float32Array[];
  labels: Int32Array;
  classes: number;
  dims: number;
  random: () => number;
  minLeaf: number;
  rows: number;
}

function growTree(grow: Grow): Tree {
  const { labels, classes, random, rows } = grow;
  const sample = Int32Array.from({ length: rows }, () => Math.floor(random() * rows));
  const feature = [-1];
  const threshold = [0];
  const next = [0];
  const shares: number[] = [];
  const open = [{ node: 0, begin: 0, end: rows }];
  for (let part = open.pop(); part; part = open.pop()) {
    const { node, begin, end } = part;
    const counts = new Float64Array(classes);
    for (let i = begin; i < end; i++) counts[labels[sample[i]]]++;
    const split = bestSplit(grow, sample.subarray(begin, end), counts);
    if (!split) {
      next[node] = shares.length;
      for (const count of counts) shares.push(count / (end - begin));
      continue;
    }
    const { j, bin } = split;
    // What goes left stands first.
    let middle = begin;
    for (let i = begin; i < end; i++) {
      if (grow.bins[j * rows + sample[i]] > bin) continue;
      [sample[i], sample[middle]] = [sample[middle], sample[i]];
      middle++;
    }
    feature[node] = j;
    threshold[node] = grow.edges[j][bin];
    next[node] = feature.length;
    open.push({ node: feature.length, begin, end: middle });
    open.push({ node: feature.length + 1, begin: middle, end });
    feature.push(-1, -1);
    threshold.push(0, 0);
    next.push(0, 0);
  }
  return {
    feature: Int32Array.from(feature),
    threshold: Float32Array.from(threshold),
    next: Int32Array.from(next),
    shares: Float32Array.from(shares),
  };
}

/** The split of some features drawn that leaves the least impurity; none where rows are of one class or too few. */
function bestSplit(
  { bins, edges, labels, classes, dims, random, minLeaf, rows }: Grow,
  part: Int32Array,
  counts: Float64Array,
): { j: number; bin: number } | undefined {
  if (part.length < 2 * minLeaf || counts.some((count) => count === part.length)) return undefined;
  let best: { j: number; bin: number } | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  const table = new Float64Array(BINS * classes);
  const left = new Float64Array(classes);
  const wanted = Math.max(1, Math.round(Math.sqrt(dims)));
  const order = Array.from({ length: dims }, (_, j) => j);
  // More features are looked at where none of the first can split.
  for (let looked = 0; looked < dims && (looked < wanted || !best); looked++) {
    const other = looked + Math.floor(random() * (dims - looked));
    [order[looked], order[other]] = [order[other], order[looked]];
    const j = order[looked];
    table.fill(0);
    left.fill(0);
    for (const i of part) table[bins[j * rows + i] * classes + labels[i]]++;
    let size = 0;
    for (let bin = 0; bin < edges[j].length; bin++) {
      let [leftSquares, rightSquares] = [0, 0];
      for (let k = 0; k < classes; k++) {
        const count = table[bin * classes + k];
        size += count;
        left[k] += count;
        leftSquares += left[k] ** 2;
        rightSquares += (counts[k] - left[k]) ** 2;
      }
      if (size < minLeaf || part.length - size < minLeaf) continue;
      // The least weighted Gini impurity is the highest sum of squares over sizes.
      const value = leftSquares / size + rightSquares / (part.length - size);
      if (value > highest) {
        highest = value;
        best = { j, bin };
      }
    }
  }
  return best;
}

/** Distinct inner quantiles of a feature, ascending: what is at most the first goes into bin 0. */
function quantiles(features: Float32Array, dims: number, j: number): Float32Array {
  const rows = features.length / dims;
  const sorted = Float32Array.from({ length: rows }, (_, i) => features[i * dims + j]).sort();
  const edges: number[] = [];
  for (let q = 1; q < BINS; q++) {
    const edge = sorted[Math.min(rows - 1, Math.floor((q * rows) / BINS))];
    const isNew = edges.length === 0 || edge > edges[edges.length - 1];
    if (isNew && edge < sorted[rows - 1]) edges.push(edge);
  }
  return Float32Array.from(edges);
}

function binOf(value: number, edges: Float32Array): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > edges[middle]) low = middle + 1;
    else high = middle;
  }
  return low;
}
