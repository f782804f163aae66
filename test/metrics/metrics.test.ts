import { describe, expect, it } from 'vitest';
import { AreaUnderRoc, BinaryMetrics, ConfusionMatrix } from '../../src/metrics/index.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

interface MultiClassCase {
  name: string;
  num_classes: number;
  reference: FixtureArray;
  prediction: FixtureArray;
  confusion_matrix: FixtureArray;
  iou: FixtureArray;
  precision: FixtureArray;
  recall: FixtureArray;
  f1: FixtureArray;
  present: FixtureArray;
  overall_accuracy: number;
  mean_iou_absent_as_zero: number;
  mean_iou_present_only: number;
  mean_precision_absent_as_zero: number;
  mean_recall_absent_as_zero: number;
  mean_f1_absent_as_zero: number;
  mean_f1_present_only: number;
  mean_class_accuracy_reference_classes_only: number;
}
interface BinaryCase {
  name: string;
  reference?: FixtureArray;
  score?: FixtureArray;
  prediction?: FixtureArray | null;
  tp: number;
  fp: number;
  fn: number;
  tn: number;
  iou: number;
  accuracy: number;
  precision?: number;
  recall?: number;
  tss?: number | null;
  false_positive_rate?: number;
  F1_measure?: number | null;
  area_under_roc: number | null;
  area_under_roc_raises?: string | null;
}
interface Fixture {
  tolerance: Tolerance;
  multi_class: MultiClassCase[];
  binary: BinaryCase[];
  errors: { what: string }[];
}

const fixture = readFixture<Fixture>('metrics.json');
const { tolerance } = fixture;

describe('ConfusionMatrix gives the reference of', () => {
  for (const c of fixture.multi_class) {
    const reference = Int32Array.from(fixtureValues(c.reference));
    const prediction = Int32Array.from(fixtureValues(c.prediction));

    it(c.name, () => {
      const matrix = new ConfusionMatrix(c.num_classes);
      matrix.add(reference, prediction);
      expect([...matrix.counts]).toEqual([...fixtureValues(c.confusion_matrix)]);
      expect(matrix.present()).toEqual(Array.from(fixtureValues(c.present), Boolean));
      expectClose(matrix.iou(), fixtureValues(c.iou), tolerance);
      expectClose(matrix.precision(), fixtureValues(c.precision), tolerance);
      expectClose(matrix.recall(), fixtureValues(c.recall), tolerance);
      expectClose(matrix.f1(), fixtureValues(c.f1), tolerance);
      expectClose(
        [
          matrix.accuracy(),
          matrix.meanIou('zero'),
          matrix.meanIou(),
          matrix.meanPrecision('zero'),
          matrix.meanRecall('zero'),
          matrix.meanF1('zero'),
          matrix.meanF1('skip'),
          matrix.meanClassAccuracy(),
        ],
        [
          c.overall_accuracy,
          c.mean_iou_absent_as_zero,
          c.mean_iou_present_only,
          c.mean_precision_absent_as_zero,
          c.mean_recall_absent_as_zero,
          c.mean_f1_absent_as_zero,
          c.mean_f1_present_only,
          c.mean_class_accuracy_reference_classes_only,
        ],
        tolerance,
      );
    });

    it(`${c.name}, row by row and in bytes`, () => {
      const matrix = new ConfusionMatrix(c.num_classes, { ignoreIndex: 255 });
      const width = c.reference.shape[1];
      for (let start = 0; start < reference.length; start += width) {
        const row = [start, start + width] as const;
        matrix.add(Uint8Array.from(reference.slice(...row)), Uint8Array.from(prediction.slice(...row)));
      }
      expect([...matrix.counts]).toEqual([...fixtureValues(c.confusion_matrix)]);
    });
  }
});

