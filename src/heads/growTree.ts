import type { LabelledRows, Sizes } from './checkRows.js';

/** How trees are grown. */
export interface TreeOptions {
  /** Features that are tried for each split, drawn anew; more where none of them divides the rows. */
  featuresPerSplit: number;
  /** Fewest rows of a leaf. */
  minLeaf: number;
}

/** Nodes of a tree, the root first. */
export interface Tree {
  /** The feature that a node asks for, −1 of a leaf. */
  feature: number[];
  /** Rows up to it go to the first child. */
  threshold: number[];
  /** The first of the two children, which lie side by side; of a leaf the number of its shares. */
  next: number[];
  /** Shares of the classes, row-major [leaves, classes]. */
  shares: number[];
}

/** Labels beside a value in one number that sorts by value: below 2^53 in all. */
const LABELS = 2 ** 21;

/** Rows as trees are grown on: their values in order, as integers, column by column. */
export interface SortableRows extends Sizes {
  /** Column-major [dims, rows]. */
  order: Uint32Array;
  labels: Int32Array;
}

/** Values as integers of the same order. */
export function sortableRows({ features, labels }: LabelledRows, sizes: Sizes): SortableRows {
  const { rows, dims } = sizes;
  const bits = new Uint32Array(features.buffer, features.byteOffset, features.length);
  const order = new Uint32Array(features.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < dims; j++) {
      // −0 sorts below 0, but they are the same.
      const value = features[i * dims + j] === 0 ? 0 : bits[i * dims + j];
      order[j * rows + i] = value >>> 31 ? ~value : value | 0x80000000;
    }
  }
  return { ...sizes, order, labels };
}

/**
 * Grows a tree on some rows until each leaf is pure or cannot be divided (CART of Breiman et al. 1984, by Gini
 * impurity).
 *
 * @param chosen numbers of rows, a row as often as it counts; reordered.
 * @param random uniform numbers in [0, 1).
 */
export function growTree(
  data: SortableRows,
  chosen: Int32Array,
  random: () => number,
  options: TreeOptions,
): Tree {
  const { rows, dims, classes, order, labels } = data;
  const tree: Tree = { feature: [0], threshold: [0], next: [0], shares: [] };
  const features = Int32Array.from({ length: dims }, (_, j) => j);
  /** One of the features from place `first` on, which then has this place. */
  const draw = (first: number) => {
    const drawn = first + Math.floor(random() * (dims - first));
    [features[first], features[drawn]] = [features[drawn], features[first]];
    return features[first];
  };
  const waiting: [node: number, start: number, end: number][] = [[0, 0, chosen.length]];
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    const [node, start, end] = item;
    const own = chosen.subarray(start, end);
    const split = bestSplit(data, own, draw, options);
    if (!split) {
      tree.feature[node] = -1;
      tree.next[node] = tree.shares.length / classes;
      const shares = new Array<number>(classes).fill(0);
      for (const row of own) shares[labels[row]] += 1 / own.length;
      tree.shares.push(...shares);
      continue;
    }
    let middle = start;
    for (let i = start; i < end; i++) {
      if (order[split.feature * rows + chosen[i]] > split.upTo) continue;
      [chosen[i], chosen[middle]] = [chosen[middle], chosen[i]];
      middle++;
    }
    const first = tree.feature.length;
    tree.feature[node] = split.feature;
    tree.threshold[node] = between(split.upTo, split.following);
    tree.next[node] = first;
    for (const list of [tree.feature, tree.threshold, tree.next]) list.push(0, 0);
    waiting.push([first + 1, middle, end], [first, start, middle]);
  }
  return tree;
}

interface Split {
  feature: number;
  /** The largest value, as an integer, of the first child's rows. */
  upTo: number;
  /** The smallest of the second child's. */
  following: number;
}

function bestSplit(
  data: SortableRows,
  own: Int32Array,
  draw: (first: number) => number,
  { featuresPerSplit, minLeaf }: TreeOptions,
): Split | undefined {
  const { rows, dims, classes, order, labels } = data;
  const all = new Float64Array(classes);
  for (const row of own) all[labels[row]]++;
  if (own.length < 2 * minLeaf || Math.max(...all) === own.length) return undefined;
  const sorted = new Float64Array(own.length);
  const squares = (counts: Float64Array) => counts.reduce((sum, count) => sum + count * count, 0);
  let best: Split | undefined;
  let bestPurity = Number.NEGATIVE_INFINITY;
  for (let tried = 0; tried < dims && (tried < featuresPerSplit || !best); tried++) {
    const feature = draw(tried);
    const column = order.subarray(feature * rows, (feature + 1) * rows);
    for (let i = 0; i < own.length; i++) sorted[i] = column[own[i]] * LABELS + labels[own[i]];
    sorted.sort();
    const [left, right] = [new Float64Array(classes), all.slice()];
    let [ofLeft, ofRight] = [0, squares(all)];
    for (let i = 0; i + minLeaf < sorted.length; i++) {
      const value = Math.floor(sorted[i] / LABELS);
      const label = sorted[i] - value * LABELS;
      ofLeft += 2 * left[label]++ + 1;
      ofRight -= 2 * right[label]-- - 1;
      if (i + 1 < minLeaf) continue;
      const following = Math.floor(sorted[i + 1] / LABELS);
      if (following === value) continue;
      const purity = ofLeft / (i + 1) + ofRight / (sorted.length - i - 1);
      if (purity <= bestPurity) continue;
      bestPurity = purity;
      best = { feature, upTo: value, following };
    }
  }
  return best;
}

/** The float32 in the middle of two values, given as integers, below the second in any case. */
function between(lower: number, upper: number): number {
  const view = new DataView(new ArrayBuffer(4));
  const [a, b] = [lower, upper].map((order) => {
    view.setUint32(0, order >>> 31 ? order & 0x7fffffff : ~order);
    return view.getFloat32(0);
  });
  const middle = Math.fround(a / 2 + b / 2);
  return middle < b && middle >= a ? middle : a;
}
