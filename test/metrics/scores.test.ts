import { describe, expect, it } from 'vitest';
import {
  AreaUnderRoc,
  ClassScores,
  ConfusionMatrix,
  confusionMatrixCsv,
  confusionMatrixSvg,
  featureMoments,
  frechetDistance,
  kernelDistance,
  MultiLabelMetrics,
  precisionAndRecall,
} from '../../src/metrics/index.js';

const matrix = () => {
  const result = new ConfusionMatrix(3, { ignoreIndex: 255 });
  result.add([0, 0, 0, 1, 255], [0, 0, 1, 1, 2]);
  return result;
};

describe('a confusion matrix', () => {
  it('as CSV, with names that need quotes', () => {
    expect(confusionMatrixCsv(matrix(), { classNames: ['water', 'forest, dense', 'a "b"'] })).toBe(
      'reference,water,"forest, dense","a ""b"""\nwater,2,1,0\n"forest, dense",0,1,0\n"a ""b""",0,0,0\n',
    );
    expect(confusionMatrixCsv(matrix())).toBe('reference,0,1,2\n0,2,1,0\n1,0,1,0\n2,0,0,0\n');
  });

  it('as a picture: shares of the rows, shaded, and escaped names', () => {
    const svg = confusionMatrixSvg(matrix(), { classNames: ['a<b', 'c&d', 'e'] });
    const cells = [...svg.matchAll(/fill="rgb\(([\d,]+)\)"/g)].map(([, colour]) => colour);
    expect(cells.length).toBe(9);
    expect(cells[4]).toBe('8,48,107');
    expect(cells[3]).toBe('255,255,255');
    expect(new Set(cells.slice(0, 3)).size).toBe(3);
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    // The empty row has no shares.
    expect(texts.filter((text) => /^\d+$/.test(text) || text === '')).toEqual([
      '67',
      '33',
      '0',
      '3',
      '0',
      '100',
      '0',
      '1',
      '',
      '',
      '',
      '0',
    ]);
    expect(texts.filter((text) => text === 'a&lt;b').length).toBe(2);
    expect(texts.filter((text) => text === 'c&amp;d').length).toBe(2);
  });

  it('refuses names that do not fit', () => {
    const options = { classNames: ['a'] };
    expect(() => confusionMatrixCsv(matrix(), options)).toThrow('confusionMatrixCsv: classNames.length is 1');
    expect(() => confusionMatrixSvg(matrix(), options)).toThrow('confusionMatrixSvg: classNames.length is 1');
  });

  it('leaves an ignored class out of both means of the IoU', () => {
    const ignoring = new ConfusionMatrix(3, { ignoreIndex: 0 });
    ignoring.add([0, 1, 1, 1], [1, 1, 0, 1]);
    expect(ignoring.meanIou()).toBeCloseTo(2 / 3, 12);
    expect(ignoring.meanIou('zero')).toBeCloseTo(2 / 3 / 2, 12);
    expect(ignoring.microIou()).toBeCloseTo(2 / 3, 12);
    // As torchmetrics: it counts as 0 where it was predicted.
    expect(ignoring.meanF1()).toBeCloseTo(0.8 / 2, 12);
  });

  it('kappa is 0 by chance, 1 where all is right, negative where all is wrong, and 0 before anything is added', () => {
    const kappa = (reference: number[], prediction: number[]) => {
      const result = new ConfusionMatrix(2);
      result.add(reference, prediction);
      return result.kappa();
    };
    expect(kappa([0, 0, 1, 1], [0, 1, 0, 1])).toBe(0);
    expect(kappa([0, 0, 1, 1], [0, 0, 1, 1])).toBe(1);
    expect(kappa([0, 0, 1, 1], [1, 1, 0, 0])).toBe(-1);
    expect(kappa([], [])).toBe(0);
    expect(() => matrix().weightedMean([1])).toThrow('ConfusionMatrix.weightedMean: scores.length is 1');
  });
});

