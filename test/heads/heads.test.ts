import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Head,
  headFromJson,
  kNearestNeighbours,
  linearProbe,
  mostLikely,
  pixelMlpEnsemble,
  randomForest,
} from '../../src/heads/index.js';
import { expectTensorsKept, startTrainingBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { planted, shareRight } from './planted.js';

beforeAll(startTrainingBackend);

const kinds: [string, (features: Float32Array, labels: Int32Array) => Promise<Head>][] = [
  ['linearProbe', linearProbe],
  ['kNearestNeighbours', (x, y) => kNearestNeighbours(x, y, { k: 15 })],
  ['kNearestNeighbours, euclidean', (x, y) => kNearestNeighbours(x, y, { k: 15, metric: 'euclidean' })],
  ['randomForest', (x, y) => randomForest(x, y, { trees: 60 })],
  ['pixelMlpEnsemble', (x, y) => pixelMlpEnsemble(x, y, { members: 2, maxEpochs: 30 })],
];

describe.each(kinds)('%s', (_, make) => {
  const sizes = { rows: 400, dims: 20, classes: 4 };

  it('finds what was planted, and nothing where nothing is', async () => {
    const [train, test] = [planted({ ...sizes, draw: 1 }), planted({ ...sizes, draw: 2 })];
    const head = await expectTensorsKept(0, () => make(train.features, train.labels));
    const probabilities = await expectTensorsKept(0, () => head.predict(test.features));
    // The best that can be done is 0.985: a distance of 4 to each of three others, told apart by the largest.
    expect(shareRight(probabilities, test.labels)).toBeGreaterThan(0.93);
    for (let i = 0; i < probabilities.length; i += 4) {
      const row = probabilities.subarray(i, i + 4);
      expect(row.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5);
      expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
    }
    const [empty, other] = [planted({ ...sizes, draw: 3 }, 0), planted({ ...sizes, draw: 4 }, 0)];
    const blind = await make(empty.features, empty.labels);
    // A quarter by chance, with a standard deviation of 0.022.
    expect(shareRight(await blind.predict(other.features), other.labels)).toBeLessThan(0.33);
  });

  it('is the same again, and from JSON, to the bit', async () => {
    const { features, labels } = planted({ ...sizes, rows: 90, draw: 5 });
    const head = await make(features, labels);
    const json = JSON.stringify(head);
    expect(JSON.stringify(await make(features, labels))).toBe(json);
    const again = headFromJson(JSON.parse(json));
    expect([again.classes, again.dims]).toEqual([head.classes, head.dims]);
    expect(await again.predict(features)).toEqual(await head.predict(features));
    expect(JSON.stringify(again)).toBe(json);
  });

  it('does not change when what it was fitted to does', async () => {
    const { features, labels } = planted({ ...sizes, rows: 60, draw: 6 });
    const head = await make(features, labels);
    const copy = features.slice();
    const before = await head.predict(copy);
    features.fill(0);
    labels.fill(0);
    expect(await head.predict(copy)).toEqual(before);
  });
});

describe('kNearestNeighbours', () => {
  const features = new Float32Array([1, 0, 2, 0.1, 0, 3, 0.1, 1, -1, -1]);
  const labels = new Int32Array([0, 0, 1, 1, 2]);

  it('counts the nearest by angle, whatever their length', async () => {
    const head = await kNearestNeighbours(features, labels, { k: 2 });
    expectClose(
      await head.predict(new Float32Array([100, 1, 0, 0.01, -5, -4])),
      [1, 0, 0, 0, 1, 0, 0, 0.5, 0.5],
      {
        abs: 1e-6,
      },
    );
  });

  it('or by distance, also far from the origin', async () => {
    for (const far of [0, 3000]) {
      const moved = features.map((value) => value + far);
      const head = await kNearestNeighbours(moved, labels, { k: 1, metric: 'euclidean' });
      const queries = new Float32Array([1.4, 0, 1.6, 0.1, 0.1, 1.5, -2, -9]).map((value) => value + far);
      expect(mostLikely(await head.predict(queries), 3)).toEqual(new Int32Array([0, 0, 1, 2]));
    }
  });

  it('or by distance, as found by trying all', async () => {
    const [known, queries] = [1, 2].map((draw) => planted({ rows: 80, dims: 3, classes: 4, draw }, 1));
    const options = { k: 3, metric: 'euclidean' } as const;
    const head = await kNearestNeighbours(known.features, known.labels, options);
    const row = (features: Float32Array, i: number) => [...features.subarray(3 * i, 3 * i + 3)];
    const expected = new Float32Array(80 * 4);
    for (let i = 0; i < 80; i++) {
      const query = row(queries.features, i);
      const distances = Array.from(known.labels, (label, j) => ({
        label,
        distance: Math.hypot(...row(known.features, j).map((value, d) => value - query[d])),
      }));
      const nearest = distances.sort((a, b) => a.distance - b.distance).slice(0, 3);
      for (const { label } of nearest) expected[4 * i + label] += 1 / 3;
    }
    expectClose(await head.predict(queries.features), expected, { abs: 1e-6 });
  });

  it("weighs by similarity, as DINO's does", async () => {
    const temperature = 0.5;
    const head = await kNearestNeighbours(features, labels, { k: 3, temperature });
    const [x, y] = [0.6, 0.8];
    const similarities = [0, 2, 4, 6, 8].map((at) => {
      const [a, b] = [features[at], features[at + 1]];
      return (a * x + b * y) / Math.hypot(a, b);
    });
    const nearest = [0, 1, 2, 3, 4].sort((i, j) => similarities[j] - similarities[i]).slice(0, 3);
    const weights = [0, 0, 0];
    for (const j of nearest) weights[labels[j]] += Math.exp(similarities[j] / temperature);
    const total = weights.reduce((sum, weight) => sum + weight);
    const expected = weights.map((weight) => weight / total);
    expect(expected.filter((share) => share > 0).length).toBe(2);
    expectClose(await head.predict(new Float32Array([x, y])), expected, { abs: 1e-5 });
  });

  it('refuses by name', async () => {
    const refused = async (message: string, options: object) =>
      expect(kNearestNeighbours(features, labels, options)).rejects.toThrow(`kNearestNeighbours: ${message}`);
    await refused('k is 6; it must be an integer from 1 to 5', { k: 6 });
    await refused("metric is 'angle'", { k: 1, metric: 'angle' });
    await refused('temperature is 0', { temperature: 0 });
    await refused('temperature is 1; it must be left out', { temperature: 1, metric: 'euclidean' });
    await refused('labels[4] is 2', { classes: 2 });
    const head = await kNearestNeighbours(features, labels);
    await expect(head.predict(new Float32Array(3))).rejects.toThrow(
      'KNearestHead.predict: features.length is 3',
    );
  });
});

describe('pixelMlpEnsemble', () => {
  const { features, labels } = planted({ rows: 200, dims: 6, classes: 3, draw: 8 });

  it('votes by majority, and disagrees where classes meet', async () => {
    const head = await pixelMlpEnsemble(features, labels, { members: 3, maxEpochs: 30 });
    // One row amidst a class, one between two.
    const queries = new Float32Array([5, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0]);
    const vote = await expectTensorsKept(0, () => head.vote(queries));
    expect(vote.labels[0]).toBe(0);
    expect(vote.disagreement[0]).toBeGreaterThanOrEqual(0);
    expect(vote.disagreement[1]).toBeGreaterThan(5 * vote.disagreement[0]);
    expect(vote.disagreement[1]).toBeLessThan(Math.log(3));
    const alone = await pixelMlpEnsemble(features, labels, { members: 1, maxEpochs: 5 });
    const single = await alone.vote(queries);
    expectClose(single.disagreement, [0, 0], { abs: 1e-6 });
    expect(single.labels).toEqual(mostLikely(await alone.predict(queries), 3));
  });

  it('differs by seed, and so do its members', async () => {
    const of = async (options: object) =>
      (await pixelMlpEnsemble(features, labels, { members: 1, maxEpochs: 2, ...options })).predict(features);
    expect(await of({ seed: 1 })).not.toEqual(await of({ seed: 2 }));
    expect(await of({ members: 2 })).not.toEqual(await of({}));
    expect(await of({ hidden: [8] })).not.toEqual(await of({}));
  });

  it('ends early where the loss falls no more', async () => {
    // Labels by chance: no network of rate 0 gets better.
    const rest = { members: 1, learningRate: 0, patience: 1, batchSize: 20 };
    const began = performance.now();
    await pixelMlpEnsemble(features, labels, { ...rest, maxEpochs: 100_000 });
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('stops when it is told to', async () => {
    const options = { members: 1, signal: AbortSignal.abort() };
    await expectTensorsKept(0, () =>
      expect(pixelMlpEnsemble(features, labels, options)).rejects.toThrow('The ensemble was stopped.'),
    );
  });

  it('refuses by name', async () => {
    const refused = async (message: string, options: object, rows = labels) =>
      expect(pixelMlpEnsemble(features, rows, options)).rejects.toThrow(`pixelMlpEnsemble: ${message}`);
    await refused('members is 0', { members: 0 });
    await refused('batchSize is 1', { batchSize: 1 });
    await refused('patience is 0.5', { patience: 0.5 });
    await refused('learningRate is -1', { learningRate: -1 });
    await refused('hidden[1] is 0', { hidden: [4, 0] });
    await refused('seed is -1', { seed: -1 });
    await refused('labels.length is 1; it must be at least 2', {}, labels.subarray(0, 1));
    await refused('features.length is 1200; it must be a multiple of 199', {}, labels.subarray(1));
  });
});

describe('headFromJson', () => {
  it('refuses what is no head, or damaged', async () => {
    const { features, labels } = planted({ rows: 20, dims: 3, classes: 2, draw: 9 });
    const stored = async (head: Promise<Head>) => JSON.parse(JSON.stringify(await head));
    const linear = await stored(linearProbe(features, labels));
    const nearest = await stored(kNearestNeighbours(features, labels));
    const ensemble = await stored(pixelMlpEnsemble(features, labels, { members: 1, maxEpochs: 1 }));
    const refused = (json: unknown, message: string) =>
      expect(() => headFromJson(json as typeof linear)).toThrow(message);
    refused(null, 'This is no head: its type is undefined');
    refused(
      { type: 'toString' },
      `its type is "toString"; it must be one of 'linear', 'kNearest', 'mlpEnsemble', 'forest'`,
    );
    refused({ ...linear, dims: 2 }, "The head's 'weight' is damaged: it must hold 4 finite numbers.");
    refused({ ...linear, dims: 0 }, "The head's 'dims' is 0");
    refused({ ...linear, bias: '?' }, "The head's 'bias' is damaged");
    refused({ ...linear, bias: 5 }, "The head's 'bias' is damaged");
    refused({ ...nearest, labels: [0, 1, 2, 0, 0] }, "The head's 'labels' are damaged");
    refused({ ...nearest, labels: nearest.labels.slice(1) }, "The head's 'features' is damaged");
    refused({ ...nearest, labels: 'ab' }, "The head's 'labels' are damaged");
    refused({ ...nearest, metric: 'x' }, "The head's 'metric' is");
    refused({ ...ensemble, sizes: [4, 2] }, "The head's 'members' are damaged");
    refused({ ...ensemble, members: [] }, "The head's 'members' are damaged");
    refused({ ...ensemble, sizes: [128, 32, 3], classes: 3 }, "The head's 'weight' is damaged");
  });
});
