import type { LabelledRows, Sizes } from './checkRows.js';
import { RankSorter } from './RankSorter.js';

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

/** Rows as trees are grown on: of each value, column by column, how many of its column are smaller and differ. */
export interface RankedRows extends LabelledRows, Sizes {
  /** Column-major [dims, rows]. */
  ranks: Uint32Array;
}

/** Ranks the values of each column. */
export function rankRows({ features, labels }: LabelledRows, sizes: Sizes): RankedRows {
  const { rows, dims } = sizes;
  const ranks = new Uint32Array(features.length);
  const column = new Float32Array(rows);
  for (let j = 0; j < dims; j++) {
    for (let i = 0; i < rows; i++) column[i] = features[i * dims + j];
    column.sort();
    let different = 0;
    for (let i = 1; i < rows; i++) if (column[i] !== column[different]) column[++different] = column[i];
    for (let i = 0; i < rows; i++) {
      const value = features[i * dims + j];
      let [low, high] = [0, different];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (column[middle] < value) low = middle + 1;
        else high = middle;
      }
      ranks[j * rows + i] = low;
    }
  }
  return { ...sizes, features, labels, ranks };
}

/**
 * Grows a tree on some rows until each leaf is pure or cannot be divided (CART of Breiman et al. 1984, by Gini
 * impurity).
 *
 * @param counts how often each row counts, such as it was drawn; a row of 0 is none of the tree's.
 * @param random uniform numbers in [0, 1).
 */
export function growTree(
  data: RankedRows,
  counts: Uint32Array,
  random: () => number,
  options: TreeOptions,
): Tree {
  const { rows, dims, classes, ranks, features: values } = data;
  const chosen = Int32Array.from({ length: rows }, (_, i) => i).filter((row) => counts[row] > 0);
  const sorter = new RankSorter(chosen.length);
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
    const all = countClasses(data, own, counts);
    const split = bestSplit(data, { own, counts, all, sorter, draw }, options);
    if (!split) {
      tree.feature[node] = -1;
      tree.next[node] = tree.shares.length / classes;
      const count = sum(all);
      for (const ofClass of all) tree.shares.push(ofClass / count);
      continue;
    }
    let middle = start;
    let [lower, upper] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const column = split.feature * rows;
    for (let i = start; i < end; i++) {
      const row = chosen[i];
      const value = values[row * dims + split.feature];
      if (ranks[column + row] > split.upTo) {
        if (value < upper) upper = value;
        continue;
      }
      if (value > lower) lower = value;
      chosen[i] = chosen[middle];
      chosen[middle++] = row;
    }
    const first = tree.feature.length;
    tree.feature[node] = split.feature;
    tree.threshold[node] = between(lower, upper);
    tree.next[node] = first;
    for (const list of [tree.feature, tree.threshold, tree.next]) list.push(0, 0);
    waiting.push([first + 1, middle, end], [first, start, middle]);
  }
  return tree;
}

interface Split {
  feature: number;
  /** The largest rank of the first child's rows. */
  upTo: number;
}

/** The rows of a node, and with what they are divided. */
interface Division {
  own: Int32Array;
  /** How often each row of the data counts. */
  counts: Uint32Array;
  /** How often each class occurs among the node's rows. */
  all: Float64Array;
  sorter: RankSorter;
  draw: (first: number) => number;
}

/** How often each class occurs among some rows. */
function countClasses({ classes, labels }: RankedRows, own: Int32Array, counts: Uint32Array): Float64Array {
  const all = new Float64Array(classes);
  for (let i = 0; i < own.length; i++) all[labels[own[i]]] += counts[own[i]];
  return all;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function bestSplit(
  data: RankedRows,
  { own, counts, all, sorter, draw }: Division,
  { featuresPerSplit, minLeaf }: TreeOptions,
): Split | undefined {
  const { dims, classes, labels } = data;
  const count = sum(all);
  if (count < 2 * minLeaf || all.includes(count)) return undefined;
  const squares = all.reduce((total, ofClass) => total + ofClass * ofClass, 0);
  const [left, right] = [new Float64Array(classes), new Float64Array(classes)];
  let best: Split | undefined;
  let bestPurity = Number.NEGATIVE_INFINITY;
  for (let tried = 0; tried < dims && (tried < featuresPerSplit || !best); tried++) {
    const feature = draw(tried);
    sortBy(data, feature, { own, sorter });
    const { ranks, rows } = sorter;
    left.fill(0);
    right.set(all);
    let [ofLeft, ofRight, seen] = [0, squares, 0];
    for (let i = 0; i + 1 < own.length; i++) {
      const [label, times] = [labels[rows[i]], counts[rows[i]]];
      ofLeft += times * (2 * left[label] + times);
      ofRight -= times * (2 * right[label] - times);
      left[label] += times;
      right[label] -= times;
      seen += times;
      if (count - seen < minLeaf) break;
      if (seen < minLeaf || ranks[i + 1] === ranks[i]) continue;
      const purity = ofLeft / seen + ofRight / (count - seen);
      if (purity <= bestPurity) continue;
      bestPurity = purity;
      best = { feature, upTo: ranks[i] };
    }
  }
  return best;
}

/** Leaves the ranks of a node's rows in a feature, and the rows, in order. */
function sortBy(
  { rows, ranks }: RankedRows,
  feature: number,
  { own, sorter }: Pick<Division, 'own' | 'sorter'>,
): void {
  const { ranks: unsorted, rows: beside } = sorter;
  let largest = 0;
  for (let i = 0; i < own.length; i++) {
    const row = own[i];
    const rank = ranks[feature * rows + row];
    unsorted[i] = rank;
    beside[i] = row;
    if (rank > largest) largest = rank;
  }
  sorter.sort(own.length, largest);
}

/** The float32 in the middle of two, below the second in any case; 0 has no sign. */
function between(lower: number, upper: number): number {
  const middle = Math.fround(lower / 2 + upper / 2);
  return (middle < upper && middle >= lower ? middle : lower) + 0;
}