describe('scores', () => {
  it('refuse by name, and add nothing then', () => {
    const classes = new ClassScores(2);
    expect(() => classes.add([0, 1], [1, 0])).toThrow('ClassScores.add: scores.length is 2; it must be 4');
    expect(() => classes.add([2], [1, 0])).toThrow('ClassScores.add: reference[0] is 2');
    expect(() => classes.add([0], [1, Number.NaN])).toThrow('ClassScores.add: scores[1] is NaN');
    expect(() => classes.topK(3)).toThrow('ClassScores.topK: k is 3');
    expect(() => classes.perClass('f1' as 'areaUnderRoc')).toThrow("ClassScores.perClass: score is 'f1'");
    expect(() => classes.average('areaUnderRoc', 'micro' as 'macro')).toThrow('ClassScores.average: average');
    expect(() => new ClassScores(1)).toThrow('ClassScores: numClasses is 1');
    expect(() => new ClassScores(2, { bins: 1 })).toThrow('ClassScores: bins is 1');
    expect(classes.topK(2)).toBe(0);

    const labels = new MultiLabelMetrics(2, { bins: 8 });
    expect(() => labels.add([0], [1])).toThrow('MultiLabelMetrics.add: reference.length is 1');
    expect(() => labels.add([0, 1], [1])).toThrow('MultiLabelMetrics.add: scores.length is 1');
    expect(() => labels.add([0, 2], [1, 0])).toThrow('MultiLabelMetrics.add: reference[1] is 2');
    expect(() => labels.add([0, 1], [1, 2])).toThrow('MultiLabelMetrics.add: scores[1] is 2');
    expect(() => labels.perLabel('iou' as 'f1')).toThrow('MultiLabelMetrics.perLabel: score');
    expect(() => labels.average('f1', 'mean' as 'macro')).toThrow('MultiLabelMetrics.average: average');
    expect(() => labels.average('f1', 'macro', 'no' as 'skip')).toThrow('MultiLabelMetrics.average: absent');
    expect(() => new MultiLabelMetrics(0)).toThrow('MultiLabelMetrics: numLabels is 0');
    expect(labels.exactMatch()).toBe(0);
  });

  it('have no average precision without positives', () => {
    const area = new AreaUnderRoc();
    area.add([0], [1]);
    expect(() => area.averagePrecision()).toThrow('AreaUnderRoc.averagePrecision: reference is');
  });

  it('sorted into bins stay close to the exact ones', () => {
    const [exact, binned] = [{}, { bins: 64 }].map((options) => {
      const metrics = new MultiLabelMetrics(2, options);
      const scores = Array.from({ length: 400 }, (_, i) => ((i * 37) % 101) / 100);
      metrics.add(
        scores.map((score, i) => Number((score + ((i * 13) % 17) / 17) / 2 > 0.5)),
        scores,
      );
      return metrics;
    });
    for (const score of ['areaUnderRoc', 'averagePrecision'] as const) {
      for (const average of ['macro', 'micro'] as const) {
        expect(binned.average(score, average)).toBeCloseTo(exact.average(score, average), 1);
        expect(exact.average(score, average)).toBeGreaterThan(0.6);
      }
    }
  });
});

describe('distances of sets', () => {
  it('a sample exactly at the reach of another counts', () => {
    // Each real sample reaches 2.
    expect(precisionAndRecall([4, 4.001, -2, -2.001], [0, 2], 1, { neighbours: 1 }).precision).toBe(0.5);
  });

  it('refuse by name', () => {
    const a = featureMoments([0, 1, 2, 3], 2);
    const b = featureMoments([0, 1, 2], 1);
    expect(() => featureMoments([1, 2, 3], 2)).toThrow('featureMoments: features.length is 3');
    expect(() => featureMoments([1], 1)).toThrow('featureMoments: features.length is 1');
    expect(() => featureMoments([1], 0)).toThrow('featureMoments: dims is 0');
    expect(() => frechetDistance(a, b)).toThrow("frechetDistance: b is '[1] and [1]'; it must be a mean [2]");
    const bad = { ...b, mean: Float64Array.of(Number.NaN) };
    expect(() => frechetDistance(b, bad)).toThrow('frechetDistance: b is');
    expect(() => kernelDistance([1, 2], [1], 1)).toThrow('kernelDistance: b.length is 1');
    expect(() => kernelDistance([1, 2], [1, 2], 1, { gamma: Number.NaN })).toThrow(
      'kernelDistance: gamma is NaN',
    );
    const neighbours = () => precisionAndRecall([1, 2, 3], [1, 2], 1, { neighbours: 2 });
    expect(neighbours).toThrow('precisionAndRecall: neighbours is 2; it must be an integer from 1 to 1');
    expect(() => precisionAndRecall([1], [1, 2], 1)).toThrow('precisionAndRecall: generated.length is 1');
  });
});
