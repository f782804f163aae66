import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { linearProbe, mostLikely } from '../../src/heads/index.js';
import { expectTensorsKept, startTrainingBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { planted } from './planted.js';

interface Rows {
  features: number[];
  labels: number[];
}
/** By scikit-learn: linearProbeSklearn.py. */
const cases = JSON.parse(readFileSync(new URL('linearProbeSklearn.json', import.meta.url), 'utf8')) as {
  classes: number;
  train: Rows;
  validation: Rows;
  test: Rows;
  fits: { strength: number; probabilities: number[] }[];
  strengths: number[];
  scores: number[];
  chosen: number;
  refit: number[];
}[];
const rows = ({ features, labels }: Rows) => ({
  features: Float32Array.from(features),
  labels: Int32Array.from(labels),
});
/** Far enough that the two minima are one. */
const exact = { tolerance: 1e-7, maxIterations: 2000 };

beforeAll(startTrainingBackend);

describe.each(cases)("the linear probe of $classes classes is scikit-learn's", (c) => {
  const [train, validation, test] = [c.train, c.validation, c.test].map(rows);

  it.each(c.fits)('at C = $strength', async ({ strength, probabilities }) => {
    const options = { ...exact, strengths: [strength], classes: c.classes };
    const head = await expectTensorsKept(0, () => linearProbe(train.features, train.labels, options));
    expect([head.classes, head.dims, head.strength]).toEqual([c.classes, 6, strength]);
    const predicted = await expectTensorsKept(0, () => head.predict(test.features));
    expectClose(predicted, probabilities, { abs: 2e-4 });
  });

  it('with its C chosen on validation rows and fitted again to both', async () => {
    const options = { ...exact, validation, strengths: c.strengths };
    const head = await expectTensorsKept(0, () => linearProbe(train.features, train.labels, options));
    expect(head.tried.map(({ strength }) => strength)).toEqual(c.strengths);
    expectClose(
      head.tried.map(({ score }) => score),
      c.scores,
      { abs: 1e-9 },
    );
    expect(head.strength).toBe(c.chosen);
    expectClose(await head.predict(test.features), c.refit, { abs: 2e-4 });
  });
});

describe('the linear probe', () => {
  it('tries 40 strengths by itself, by any score, and takes the smallest of the best', async () => {
    const train = planted({ rows: 40, dims: 8, classes: 3, draw: 1 });
    const validation = planted({ rows: 40, dims: 8, classes: 3, draw: 2 });
    const scores: number[] = [];
    const score = (reference: Int32Array, prediction: Int32Array) => {
      expect(reference).toEqual(validation.labels);
      const right = prediction.filter((label, i) => label === reference[i]).length;
      scores.push(Math.floor(right / 4));
      return scores.at(-1)!;
    };
    const head = await linearProbe(train.features, train.labels, { validation, score });
    expect(head.tried.map((one) => one.score)).toEqual(scores);
    expect(head.tried.length).toBe(40);
    expect(head.tried[0].strength).toBeCloseTo(1e-6, 12);
    expect(head.tried[39].strength).toBeCloseTo(1e4, 6);
    const first = head.tried.find((one) => one.score === Math.max(...scores));
    expect(head.strength).toBe(first?.strength);
  });

  it('gives the same at every call, to the bit', async () => {
    const { features, labels } = planted({ rows: 50, dims: 12, classes: 4, draw: 3 });
    const heads = [await linearProbe(features, labels), await linearProbe(features, labels)];
    expect(JSON.stringify(heads[0])).toBe(JSON.stringify(heads[1]));
  });

  it('comes to one minimum, whether few rows have their own coordinates or many theirs', async () => {
    const { features, labels } = planted({ rows: 60, dims: 20, classes: 3, draw: 6 });
    const few = await linearProbe(features, labels, { ...exact, strengths: [0.5] });
    const twice = Int32Array.from([...labels, ...labels]);
    const many = await linearProbe(Float32Array.from([...features, ...features]), twice, {
      ...exact,
      strengths: [0.25],
    });
    expectClose(await many.predict(features), await few.predict(features), { abs: 2e-4 });
  });

  it('needs few steps of features that say much the same', async () => {
    const { features, labels } = planted({ rows: 200, dims: 8, classes: 3, draw: 7 }, 1.5);
    // Each is the sum of all up to it: nearly the same as its neighbours.
    for (let at = 0; at < features.length; at++) if (at % 8 > 0) features[at] += features[at - 1];
    const strengths = [10];
    const whole = await linearProbe(features, labels, { ...exact, strengths });
    const short = await linearProbe(features, labels, { strengths, tolerance: 0, maxIterations: 12 });
    expectClose(await short.predict(features), await whole.predict(features), { abs: 5e-3 });
  });

  it('knows of classes that no row has, and gives them little', async () => {
    const { features, labels } = planted({ rows: 60, dims: 5, classes: 2, draw: 4 });
    const head = await linearProbe(features, labels, { classes: 4 });
    const probabilities = await head.predict(features);
    expect(probabilities.length).toBe(240);
    const most = mostLikely(probabilities, 4);
    expect(most.every((label) => label < 2)).toBe(true);
    expect((await head.predict(new Float32Array(0))).length).toBe(0);
  });

  it('stops when it is told to', async () => {
    const { features, labels } = planted({ rows: 40, dims: 4, classes: 2, draw: 5 });
    const controller = new AbortController();
    const score = () => {
      controller.abort();
      return 1;
    };
    const options = { validation: { features, labels }, score, signal: controller.signal };
    await expectTensorsKept(0, async () => {
      await expect(linearProbe(features, labels, options)).rejects.toThrow('The linear probe was stopped.');
    });
  });

  it('refuses by name, and leaves no tensor', async () => {
    const features = new Float32Array([1, 2, 3, 4]);
    const labels = new Int32Array([0, 1]);
    const refused = async (message: string, probe: Promise<unknown>) => {
      await expect(probe).rejects.toThrow(message);
    };
    const bad = { features: new Float32Array([1, Number.NaN]), labels: new Int32Array([0]) };
    await expectTensorsKept(0, async () => {
      await refused('linearProbe: features.length is 3', linearProbe(features.subarray(1), labels));
      await refused('linearProbe: labels.length is 0', linearProbe(features, labels.subarray(2)));
      await refused('linearProbe: labels[1] is -1', linearProbe(features, new Int32Array([0, -1])));
      await refused(
        'linearProbe: labels[1] is 2',
        linearProbe(features, new Int32Array([0, 2]), { classes: 2 }),
      );
      await refused('linearProbe: features[1] is NaN', linearProbe(bad.features, bad.labels));
      await refused('linearProbe: classes is 1', linearProbe(features, labels, { classes: 1 }));
      await refused('linearProbe: strengths[0] is 0', linearProbe(features, labels, { strengths: [0] }));
      await refused('strengths.length is 2', linearProbe(features, labels, { strengths: [1, 2] }));
      await refused('maxIterations is 0', linearProbe(features, labels, { maxIterations: 0 }));
      await refused('tolerance is -1', linearProbe(features, labels, { tolerance: -1 }));
      await refused(
        'linearProbe: validation: features[1] is NaN',
        linearProbe(features, labels, { validation: bad }),
      );
      const narrow = { features: new Float32Array([1]), labels: new Int32Array([0]) };
      await refused(
        'validation dims is 1; it must be 2',
        linearProbe(features, labels, { validation: narrow }),
      );
      const rows = { features, labels };
      const score = () => Number.NaN;
      await refused('linearProbe: score is NaN', linearProbe(features, labels, { validation: rows, score }));
      const head = await linearProbe(features, labels);
      await refused('LinearHead.predict: features.length is 3', head.predict(features.subarray(1)));
      await refused('LinearHead.predict: features[1] is NaN', head.predict(bad.features));
    });
  });
});
