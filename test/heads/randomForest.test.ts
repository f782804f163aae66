import { describe, expect, it } from 'vitest';
import { headFromJson, randomForest } from '../../src/heads/index.js';
import { randomNormal } from '../../src/internal/philox.js';
import { expectClose } from '../support/compare.js';
import { planted, shareRight } from './planted.js';

const whole = { trees: 1, bootstrap: false };

describe('a single tree', () => {
  it('divides in the middle between the classes, of values of any sign', async () => {
    const head = await randomForest(
      new Float32Array([-3, -1, -0, 0, 2, 5]),
      new Int32Array([0, 0, 1, 1, 0, 0]),
      whole,
    );
    // Borders at −0.5 and 1.
    const queries = [-9, -0.51, -0.49, 0.99, 1.01, 1e30];
    const probabilities = await head.predict(new Float32Array(queries));
    expect(queries.map((_, i) => probabilities[2 * i])).toEqual([1, 1, 0, 0, 1, 1]);
  });

  it('chooses the feature that divides best, by Gini impurity', async () => {
    // The second feature leaves one row wrong, the first two.
    const features = new Float32Array([1, 1, 1, 2, 2, 3, 1, 4, 2, 5, 2, 6]);
    const labels = new Int32Array([0, 0, 1, 1, 1, 0]);
    const head = await randomForest(features, labels, { ...whole, featuresPerSplit: 2, minLeaf: 2 });
    // Leaves of {0, 0} and {1, 1, 1, 0}, the latter divided once more into {1, 1} and {1, 0}.
    expect(await head.predict(new Float32Array([9, 0, -9, 3.4, 0, 9]))).toEqual(
      new Float32Array([1, 0, 0, 1, 0.5, 0.5]),
    );
  });

  it('divides where trying all divisions says so', async () => {
    const [rows, dims, classes, minLeaf] = [40, 4, 3, 14];
    for (const draw of [11, 12, 13, 14, 15]) {
      const { features, labels } = planted({ rows, dims, classes, draw }, 0.5);
      // So few rows that they are divided once.
      const head = await randomForest(features, labels, { ...whole, featuresPerSplit: dims, minLeaf });
      let best = { impurity: Number.POSITIVE_INFINITY, shares: new Float32Array(0) };
      for (let j = 0; j < dims; j++) {
        for (let i = 0; i < rows; i++) {
          const isLeft = Array.from(labels, (_, row) => features[row * dims + j] <= features[i * dims + j]);
          const parts = [true, false].map((side) => labels.filter((_, row) => isLeft[row] === side));
          if (parts.some((part) => part.length < minLeaf)) continue;
          const [left, right] = parts.map((part) =>
            [0, 1, 2].map((k) => part.filter((label) => label === k).length / part.length),
          );
          const gini = (shares: number[]) => 1 - shares.reduce((sum, share) => sum + share ** 2, 0);
          const impurity = parts[0].length * gini(left) + parts[1].length * gini(right);
          const shares = Float32Array.from(isLeft.flatMap((side) => (side ? left : right)));
          if (impurity < best.impurity - 1e-9) best = { impurity, shares };
        }
      }
      expectClose(await head.predict(features), best.shares, { abs: 1e-6 });
    }
  });

  it('knows its own rows, however they lie', async () => {
    const { features, labels } = planted({ rows: 300, dims: 5, classes: 6, draw: 1 }, 0);
    const head = await randomForest(features, labels, whole);
    expect(shareRight(await head.predict(features), labels)).toBe(1);
    // Rows that are alike but for the label cannot be told apart.
    const same = await randomForest(new Float32Array([2, 2, 2, 2]), new Int32Array([0, 1, 1, 1]), whole);
    expect(await same.predict(new Float32Array([7]))).toEqual(new Float32Array([0.25, 0.75]));
  });

  it('tells neighbouring floats apart', async () => {
    const [a, b] = [1, 1 + 2 ** -23];
    const head = await randomForest(new Float32Array([a, b]), new Int32Array([0, 1]), whole);
    expect(await head.predict(new Float32Array([a, b]))).toEqual(new Float32Array([1, 0, 0, 1]));
  });
});