describe('ConfusionMatrix', () => {
  it('has scores of 0, not NaN, before anything is added', () => {
    const matrix = new ConfusionMatrix(2);
    expect([matrix.accuracy(), matrix.meanIou(), matrix.meanF1('zero'), matrix.meanClassAccuracy()]).toEqual([
      0, 0, 0, 0,
    ]);
    expect([...matrix.iou()]).toEqual([0, 0]);
  });

  it('leaves an absent class out of the means unless told to count it', () => {
    const matrix = new ConfusionMatrix(4);
    matrix.add([0, 0, 1, 1], [0, 0, 1, 2]);
    expect(matrix.present()).toEqual([true, true, true, false]);
    expect(matrix.meanPrecision()).toBeCloseTo(2 / 3, 12);
    expect(matrix.meanPrecision('zero')).toBeCloseTo(2 / 4, 12);
    expect(matrix.meanRecall()).toBeCloseTo(1.5 / 3, 12);
    // Class 2 is predicted only: it has no accuracy of its own.
    expect(matrix.meanClassAccuracy()).toBeCloseTo(1.5 / 2, 12);
  });

  it('ignores one class where ignoreIndex is inside the classes', () => {
    const matrix = new ConfusionMatrix(3, { ignoreIndex: 0 });
    matrix.add([0, 0, 1, 2], [1, 99, 1, 1]);
    expect([...matrix.counts]).toEqual([0, 0, 0, 0, 1, 0, 0, 1, 0]);
  });

  it('refuses bad labels and lengths by name, and is then unchanged', () => {
    const matrix = new ConfusionMatrix(3, { ignoreIndex: 255 });
    const refused = (message: string, reference: number[], prediction: number[]) =>
      expect(() => matrix.add(reference, prediction)).toThrow(`ConfusionMatrix.add: ${message}`);
    refused('prediction.length is 1; it must be 2', [0, 1], [0]);
    refused('prediction[1] is 3; it must be an integer from 0 to 2.', [0, 1], [0, 3]);
    refused('prediction[1] is NaN', [0, 1], [0, Number.NaN]);
    refused('reference[1] is 4', [0, 4], [0, 0]);
    expect(matrix.accuracy()).toBe(0);
    expect(() => new ConfusionMatrix(3).add([0.5], [0])).toThrow('ConfusionMatrix.add: reference[0] is 0.5');
    expect(() => new ConfusionMatrix(0)).toThrow('ConfusionMatrix: numClasses is 0');
    expect(() => new ConfusionMatrix(2, { ignoreIndex: 0.5 })).toThrow('ConfusionMatrix: ignoreIndex is 0.5');
    expect(() => matrix.meanIou('nan' as 'skip')).toThrow("ConfusionMatrix.meanIou: absent is 'nan'");
  });
});

describe('the binary metrics give the reference of', () => {
  const added = (parts: BinaryCase[], toBytes = false) => {
    const metrics = new BinaryMetrics();
    const areas = [new AreaUnderRoc(), new AreaUnderRoc({ bins: 1 << 16 })];
    for (const { reference, score, prediction } of parts) {
      if (reference === undefined || score === undefined) throw new Error('the case has no data');
      const scores = fixtureValues(score);
      const labels = (array: FixtureArray) =>
        toBytes ? Uint8Array.from(fixtureValues(array)) : fixtureValues(array);
      metrics.add(labels(reference), scores, prediction ? labels(prediction) : undefined);
      for (const area of areas) area.add(labels(reference), scores);
    }
    return { metrics, areas };
  };

  for (const c of fixture.binary) {
    it.each([false, true])(`${c.name}, in bytes: %s`, (toBytes) => {
      // The one case without data is the sum of the first two.
      const { metrics, areas } = added(c.reference === undefined ? fixture.binary.slice(0, 2) : [c], toBytes);
      const { tp, fp, fn, tn } = metrics;
      expect({ tp, fp, fn, tn }).toEqual({ tp: c.tp, fp: c.fp, fn: c.fn, tn: c.tn });
      const pairs: [number, number | null | undefined][] = [
        [metrics.iou(), c.iou],
        [metrics.accuracy(), c.accuracy],
        [metrics.precision(), c.precision],
        [metrics.recall(), c.recall],
        [metrics.tss(), c.tss],
        [metrics.falsePositiveRate(), c.false_positive_rate],
        [metrics.f1(), c.F1_measure],
      ];
      for (const [actual, expected] of pairs) {
        // What the reference leaves undefined is 0 here.
        if (expected !== undefined) expectClose([actual], [expected ?? 0], tolerance);
      }
      for (const area of areas) {
        if (c.area_under_roc === null) expect(() => area.value()).toThrow('AreaUnderRoc.value');
        else expectClose([area.value()], [c.area_under_roc], tolerance);
      }
    });
  }

  it.each(fixture.errors)('an error: $what', ({ what }) => {
    const calls: Record<string, [number[], number[], string]> = {
      'values above 1 in a binary map': [[0, 2], [0, 1], 'reference[1] is 2; it must be 0 or 1.'],
      'score and reference of different size': [
        [0, 1],
        [0],
        "scores.length is 1; it must be 2 as reference's.",
      ],
    };
    const [reference, scores, message] = calls[what];
    const metrics = new BinaryMetrics();
    expect(() => metrics.add(reference, scores)).toThrow(`BinaryMetrics.add: ${message}`);
    expect(() => new AreaUnderRoc().add(reference, scores)).toThrow(`AreaUnderRoc.add: ${message}`);
    expect(metrics.tn).toBe(0);
  });
});

describe('AreaUnderRoc', () => {
  it('is the share of pairs in order, by counting all pairs', () => {
    const reference = Array.from({ length: 60 }, (_, i) => Number((i * 7) % 11 < 4));
    const scores = reference.map((label, i) => ((i * 13) % 17) - 8 + 3 * label);
    let [ordered, pairs] = [0, 0];
    reference.forEach((a, i) => {
      reference.forEach((b, j) => {
        if (a === 0 || b === 1) return;
        pairs++;
        ordered += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
      });
    });
    const area = new AreaUnderRoc();
    area.add(reference.slice(0, 20), scores.slice(0, 20));
    area.add(reference.slice(20), scores.slice(20));
    expect(area.value()).toBeCloseTo(ordered / pairs, 12);
    expect(area.value()).toBeGreaterThan(0.5);
  });

  it('takes scores of one bin for ties, the score 1 too', () => {
    const area = new AreaUnderRoc({ bins: 2 });
    area.add([0, 1, 0, 1], [0.1, 0.4, 0.9, 1]);
    expect(area.value()).toBe(0.5);
  });

  it('refuses bad scores by name, and adds nothing then', () => {
    const area = new AreaUnderRoc({ bins: 10 });
    expect(() => area.add([0, 1], [0, 1.5])).toThrow('AreaUnderRoc.add: scores[1] is 1.5');
    expect(() => area.value()).toThrow('0 positives and 0 negatives');
    expect(() => new AreaUnderRoc().add([0], [Number.NaN])).toThrow('AreaUnderRoc.add: scores[0] is NaN');
    expect(() => new AreaUnderRoc({ bins: 1 })).toThrow('AreaUnderRoc: bins is 1');
  });
});

describe('BinaryMetrics', () => {
  it('counts a score as positive strictly above its threshold', () => {
    const metrics = new BinaryMetrics({ threshold: 0 });
    metrics.add([1, 1, 0, 0], [0, 0.1, -1, 1]);
    expect([metrics.tp, metrics.fn, metrics.tn, metrics.fp]).toEqual([1, 1, 1, 1]);
  });

  it('refuses NaN scores and predictions that are not 0 or 1', () => {
    const metrics = new BinaryMetrics();
    expect(() => metrics.add([0], [Number.NaN])).toThrow('BinaryMetrics.add: scores[0] is NaN');
    expect(() => metrics.add([0], [0], [2])).toThrow('BinaryMetrics.add: prediction[0] is 2');
    expect(() => metrics.add([0], [0], [])).toThrow('BinaryMetrics.add: prediction.length is 0');
    expect(() => new BinaryMetrics({ threshold: Number.NaN })).toThrow('BinaryMetrics: threshold is NaN');
  });
});