describe('randomForest', () => {
  it('finds what no line divides', async () => {
    const draw = (step: number) => {
      const features = randomNormal(800 * 6, { seed: 2, stream: 0, step });
      const labels = Int32Array.from({ length: 800 }, (_, i) =>
        Number(features[6 * i] * features[6 * i + 1] > 0),
      );
      return { features, labels };
    };
    const [train, test] = [draw(1), draw(2)];
    const accuracy = async (options: object) => {
      const head = await randomForest(train.features, train.labels, options);
      return shareRight(await head.predict(test.features), test.labels);
    };
    const forest = await accuracy({});
    expect(forest).toBeGreaterThan(0.85);
    expect(forest).toBeGreaterThan((await accuracy({ trees: 1 })) + 0.02);
  });

  it('gives the shares of a planted probability', async () => {
    // The label is 1 in three of four rows where the feature is above 0, else in one of four.
    const features = randomNormal(4000, { seed: 4, stream: 0, step: 1 });
    const labels = Int32Array.from(features, (value, i) => Number(value > 0 === i % 4 > 0));
    const head = await randomForest(features, labels, { trees: 30, minLeaf: 500 });
    const probabilities = await head.predict(new Float32Array([-1, 1]));
    expect(probabilities[1]).toBeCloseTo(0.25, 1);
    expect(probabilities[3]).toBeCloseTo(0.75, 1);
  });

  it('depends on its seed alone, and is the same from JSON, to the bit', async () => {
    const { features, labels } = planted({ rows: 120, dims: 8, classes: 3, draw: 2 }, 1);
    const json = JSON.stringify(await randomForest(features, labels, { trees: 5 }));
    expect(JSON.stringify(await randomForest(features.slice(), labels, { trees: 5, seed: 0 }))).toBe(json);
    expect(JSON.stringify(await randomForest(features, labels, { trees: 5, seed: 1 }))).not.toBe(json);
    const again = headFromJson(JSON.parse(json));
    const head = await randomForest(features, labels, { trees: 5 });
    expect(await again.predict(features)).toEqual(await head.predict(features));
    expect(JSON.stringify(again)).toBe(json);
    for (const change of [{ next: 'next' }, { next: 'feature' }, { feature: 'next' }] as Record<
      string,
      string
    >[]) {
      const damaged = JSON.parse(json);
      for (const [field, other] of Object.entries(change)) damaged.trees[0][field] = damaged.trees[1][other];
      expect(() => headFromJson(damaged)).toThrow("The head's");
    }
    const root = JSON.parse(json);
    root.trees[0].next = btoa('\0'.repeat(4 * root.trees[0].nodes));
    expect(() => headFromJson(root)).toThrow("The head's 'trees' are damaged: a node leads nowhere.");
    expect(() => headFromJson({ ...root, trees: [] })).toThrow("The head's 'trees' are damaged");
  });

  it('stops when it is told to, and refuses by name', async () => {
    const features = new Float32Array([1, 2, 3, 4]);
    const labels = new Int32Array([0, 1]);
    const refused = async (message: string, options: object) =>
      expect(randomForest(features, labels, options)).rejects.toThrow(message);
    await refused('The forest was stopped.', { signal: AbortSignal.abort() });
    await refused('randomForest: trees is 0', { trees: 0 });
    await refused('randomForest: featuresPerSplit is 3; it must be an integer from 1 to 2', {
      featuresPerSplit: 3,
    });
    await refused('randomForest: minLeaf is 0', { minLeaf: 0 });
    await refused('randomForest: seed is 0.5', { seed: 0.5 });
    await refused('randomForest: classes is 1', { classes: 1 });
    const head = await randomForest(features, labels, { classes: 4, trees: 2 });
    expect((await head.predict(features)).length).toBe(8);
    await expect(head.predict(features.subarray(1))).rejects.toThrow(
      'ForestHead.predict: features.length is 3',
    );
  });
});
